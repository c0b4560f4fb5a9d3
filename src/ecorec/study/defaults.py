"""What a study takes where nothing is said: apart from its settings, so that help comes at once."""

MODELS = ("popularity", "itemknn", "ngcf", "lightgcn", "simgcl", "lightgcl")
"""One without learning, one of neighbours, and the paper's four."""

TOPK = (10, 100)
"""Cut-offs of the test; those that a catalogue is too small for are left out."""
