"""Other studies, machines and tools beside a study."""
