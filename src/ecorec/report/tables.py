"""Rows of a study as Markdown, CSV or JSON."""

import polars as pl


def as_csv(frame: pl.DataFrame) -> str:
    """Return comma-separated values with a header."""
    return frame.write_csv()


def as_json(frame: pl.DataFrame) -> str:
    """Return a JSON array of objects; empty cells are null."""
    return frame.write_json()


def as_markdown(frame: pl.DataFrame) -> str:
    """Return a Markdown table; floats with four significant digits."""
    head = [" | ".join(frame.columns), " | ".join("---" for _ in frame.columns)]
    body = [" | ".join(_cell(value) for value in row) for row in frame.rows()]
    return "\n".join(f"| {line} |" for line in [*head, *body])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|")
