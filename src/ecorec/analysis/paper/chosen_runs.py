"""Which of our runs stand beside a published cell, and what they were measured under."""

from collections.abc import Sequence

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.naming import measured_under
from ecorec.analysis.paper.quirks import named


def longest(items: Sequence[Configuration]) -> list[Configuration]:
    """Of runs that differ in conditions and epochs only, return the one of most epochs."""
    chosen: dict[tuple[str, ...], Configuration] = {}
    for item in items:
        key = (named(item.first), item.first.split.protocol)
        if key not in chosen or item.max_epochs > chosen[key].max_epochs:
            chosen[key] = item
    return [*chosen.values()]


def once_each(items: Sequence[Configuration]) -> list[Configuration]:
    """Of what several studies measured alike, return the one with the most measurements."""
    chosen: dict[tuple[object, ...], Configuration] = {}
    for item in items:
        where = measured_under(item.first).values()
        key = (named(item.first), item.first.split.protocol, item.max_epochs, *where)
        if key not in chosen or len(item.records) > len(chosen[key].records):
            chosen[key] = item
    return [*chosen.values()]


def as_preset_first(items: Sequence[Configuration]) -> list[Configuration]:
    """Return runs that are exactly as their preset says before those that deviate from it."""
    return sorted(items, key=lambda item: named(item.first) != item.first.preset)


def conditions(item: Configuration) -> tuple[str, ...]:
    """Return in words what changes joules but not quality: kernel, threads, and what is unusual."""
    first = item.first
    one, n = first.users_per_call, first.threads
    found = (
        first.kernel,
        f"{one} user{'s' if one > 1 else ''} a call" if one else "",
        f"{n} thread{'s' if n > 1 else ''}",
        first.device if first.device != "cpu" else "",
        f"{first.shards} shards" if first.shards > 1 else "",
        "memory-mapped" if first.memory_mapped else "",
    )
    return tuple(filter(None, found))
