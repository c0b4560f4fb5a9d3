"""Options of one command line that contradict each other: neither is taken in silence."""

from typing import Any

from ecorec.cli.words import split_words
from ecorec.errors import InputError

SETTING_OF = {"embedding_sizes": "embedding_size", "layers": "n_layers", "epochs": "epochs"}
"""Options that are factors -> the setting that each of them is of every model."""

ALSO_A_FACTOR = ("threads", "kernel", "dtype", "device", "k_core", "min_rating", "patience")
"""Options with the name of the setting that `--vary` may name, too."""


def refuse_contradictions(options: dict[str, Any]) -> None:
    """Make sure that options which name a setting mean the same one, of a model that is run.

    What a study's file says is not looked at: an option replaces it, or runs a part of it.

    Args:
        options: Every parameter of `run` by its name.

    Raises:
        InputError: A value would have been dropped.
    """
    named = {
        option: [text.partition("=")[0].strip() for text in options[name] or ()]
        for option, name in (("--set", "set_"), ("--vary", "vary"))
    }
    models = split_words(options["models"])
    for option, keys in named.items():
        for key in keys:
            if models:
                _refuse_other_models(option, key, models)
            _refuse_two_values(option, key, options)


def _refuse_other_models(option: str, key: str, models: list[str]) -> None:
    from ecorec.models.catalogue import MODELS

    owner = key.rpartition(".")[0]
    if owner in MODELS and owner not in models:
        message = f"{option} {key}: {owner} is not among --models {','.join(models)}"
        raise InputError(message, hint=f"add {owner} to --models, or leave {option} {key} out")


def _refuse_two_values(option: str, key: str, options: dict[str, Any]) -> None:
    owner, _, setting = key.rpartition(".")
    if owner not in ("", "training", "data"):
        return  # of one model, which may have its own
    factors = {option: name for option, name in SETTING_OF.items() if name == setting}
    if option == "--vary":
        factors |= {name: name for name in ALSO_A_FACTOR if name == setting}
    for name in factors:
        if options[name] is not None:
            flag = f"--{name.replace('_', '-')}"
            message = f"{option} {key} and {flag} both name {setting}"
            raise InputError(message, hint=f"give all values of {setting} with one of them")
