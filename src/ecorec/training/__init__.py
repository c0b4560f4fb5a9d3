"""Parameters from data: the one training loop, the epoch that is tested, seeding."""
