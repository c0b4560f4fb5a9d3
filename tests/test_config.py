"""Settings that are wrong: every key and value is named at once, and the hint is the caller's."""

import pytest
from pydantic import ValidationError

from ecorec.config import Config, first_problem
from ecorec.data.reduction import ReductionSettings
from ecorec.errors import InputError
from ecorec.training.settings import TrainingSettings


def refused(kind: type[Config], values: dict[str, object], hint: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        kind.parse(values, "training", hint)
    return caught.value


def test_every_bad_key_and_value_is_named() -> None:
    error = refused(TrainingSettings, {"batchsize": 8, "epoch": 3, "patience": 0, "n_negatives": 0})
    assert error.message == (
        "no setting of training is called `batchsize` or `epoch`; "
        "patience = `0` is out of range: whole numbers from 1 up; "
        "n_negatives = `0` is out of range: whole numbers from 1 up"
    )
    assert error.hint is not None
    assert error.hint.startswith("did you mean `batch_size` or `epochs`? training has epochs, ")


def test_one_bad_key_reads_as_it_always_did() -> None:
    error = refused(TrainingSettings, {"learning_rat": 1})
    assert error.message == "no setting of training is called `learning_rat`"
    assert error.hint is not None
    assert "did you mean `learning_rate`" in error.hint


def test_what_is_missing_is_named_unless_it_was_misspelt() -> None:
    assert refused(ReductionSettings, {"by": "random"}).message == "training: share is missing"
    error = refused(ReductionSettings, {"shar": 0.5, "by": "random"})
    assert error.message == "no setting of training is called `shar`"


def test_the_hint_for_a_bad_value_is_the_callers_or_lists_the_settings() -> None:
    values = {"epochs": 0}
    assert refused(TrainingSettings, values, "see --help").hint == "see --help"
    own = refused(TrainingSettings, values).hint
    assert own is not None
    assert own.startswith("training has epochs, batch_size, ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "the file: Invalid JSON"),
        ('{"share": 2, "by": "x"}', "share = `2` is out of range: numbers below 1"),
    ],
)
def test_the_first_problem_of_a_file_says_where_it_is(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ReductionSettings.model_validate_json(text)
    assert first_problem(caught.value).startswith(words)
