"""The recommenders: one file each, plus the losses they share and the catalogue."""
