"""Lists on the command line: comma-separated, repeated, or both."""

Words = list[str] | None


def listed(words: Words) -> list[str] | None:
    """Return the words one by one; `None` where nothing was said."""
    if words is None:
        return None
    return [part.strip() for word in words for part in word.split(",") if part.strip()]
