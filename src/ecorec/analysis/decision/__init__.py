"""What the numbers allow to decide: the verdict, the front, and the run to deploy."""
