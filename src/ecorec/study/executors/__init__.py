"""Where the trainings of a study run: in this process, in several, on a Ray cluster."""
