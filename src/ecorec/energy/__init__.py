"""Joules, how they were obtained and how sure they are: sensors, windows, readings, emissions."""
