"""Means, intervals, tests and fronts: the statistics that the rest of the analysis rests on."""
