"""Words and pictures from analyses: tables, figures, one self-contained page."""
