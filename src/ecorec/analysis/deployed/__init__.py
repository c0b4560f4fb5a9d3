"""Models in use: joules of recommendations, break-even, a life cycle."""
