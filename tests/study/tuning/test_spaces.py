"""Search spaces: every name is a setting, every default lies inside, every end is allowed."""

import pytest

from ecorec.errors import InputError
from ecorec.models.catalogue import MODELS
from ecorec.study.presets import PRESETS
from ecorec.study.settings import StudySettings
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.tuning.spaces import SPACES, Choice, Whole, find_space
from ecorec.training.settings import TrainingSettings


def settings_of(model: str, **study) -> tuple[TuningSettings, Task]:
    size = 64 if MODELS[model].has_embeddings else None
    return TuningSettings(study=StudySettings(models=(model,), **study)), Task(model, size)


@pytest.mark.parametrize("model", SPACES)
def test_every_setting_exists_and_its_default_lies_inside(model: str) -> None:
    known = dict(MODELS[model].config.model_fields)
    if MODELS[model].kind == "trained":
        known |= TrainingSettings.model_fields
    settings, task = settings_of(model)
    defaults = settings.defaults(task)
    recommended = PRESETS["recommended"].models.get(model, {})
    for name, where in SPACES[model].settings.items():
        assert name in known
        if name != "learning_rate":
            assert where.holds(known[name].default), f"{name} = {known[name].default}"
        assert where.holds(defaults[name]), f"{name} = {defaults[name]}"
        assert defaults[name] == recommended.get(name, defaults[name])
    assert SPACES[model].source


@pytest.mark.parametrize("model", SPACES)
def test_both_ends_of_every_range_are_settings_that_a_run_may_have(model: str) -> None:
    settings, task = settings_of(model)
    for name, where in SPACES[model].settings.items():
        ends = where.values if isinstance(where, Choice) else (where.low, where.high)
        for value in ends:
            run = settings.run_settings(task, {name: value})
            own = run.model_settings | (run.training.model_dump() if run.training else {})
            assert own[name] == value
        if not isinstance(where, Choice):
            assert where.low < where.high
            assert not where.log or where.low > 0


def test_all_models_but_the_one_without_settings_have_a_space() -> None:
    assert set(MODELS) - set(SPACES) == {"popularity"}
    assert not MODELS["popularity"].config.model_fields
    with pytest.raises(InputError, match="`popularity` has no setting to tune"):
        find_space("popularity")
    with pytest.raises(InputError, match="no model is called `lightgnc`"):
        find_space("lightgnc")


def test_ranges_hold_their_ends_and_nothing_beyond() -> None:
    layers = SPACES["lightgcn"].settings["n_layers"]
    assert isinstance(layers, Whole)
    assert [layers.holds(value) for value in (0, 1, 4, 5, 2.5)] == [False, True, True, False, False]
    filters = SPACES["turbo-cf"].settings["filter"]
    assert (filters.holds("linear"), filters.holds("cubic")) == (True, False)


def test_what_is_set_is_not_searched() -> None:
    settings, task = settings_of("lightgcn", set={"lightgcn.n_layers": 3, "l2_weight": 0.0})
    assert [*settings.space(task)] == ["learning_rate"]
    assert settings.run_settings(task, {"learning_rate": 0.01}).model_settings["n_layers"] == 3
    other, task = settings_of("lightgcn", set={"simgcl.n_layers": 3, "data.k_core": 5})
    assert [*other.space(task)] == [*SPACES["lightgcn"].settings]
    ease, _ = settings_of("ease", set={"l2_weight": 10.0})
    with pytest.raises(InputError, match="every setting of `ease` that could be tuned is set"):
        ease.tasks()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, "trials = `0` is out of range"),
        ({"objective": ("ndgc@10",)}, "no metric is called `ndgc`"),
        ({"objective": ("energy_j",)}, "`energy_j` is an objective beside quality, and"),
        ({"objective": ("energy_j", "mrr@5")}, "`energy_j` is an objective beside quality, and"),
        ({"objective": ("ndcg@10", "recall@10")}, "`recall@10` cannot be the second objective"),
        ({"study": StudySettings(seeds=(1, 2))}, "a tuning has one seed, not 1, 2"),
        ({"study": StudySettings(datasets=("a", "b"))}, "a tuning has one data set, not a, b"),
        ({"study": StudySettings(epochs=())}, "a tuning has one number of epochs, not none"),
        ({"study": StudySettings(vary={"k_core": (5,)})}, "settings itself: `vary` with k_core"),
        ({"study": StudySettings(section=({},))}, "a tuning has no `section`, the study has 1"),
    ],
)
def test_what_cannot_be_tuned_is_said(changes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        TuningSettings.parse({"study": StudySettings()} | changes, "the tuning")
    assert caught.value.hint


def test_joules_alone_are_no_objective_and_the_hint_can_be_typed() -> None:
    for stated, hint in ((("energy_j",), "ndcg@10"), (("energy_j", "mrr@5"), "mrr@5")):
        with pytest.raises(InputError) as caught:
            TuningSettings.parse({"study": StudySettings(), "objective": stated}, "the tuning")
        assert caught.value.hint == f"--objective {hint},energy_j"
