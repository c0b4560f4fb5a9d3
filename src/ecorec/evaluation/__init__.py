"""Quality: full ranking, accuracy metrics, and what accuracy does not show."""
