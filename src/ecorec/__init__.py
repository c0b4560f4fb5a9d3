"""ecorec: how much quality a recommender gives for how many joules."""

__version__ = "0.1.0"
