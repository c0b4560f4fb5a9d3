"""The systems that are compared, one in a file."""
