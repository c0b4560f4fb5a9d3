"""A trained model in use: its index, its server, and what its requests draw."""
