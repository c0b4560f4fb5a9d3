"""The study that the options of `ecorec run` ask for: a file's values, and options over them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecorec.cli import console, shared
from ecorec.cli.contradictions import refuse_contradictions
from ecorec.cli.study_source import refuse_two_sources, values_of
from ecorec.cli.words import low_central_high, split_words

if TYPE_CHECKING:
    from ecorec.study.settings import StudySettings

UNDER_A_BUDGET = "gain<0.15% per 10%"
"""When trainings stop under a budget, where the study does not say: of the rules that were tried
one that loses half a per cent at most in small and in large trainings. Twice its rate ended some
that had only rested (`benchmarks/results/green-stopping.md`)."""

LISTS = (
    "models", "datasets", "embedding_sizes", "layers", "epochs", "train_shares", "train_shares_by",
    "seeds", "tuned", "topk",
)  # fmt: skip
"""Options that are lists, by the names that they have in a study's file."""

SINGLE = (
    "preset", "split", "split_seed", "repeats", "checkpoint_every", "memory_map", "cooldown_s",
    "budget", "halving", "device", "dtype",
)  # fmt: skip
"""Options that are one value, likewise."""

FACTORS_IF_SEVERAL = ("threads", "kernel")
"""Options that are a setting of the study, or a factor where several values are given."""

SECTIONS = {
    "grid": {"country": "country", "intensity_g_per_kwh": "intensity_g_per_kwh", "pue": "pue"},
    "executor": {
        "kind": "executor", "workers": "workers", "address": "address", "exclusive": "exclusive",
    },
}  # fmt: skip
"""Tables of a study's file: the key of each value, and its option."""

METER = {"command": "wall_command", "unit": "wall_unit"}
"""The same of `[sensors.wall]`."""


def study_of(options: dict[str, Any]) -> tuple["StudySettings", Path]:
    """Return the study that the options of `ecorec run` ask for, and its folder.

    Args:
        options: Every parameter of `run` by its name.

    Raises:
        InputError: A name or a value is wrong.
    """
    from ecorec.energy.waiting import wait_passively

    wait_passively()  # before torch is imported: threads that spin would be billed as work

    refuse_two_sources(options["study"], split_words(options["datasets"]))
    refuse_contradictions(options)
    values, default_out = values_of(options["study"])
    flags: dict[str, Any] = {
        name: split_words(options[name], f"--{name.replace('_', '-')}") for name in LISTS
    }
    flags |= {name: options[name] for name in SINGLE}
    watts = low_central_high(options["watts_per_cpu"], "--watts-per-cpu", "3,6,9")
    flags["watts_per_cpu"] = watts
    singles, varied = _varied(options)
    flags = {key: value for key, value in (flags | singles).items() if value is not None}
    fixed = _fixed(options)
    values |= flags
    values["set"] = values.get("set", {}) | fixed
    values["vary"] = values.get("vary", {}) | varied
    for section, keys in SECTIONS.items():
        values[section] = values.get(section, {}) | _stated(options, keys)
    if meter := _stated(options, METER):
        sensors = values.get("sensors", {})
        values["sensors"] = sensors | {"wall": sensors.get("wall", {}) | meter}
    _override_sections(values, flags, fixed)
    _stop_where_joules_buy_little(values)
    settings = _parse(values, _flags_of(options))
    for name, replaced in settings.replaced_factors().items():
        words = f"{name} = {', '.join(map(str, replaced))}"
        console.note(f"`{words}` stands above [[section]], is replaced in each, and not run")
    return settings, options["out"] or default_out


def _stated(options: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
    found = {key: options[option] for key, option in keys.items()}
    return {key: value for key, value in found.items() if value is not None}


def _varied(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]]]:
    """Return settings of the study, and factors, that are an option each or stand in `--vary`."""
    from ecorec.study.study_file import parse_assignment, parse_value

    def parsed(words: Iterable[str]) -> tuple[Any, ...]:
        return tuple(map(parse_value, words))

    given: Iterable[str] = options["vary"] or ()
    varied = {key: parsed(text.split(",")) for key, text in map(parse_assignment, given)}
    singles: dict[str, Any] = {}
    for key in FACTORS_IF_SEVERAL:
        words = split_words(options[key]) or []
        if len(words) == 1:
            singles[key] = words[0]
        elif words:
            varied[key] = parsed(words)
    return singles, varied


def _fixed(options: dict[str, Any]) -> dict[str, Any]:
    fixed = shared.fixed_settings(
        **{name: options[name] for name in shared.FIXED},
        more={"training.metric": options["metric"], "training.stop_when": options["stop_when"]},
    )
    if fixed.get("training.stop_when") in ("none", "never"):
        fixed["training.stop_when"] = None
    return fixed


def _stop_where_joules_buy_little(values: dict[str, Any]) -> None:
    """Within a budget a training must earn its joules, unless the study says when it ends."""
    if values.get("budget") is None:
        return
    rules = {"patience", "stop_when"}
    stated = {*values["set"], *values["vary"]}
    for section in values.get("section", ()):
        stated |= {*section.get("set", {}), *section.get("vary", {})}
    if not rules & {key.rpartition(".")[2] for key in stated}:
        values["set"]["training.stop_when"] = UNDER_A_BUDGET


def _override_sections(
    values: dict[str, Any], flags: dict[str, Any], fixed: dict[str, Any]
) -> None:
    """A flag replaces a factor, and adds to the settings, in every section of a study's file."""
    for section in values.get("section", ()):
        for key in [key for key in section if flags.get(key) is not None]:
            del section[key]
        section["set"] = section.get("set", {}) | fixed


def _flags_of(options: dict[str, Any]) -> dict[str, str]:
    """Return which options stated which settings, for the message about a bad one."""
    keys = {name: name for name in (*LISTS, *SINGLE, *FACTORS_IF_SEVERAL, "watts_per_cpu")}
    for section, named in {**SECTIONS, "sensors.wall": METER}.items():
        keys |= {option: f"{section}.{key}" for key, option in named.items()}
    return {
        key: f"--{option.replace('_', '-')}"
        for option, key in keys.items()
        if options[option] is not None
    }


def _parse(values: dict[str, Any], flags: dict[str, str]) -> "StudySettings":
    from ecorec.evaluation.metrics import MetricAtK
    from ecorec.study.settings import StudySettings

    settings = StudySettings.parse(values, "the study", shared.help_of("run"), flags)
    for key in ("metric", "training.metric"):
        if key in settings.set:
            MetricAtK.parse(str(settings.set[key]))
    return settings
