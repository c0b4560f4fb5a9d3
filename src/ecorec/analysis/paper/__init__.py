"""The paper that this program starts from: what it printed, whether that holds, and ours beside."""
