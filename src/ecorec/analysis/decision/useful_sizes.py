"""Which embedding size of a model is enough."""

import json

from ecorec.analysis.compare import Comparison
from ecorec.analysis.configurations import Configuration
from ecorec.analysis.naming import measured_under


def judge_sizes(
    members: list[Configuration], comparison: Comparison
) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """Return, by model, the size that is enough and the larger ones that buy nothing.

    Sizes are judged among configurations that differ in nothing but the embedding size. A model
    with several such families (two depths, say) is not judged: its families may disagree.
    """
    enough: dict[str, int] = {}
    useless: dict[str, tuple[int, ...]] = {}
    families: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for i, item in enumerate(members):
        if item.embedding_size is not None:
            of_model = families.setdefault(item.model, {})
            of_model.setdefault(_all_but_size(item), []).append((item.embedding_size, i))
    for model, of_model in families.items():
        several = [sorted(family) for family in of_model.values() if len(family) > 1]
        if len(several) != 1:
            continue
        sizes = several[0]
        for at, (size, i) in enumerate(sizes):
            larger = sizes[at + 1 :]
            if larger and not any(comparison.is_better(j, i) for _, j in larger):
                enough[model] = size
                useless[model] = tuple(other for other, _ in larger)
                break
    return enough, useless


def _all_but_size(item: Configuration) -> str:
    """Return what two configurations share that differ in nothing but the embedding size."""
    settings = {key: value for key, value in item.first.settings.items() if key != "seed"}
    model_settings = {**settings.get("model_settings", {}), "embedding_size": None}
    same = [settings | {"model_settings": model_settings}, measured_under(item.first)]
    return json.dumps(same, sort_keys=True)
