"""What the interactions look like as a graph, and how messages travel over it."""
