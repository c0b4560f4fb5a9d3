"""Before a run: what it will take by formula, and what the machine can do at most."""
