"""Settings chosen on validation data, and what choosing them cost."""
