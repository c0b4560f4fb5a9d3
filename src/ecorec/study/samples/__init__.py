"""Samples of runs: each part of a run done for a moment on its own data, and measured."""
