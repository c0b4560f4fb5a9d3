"""Index of a trained model, and the server that answers from it: arrays, no studies."""
