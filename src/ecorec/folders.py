"""Where ecorec keeps what it can make again: parsed data, downloads, the idle machine."""

import os
from pathlib import Path

import platformdirs

VARIABLE = "ECOREC_CACHE"
"""Environment variable that names another folder."""


def cache_folder() -> Path:
    """Return the folder; it need not exist, and all of it may be deleted at any time."""
    told = os.environ.get(VARIABLE)
    return Path(told) if told else platformdirs.user_cache_path("ecorec")
