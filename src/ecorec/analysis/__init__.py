"""Numbers from records: rows, intervals, fronts, verdicts. Nothing here trains."""
