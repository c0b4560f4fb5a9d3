"""Factor effects: known exponents are recovered, what the design does not tell is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecorec.analysis.configurations import configurations
from ecorec.analysis.drivers.effect_fits import fit_factors
from ecorec.analysis.drivers.effects import Effects, effects, effects_among
from ecorec.analysis.drivers.factors import FACTORS, Observations, observe, responses
from ecorec.analysis.drivers.research_questions import answers
from ecorec.analysis.study_analysis import Benchmark, analyse
from ecorec.report.effects import effects_of
from ecorec.study.record import RunRecord
from tests.analysis.records import Plan, quickstart, reading, synthesise

SIZES = (32, 64, 128, 256)


def seen(plans: list[Plan], change: Callable | None = None) -> tuple[Effects, ...]:
    """Return the effects of a study."""
    records = synthesise(plans, n_users=20).records
    if change is not None:
        records = [change(record) for record in records]
    return effects_among(configurations(records), "ndcg@10")


def law(noise: float, seed: int = 0, exponents: tuple[float, ...] = (0.7, 0.7, 0.7)) -> list[Plan]:
    """Return three models whose joules are powers of the size, and whose gain a doubling is .01."""
    rng = np.random.default_rng(seed)
    return [
        Plan(
            model, size, 0.1 + 0.01 * np.log2(size) + rng.normal(0, noise / 100),
            level * size**power * np.exp(rng.normal(0, noise)), user_sd=0.0,
        )
        for model, level, power in zip(("ngcf", "lightgcn", "simgcl"), (1, 2, 5), exponents,
                                       strict=True)
        for size in SIZES
    ]  # fmt: skip


def test_an_exact_law_is_found_exactly() -> None:
    run, training, quality = seen(law(0.0))
    for found in (run, training):
        assert found.factors["embedding size"].estimate.value == pytest.approx(0.7)
    assert quality.factors["embedding size"].estimate.value == pytest.approx(0.01)
    assert (run.n, run.n_groups, run.n_alone) == (12, 3, 0)
    assert run.explained == pytest.approx(1.0)


def test_a_noisy_law_is_within_its_interval() -> None:
    run, _, quality = seen(law(0.1, seed=1))
    exponent, gain = (e.factors["embedding size"].estimate for e in (run, quality))
    assert exponent.low < 0.7 < exponent.high
    assert exponent.high - exponent.low < 0.2
    assert gain.low < 0.01 < gain.high
    assert exponent.p < 1e-6


def test_intervals_of_records_cover_nineteen_of_twenty() -> None:
    covered = 0
    plans = law(0.0)
    records = synthesise(plans, n_users=2).records
    found = configurations(records)
    rng = np.random.default_rng(11)
    truth = np.array([item.energy.mean_j for item in found])
    run, size = responses("ndcg@10")[0], FACTORS[0]
    base = observe(found, run)
    for _ in range(600):
        drawn = np.log(truth) + rng.normal(0, 0.2, truth.size)
        fitted = fit_factors(Observations(base.rows, base.groups, drawn), [size], run)
        interval = fitted.estimate(np.eye(4)[0])
        covered += interval.low <= 0.7 <= interval.high
    assert 0.93 <= covered / 600 <= 0.97


def test_several_factors_at_once() -> None:
    plans = [
        Plan("lightgcn", size, 0.15, 0.01 * size**0.8 * epochs**0.95, epochs=epochs)
        for size in (16, 32, 64)
        for epochs in (10, 20, 40)
    ]
    run, _, _ = seen(plans)
    assert run.factors["embedding size"].estimate.value == pytest.approx(0.8)
    assert run.factors["epochs"].estimate.value == pytest.approx(0.95)
    (together,) = run.interactions
    assert (together.first, together.second) == ("embedding size", "epochs")
    assert together.estimate.value == pytest.approx(0.0, abs=1e-9)


def test_an_interaction_is_recovered() -> None:
    plans = [
        Plan("lightgcn", size, 0.15,
             0.01 * size**0.8 * epochs ** (0.5 + 0.1 * np.log2(size / 32)), epochs=epochs)
        for size in (16, 32, 64)
        for epochs in (10, 20, 40)
    ]  # fmt: skip
    (together,) = seen(plans)[0].interactions
    assert together.estimate.value == pytest.approx(0.1)


def test_models_of_their_own_exponent() -> None:
    same, own = (
        seen(law(0.02, seed=2, exponents=powers))[0].factors["embedding size"]
        for powers in ((0.7, 0.7, 0.7), (0.4, 0.7, 1.0))
    )
    assert same.differs > 0.05
    assert own.differs < 1e-6
    found = {model: estimate.value for model, estimate in own.by_model}
    assert found == pytest.approx({"ngcf": 0.4, "lightgcn": 0.7, "simgcl": 1.0}, abs=0.05)


def test_what_does_not_vary_is_refused_with_a_way_out() -> None:
    layers = seen(law(0.1))[0].factors["layers"]
    assert layers.estimate is None
    assert layers.reason == "the same everywhere, 2; vary it: --layers 1,2,3"
    assert "vary it: --threads 1,2" in seen(law(0.1))[0].factors["threads"].reason


def test_what_varies_between_models_only_is_refused() -> None:
    plans = [Plan("lightgcn", 32, energy_j=1.0), Plan("simgcl", 64, energy_j=2.0)]
    size = seen(plans)[0].factors["embedding size"]
    assert size.estimate is None
    assert size.reason.startswith("the same within each group")


def test_factors_in_step_are_refused_and_the_rest_is_told() -> None:
    def deeper(record):
        layers = {32: 1, 64: 2, 128: 4, 256: 8}[record.embedding_size]
        settings = record.settings | {
            "model_settings": {"embedding_size": record.embedding_size, "n_layers": layers}
        }
        return record.model_copy(update={"n_layers": layers, "settings": settings})

    plans = [
        Plan("lightgcn", size, 0.15, 0.1 * size**0.5 * epochs, epochs=epochs)
        for size in SIZES
        for epochs in (10, 20)
    ]
    factors = seen(plans, deeper)[0].factors
    assert factors["embedding size"].reason == "moves in step with layers; cross them"
    assert factors["layers"].reason == "moves in step with embedding size; cross them"
    assert factors["epochs"].estimate.value == pytest.approx(1.0)


def test_other_settings_make_groups() -> None:
    # A learning rate that changes with the size would pass for an effect of the size.
    plans = [
        Plan("lightgcn", size, 0.15, energy, settings={"training": {"learning_rate": rate}})
        for size, energy, rate in (
            (32, 9.0, 0.1), (64, 2.0, 0.01), (128, 4.0, 0.01), (256, 8.0, 0.01),
        )
    ]  # fmt: skip
    run = seen(plans)[0]
    assert run.factors["embedding size"].estimate.value == pytest.approx(1.0)
    assert (run.n_groups, run.n_alone) == (2, 1)


def test_two_points_leave_nothing_to_judge_by() -> None:
    plans = [Plan("lightgcn", 32, energy_j=1.0), Plan("lightgcn", 64, energy_j=2.0)]
    reason = seen(plans)[0].factors["embedding size"].reason
    assert reason == "too few configurations (2): add more, e.g. --embedding-sizes 32,64,128"


def test_repeats_are_no_new_observations() -> None:
    once = seen(law(0.1, seed=3))[0]
    plans = [replace(p, repeats=5) for p in law(0.1, seed=3)]
    again = seen(plans)[0]
    a, b = (e.factors["embedding size"].estimate for e in (once, again))
    assert (a.low, a.high) == pytest.approx((b.low, b.high))


def _again(records: list[RunRecord], **changes: object) -> list[RunRecord]:
    return [
        r.model_copy(update=changes | {"measurement_id": f"{r.measurement_id}{changes}"})
        for r in records
    ]


def test_the_same_models_on_other_threads_count_once_in_quality() -> None:
    gains = {16: 0.150, 32: 0.158, 64: 0.160, 128: 0.167}
    plans = [Plan("simgcl", size, ndcg, float(size)) for size, ndcg in gains.items()]
    once = synthesise(plans, n_users=20).records
    more = [*once, *_again(once, threads=1), *_again(once, kernel="library", device="cuda")]
    alone, several = (effects_among(configurations(r), "ndcg@10")[-1] for r in (once, more))
    assert (several.n, several.n_groups) == (alone.n, alone.n_groups) == (4, 1)
    size = several.factors["embedding size"].estimate
    assert size == alone.factors["embedding size"].estimate
    assert size.p > 0.005
    assert several.factors["threads"].reason == "changes energy, not the models"


def test_threads_that_go_with_the_size_do_not_hide_what_the_size_gains() -> None:
    sizes = {32: 1, 64: 2, 128: 4}
    run, _, quality = seen(
        [Plan("simgcl", size, 0.1 + size / 1e4, float(size)) for size in sizes],
        lambda record: record.model_copy(update={"threads": sizes[record.embedding_size]}),
    )
    assert run.factors["embedding size"].reason == "moves in step with threads; cross them"
    assert quality.factors["embedding size"].estimate is not None


@pytest.mark.parametrize(
    "under", [{"users_per_call": 1}, {"shards": 2}, {"memory_mapped": True}, {"kernel": "library"}]
)
def test_energy_that_was_measured_otherwise_is_no_noise_of_one_group(under) -> None:
    once = synthesise([Plan("simgcl", size, 0.16, float(size)) for size in SIZES]).records
    dearer = [
        r.model_copy(update={"total": reading("total", 6 * r.total.energy_j)})
        for r in _again(once, **under)
    ]
    run = effects_among(configurations([*once, *dearer]), "ndcg@10")[0]
    assert (run.n, run.n_groups) == (8, 2)
    size = run.factors["embedding size"].estimate
    assert (size.low, size.high) == pytest.approx((1.0, 1.0))


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Benchmark:
    path: Path = tmp_path_factory.mktemp("s") / "out"
    return analyse(quickstart().study(path)).benchmarks[0]


def test_the_papers_questions(found: Benchmark) -> None:
    first, second = answers(found, effects(found))
    assert first.text.startswith("Grams of one grid follow joules exactly")
    assert "grows with multiply-adds to the power of 0.53" in first.text
    assert "what more epochs cost and give (the same everywhere, 30; vary it" in first.text
    assert "joules here are CPU seconds times watts that are the same for all" in first.text
    assert "17 % of training's energy came after the epoch that was kept" in first.text
    assert (
        "embedding size to the power of 0.71 (0.67 to 0.75), 1.64 times a doubling" in second.text
    )
    assert "all ran on one machine with 2 threads (cpu)" in second.text


def test_as_it_is_printed(tmp_path: Path) -> None:
    text = effects_of(analyse(quickstart().study(tmp_path / "s")))
    assert all(len(line) <= 110 for line in text.splitlines())
    assert "16 configurations, 4 groups of one model and settings" in text
    line = next(line for line in text.splitlines() if line.startswith("embedding size"))
    assert line.split()[2:6] == ["0.71", "(0.67", "to", "0.75)"]
    assert "training data: the same everywhere, 1; vary it: --train-shares 0.25,0.5,1" in text
