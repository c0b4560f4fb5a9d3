"""Interactions of any size with a known structure, for tests, demonstrations and scale."""

import numpy as np

from ecorec.data.interactions import Interactions, id_array
from ecorec.errors import InputError, unknown_name

PREFIX = "synthetic:"


def _build(
    users: np.ndarray, items: np.ndarray, n_users: int, n_items: int, rng: np.random.Generator
) -> Interactions:
    """Return each pair once, a user's in a random order: the last one is no particular item."""
    keys = np.unique(users.astype(np.int64) * n_items + items)
    keys = keys[np.lexsort((rng.random(keys.size), keys // n_items))]
    return Interactions(
        users=keys // n_items,
        items=keys % n_items,
        timestamps=None,
        user_ids=id_array([f"u{index}" for index in range(n_users)]),
        item_ids=id_array([f"i{index}" for index in range(n_items)]),
        ordered=True,
    )


def checkerboard(n_users: int, n_items: int) -> Interactions:
    """Return even users with all even items, odd users with all odd ones."""
    users, items = np.nonzero(np.add.outer(np.arange(n_users), np.arange(n_items)) % 2 == 0)
    return _build(users, items, n_users, n_items, np.random.default_rng(0))


def block(
    n_users: int, n_items: int, n_blocks: int, per_user: int, noise: float, seed: int
) -> Interactions:
    """Return users who choose uniformly in their block, and elsewhere with probability `noise`.

    Args:
        n_users: Number of users, divided evenly among the blocks.
        n_items: Number of items, divided evenly among the blocks.
        n_blocks: Number of blocks.
        per_user: Draws a user; repeated draws of an item count once.
        noise: Share of the draws that ignore the block.
        seed: Of all draws.
    """
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), per_user)
    size = n_items // n_blocks
    inside = (users % n_blocks) * size + rng.integers(0, size, users.size)
    anywhere = rng.integers(0, n_items, users.size)
    items = np.where(rng.random(users.size) < noise, anywhere, inside)
    return _build(users, items, n_users, n_items, rng)


def power_law(
    n_users: int, n_items: int, n_interactions: int, exponent: float, seed: int
) -> Interactions:
    """Return interactions whose users and items are drawn from power laws.

    Args:
        n_users: Number of users.
        n_items: Number of items.
        n_interactions: Draws; repeated pairs count once.
        exponent: Of the probability of the r-th most active: r^(-exponent), below 1.
        seed: Of all draws.
    """
    rng = np.random.default_rng(seed)
    # Inverse of the cumulative power law: linear time and no table of probabilities.
    stretch = 1.0 / (1.0 - exponent)
    users = (n_users * rng.random(n_interactions) ** stretch).astype(np.int64)
    items = (n_items * rng.random(n_interactions) ** stretch).astype(np.int64)
    return _build(users, items, n_users, n_items, rng)


_DEFAULTS: dict[str, dict[str, float]] = {
    "block": {"users": 600, "items": 300, "blocks": 6, "per_user": 20, "noise": 0.1, "seed": 1},
    "power-law": {"users": 2000, "items": 1000, "interactions": 40000, "exponent": 0.6, "seed": 1},
    "checkerboard": {"users": 100, "items": 60},
}


def _refuse_out_of_range(key: str, value: float, given: str, hint: str) -> None:
    if key in ("noise", "exponent"):
        below = value <= 1 if key == "noise" else value < 1
        fits, expected = value >= 0 and below, "0 to 1" if key == "noise" else "0 to below 1"
    else:
        least = 0 if key == "seed" else 1
        fits, expected = value.is_integer() and value >= least, f"a whole number from {least} up"
    if not fits:
        message = f"{given} is out of range; expected {expected}"
        raise InputError(message, hint=hint)


def from_name(name: str) -> Interactions:
    """Return the interactions that a name such as `synthetic:block?users=900&seed=2` asks for.

    Raises:
        InputError: The kind or a parameter is not known, or a value is out of its range.
    """
    kind, _, query = name.removeprefix(PREFIX).partition("?")
    if kind not in _DEFAULTS:
        raise unknown_name("synthetic data set", kind, _DEFAULTS, "block, power-law, checkerboard:")
    values = dict(_DEFAULTS[kind])
    for pair in filter(None, query.split("&")):
        key, _, text = pair.partition("=")
        if key not in values:
            raise unknown_name(
                f"parameter of `{kind}`", key, values, f"{', '.join(values)}; in all:"
            )
        hint = f"write it as {PREFIX}{kind}?{key}={_DEFAULTS[kind][key]:g}"
        try:
            values[key] = float(text)
        except ValueError:
            message = f"`{key}={text}` in `{name}` is no number"
            raise InputError(message, hint=hint) from None
        _refuse_out_of_range(key, values[key], f"`{key}={text}` in `{name}`", hint)
    users, items = int(values["users"]), int(values["items"])
    if kind == "block":
        blocks, each = int(values["blocks"]), int(values["per_user"])
        if blocks > items:
            message = f"`{name}` asks for {blocks:,} blocks of {items:,} items"
            raise InputError(message, hint="give at least as many items as blocks")
        return block(users, items, blocks, each, values["noise"], int(values["seed"]))
    if kind == "power-law":
        drawn = int(values["interactions"])
        return power_law(users, items, drawn, values["exponent"], int(values["seed"]))
    return checkerboard(users, items)
