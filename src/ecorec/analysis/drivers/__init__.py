"""What drives energy and quality, as far as a study can tell: factors, effects, complexity."""
