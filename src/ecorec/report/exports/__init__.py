"""Records in the formats of other tools, each in the units that it expects."""
