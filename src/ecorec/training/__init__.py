"""Parameters from data: the one training loop, checkpoints, seeding."""
