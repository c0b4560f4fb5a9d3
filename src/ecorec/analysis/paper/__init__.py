"""The paper that this program starts from: its figures, checks of them, and our runs."""
