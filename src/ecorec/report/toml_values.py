"""Values as they stand in a study's TOML file."""

import json
from typing import Any


def toml_value(value: Any) -> str:
    """Return a value as TOML; what is `None` is left out, as TOML has no word for it."""
    if isinstance(value, dict):
        items = {json.dumps(key): item for key, item in value.items() if item is not None}
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in items.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
