"""Stopping by what a joule still buys, with joules and validations from a script."""

import pytest

from ecorec.errors import InputError
from ecorec.study.run_settings import RunSettings
from ecorec.training.fit import fit
from ecorec.training.green_stopping import GreenStopping, StopRule
from ecorec.training.settings import TrainingSettings
from tests.training.test_fit import make


def test_rules_in_words() -> None:
    assert StopRule.parse("gain<0.001 per kJ") == StopRule(1e-6, relative=False)
    assert StopRule.parse("gain < 0.002 per 2 kJ").rate == pytest.approx(1e-6)
    assert StopRule.parse("gain<0.5% per Wh").rate == pytest.approx(0.005 / 3600)
    assert StopRule.parse("gain<0.5% per Wh").relative
    assert StopRule.parse("gain<0.002 per mJ").rate == pytest.approx(2.0)
    assert StopRule.parse("gain<2 per MJ").rate == pytest.approx(2e-6)
    assert StopRule.parse("GAIN<2 PER kj").rate == pytest.approx(2e-3)
    assert StopRule.parse("gain<0.2% per 10%") == StopRule(0.02, relative=True, by_share=True)
    assert StopRule.parse("gain<0.01 per 50 %") == StopRule(0.02, relative=False, by_share=True)


@pytest.mark.parametrize(
    "text", ["", "gain>0.1 per kJ", "gain<0 per kJ", "gain<1 per g", "gain<0.1", "loss<1 per kJ",
             "gain<1 per", "gain<1 per 0 kJ", "gain<1 per -2 kJ", "gain<1 per kJ kJ",
             "gain<1..2 per kJ", "gain<1 per mj", "gain<1% per 0%", "gain<1% per -5%",
             "gain<1% per %", "gain<1% per nan%"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no stopping rule"):
        StopRule.parse(text)
    with pytest.raises(InputError, match="is no stopping rule"):
        TrainingSettings.parse({"stop_when": text}, "training")


def test_a_unit_that_may_be_two_is_named() -> None:
    with pytest.raises(InputError, match="is no stopping rule: `mj` may be mJ or MJ"):
        StopRule.parse("gain<1 per mj")


def stops_after(values: list[float], joules: float, rule: str, every: int = 5) -> int | None:
    """Return the validation after which the rule says stop."""
    green = GreenStopping(StopRule.parse(rule))
    for at, value in enumerate(values, start=1):
        green.observe(at * every, float(at * joules), value)
        if green.says_stop:
            return at
    return None


def test_it_stops_once_a_window_brings_less_than_it_costs() -> None:
    # 0.01 a validation of 100 J: 1e-4 a joule; from the sixth on, nothing.
    values = [0.01, 0.02, 0.03, 0.04, 0.05, *[0.05] * 6]
    # 300 J must bring 0.006: the window of the 8th holds no gain over the 5th.
    assert stops_after(values, 100, "gain<0.02 per kJ") == 8
    # 0.034 in 300 J is more than two validations of gain and less than three: never three again.
    assert stops_after(values, 100, "gain<0.11 per kJ") == 4
    assert stops_after(values, 100, "gain<0.09 per kJ") == 6
    assert stops_after([0.01 * i for i in range(1, 30)], 100, "gain<0.09 per kJ") is None
    # The same curve at a tenth of the joules goes on for longer.
    assert stops_after(values, 10, "gain<0.11 per kJ") == 8


def test_a_window_is_five_epochs_at_least_however_often_there_is_a_validation() -> None:
    # As SimGCL on MovieLens-1M: nothing for three epochs, then twice as much in one.
    values = [0.10, 0.20, 0.28, 0.29, 0.28, 0.28, 0.28, 0.32, 0.33, *[0.33] * 6]
    assert stops_after(values, 100, "gain<0.001 per kJ", every=1) == 14
    assert stops_after(values, 100, "gain<0.001 per kJ", every=5) == 7
    # Two epochs between validations: three of them.
    assert stops_after([0.1] * 9, 100, "gain<0.001 per kJ", every=2) == 4
    assert stops_after([0.1] * 9, 100, "gain<0.001 per kJ", every=1) == 6


def test_a_long_training_is_judged_by_its_last_third() -> None:
    # A leap every eighth validation, 0.01 for 800 J: 0.0125 a kilojoule.
    values = [0.01 * (at // 8) for at in range(60)]
    assert stops_after(values[24:], 100, "gain<0.006 per kJ") == 4
    grown = [*[0.02 * at for at in range(24)], *[0.46 + value for value in values]]
    # From 24 on, eight and more are looked at, and each such window holds a leap.
    assert stops_after(grown, 100, "gain<0.006 per kJ") is None


def test_a_share_is_of_the_best_so_far() -> None:
    values = [0.1, 0.2, 0.3, 0.4, 0.41, 0.42, 0.43, 0.44]
    # From 0.41 to 0.44: 7 % in 300 J; from 0.4 to 0.43: 7.5 %.
    assert stops_after(values, 100, "gain<7.4% per 300J") == 8
    assert stops_after(values, 100, "gain<7.0% per 300J") is None


def test_a_rule_by_shares_is_the_same_at_any_scale() -> None:
    # After the fourth validation 75 % more energy (4 to 7) brings 5 %: two thirds of a per cent
    # for each ten.
    values = [0.1, 0.2, 0.3, 0.4, 0.405, 0.41, 0.42, 0.42, 0.42]
    for joules in (1, 100, 1e6):
        assert stops_after(values, joules, "gain<0.68% per 10%") == 7
        assert stops_after(values, joules, "gain<0.65% per 10%") == 8
        # 60 % more (5 to 8) bring .015 of .405, 50 % (6 to 9) .01 of .41.
        assert stops_after(values, joules, "gain<0.6% per 10%") == 9
        assert stops_after(values, joules, "gain<0.48% per 10%") is None
        # Not of the best value, but of the metric itself: .02 for 75 %, .015 for 60 %.
        assert stops_after(values, joules, "gain<0.0026 per 10%") == 8


def test_a_window_of_shares_is_ten_epochs_at_least() -> None:
    # As LightGCN on MovieLens-1M: what is popular after an epoch, and nothing else for six more.
    values = [0.20, *[0.20] * 6, *[0.20 + 0.02 * at for at in range(1, 8)], *[0.34] * 30]
    rested = stops_after(values, 100, "gain<0.2% per 10%", every=1)
    # The first validation after which ten epochs have brought nothing, the last third of 24.
    assert rested == 24
    assert stops_after(values, 100, "gain<0.2% per kJ", every=1) == 6
    green = GreenStopping(StopRule.parse("gain<0.2% per 10%"))
    for epoch in range(1, 30):
        green.observe(epoch, 0.0, 0.2)
        assert not green.says_stop, "nothing was drawn"


def test_a_dip_or_a_missing_number_stops_nothing_by_itself() -> None:
    green = GreenStopping(StopRule.parse("gain<0.001 per kJ"))
    for at, value in enumerate([0.1, 0.0, float("nan"), 0.2, 0.3], start=1):
        green.observe(at * 5, at * 10.0, value)
        assert not green.says_stop
    green.observe(30, None, 0.3)
    assert len(green.seen) == 4


def test_the_loop_stops_by_it_and_goes_on_where_it_was(blocks) -> None:
    settings = {"epochs": 40, "validate_every": 2, "stop_when": "gain<0.02 per kJ"}
    values = [0.01, 0.02, 0.03, 0.04, 0.05, *[0.05] * 20]

    def run(trainer, goes_on=lambda _: True) -> bool:
        at = trainer.epoch // 2
        return fit(
            trainer,
            iter(values[at:]).__next__,
            Nothing(),
            lambda _: None,
            goes_on,
            lambda: 50.0 * trainer.epoch,
        )

    whole = make(blocks, **settings)
    assert run(whole)
    assert (whole.epoch, whole.ended_by, whole.selection.epoch) == (16, "gain", 10)
    first = make(blocks, **settings)
    assert not run(first, lambda result: result.epoch < 12)
    second = make(blocks, **settings)
    second.restore({key: value.clone() for key, value in first.state().items()})
    run(second)
    assert (second.epoch, second.ended_by) == (16, "gain")
    assert make(blocks, epochs=3).ended_by is None


class Nothing:
    """A phase that measures nothing."""

    def __call__(self, name: str):
        from contextlib import nullcontext

        return nullcontext()


def test_settings_without_a_rule_hash_as_they_did_before() -> None:
    assert "stop_when" not in TrainingSettings().model_dump()
    assert TrainingSettings(stop_when="gain<1 per kJ").model_dump()["stop_when"]
    values = {
        "dataset": "d", "data": {}, "split": {"protocol": "ratio"}, "split_seed": 1,
        "model": "lightgcn", "model_settings": {}, "training": {}, "seed": 1,
        "dtype": "float32", "topk": (10,),
    }  # fmt: skip
    plain = RunSettings.model_validate(values)
    ruled = RunSettings.model_validate({**values, "training": {"stop_when": "gain<1 per kJ"}})
    assert plain.run_id("x") != ruled.run_id("x")
