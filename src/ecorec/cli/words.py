"""What options say in one word: lists, and numbers that are not known exactly."""

from ecorec.errors import InputError

Words = list[str] | None


def split_words(words: Words, option: str | None = None) -> list[str] | None:
    """Return the words one by one, comma-separated or repeated; `None` where nothing was said.

    Raises:
        InputError: An option was given, and nothing with it.
    """
    if words is None:
        return None
    found = [part.strip() for word in words for part in word.split(",") if part.strip()]
    if option and not found:
        named = {"--models": "model", "--datasets": "data set"}.get(option, "value")
        message = f"{option} names no {named}"
        raise InputError(message, hint=f"name one or several, or leave {option} out")
    return found


def low_central_high(
    text: str | None, option: str, example: str
) -> tuple[float, float, float] | None:
    """Read `6` or `3,6,9`; `None` where nothing was said.

    Args:
        text: Of the option.
        option: Its name.
        example: A good value, for the hint.

    Raises:
        InputError: Not one or three ascending positive numbers.
    """
    if text is None:
        return None
    from ecorec.config import ascending

    try:
        values = [float(part) for part in text.split(",")]
        low, central, high = values * 3 if len(values) == 1 else values
        return ascending((low, central, high))
    except ValueError:
        message = f"{option} `{text}` is not one number or three ascending ones"
        hint = f"one, or low, central and high, e.g. {option} {example}"
        raise InputError(message, hint=hint) from None
