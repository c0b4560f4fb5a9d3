"""The run to deploy: validation selects, test is reported, and errors name what is nearest."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scipy import stats

from ecorec.analysis.decision.candidate import Use
from ecorec.analysis.decision.choose import choose
from ecorec.analysis.decision.constraint import Constraint, constraint
from ecorec.analysis.decision.trade_off import prices_of
from ecorec.analysis.deployed.alike import SCORES, Served, Way
from ecorec.analysis.spent import Prices, find_currency
from ecorec.analysis.study_analysis import Benchmark, analyse
from ecorec.errors import InputError
from ecorec.report.decision import sentences
from ecorec.report.decision_values import as_values
from ecorec.report.figures import write_figures
from ecorec.report.front import fronts
from ecorec.report.page import write_report
from ecorec.serving.energy import PerThousand
from ecorec.study.store import read_study
from tests.analysis.records import Plan, Synthetic, synthesise
from tests.analysis.serving_records import store

NOTHING = Prices()
AT_25 = 1 - 0.8**27
"""Share of the plan's validation that the tested epoch has."""


def served(low: float, central: float, high: float, kind: str = "exact") -> Served:
    way = Way(SCORES, over_http=True, k=10, users="uniform", at_once=1, arrivals="poisson")
    return Served(way, kind, 0.5, PerThousand(low, central, high, "modelled", "process"))


def benchmark(plans: list[Plan], path: Path) -> Benchmark:
    return analyse(synthesise(plans).study(path / "study")).benchmarks[0]


PLANS = [
    Plan("popularity", None, 0.140, 1.0, seeds=(None,)),
    Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
    Plan("lightgcn", 64, 0.185, 20.0, validation=0.170),
    Plan("simgcl", 64, 0.180, 40.0, validation=0.180),
    Plan("ngcf", 64, 0.175, 30.0, validation=0.176),
]


def test_cheapest_within_a_share_of_the_best_validation(tmp_path: Path) -> None:
    item = benchmark(PLANS, tmp_path)
    # lightgcn is the best on test, and 5.6 % below on validation: it must not be chosen by test.
    found = choose(item, Constraint(within=0.05), NOTHING)
    assert found.chosen.label == "ngcf d=64"
    assert found.best_label == "simgcl d=64"
    assert found.floor == pytest.approx(0.95 * 0.180 * AT_25)
    assert [c.label for c in found.eligible] == ["ngcf d=64", "simgcl d=64"]
    assert choose(item, Constraint(within=0.06), NOTHING).chosen.label == "lightgcn d=64"
    # 0.160 without the share that the epoch takes: 11.1 % below would not do, 11.2 does.
    assert choose(item, Constraint(within=0.112), NOTHING).chosen.label == "itemknn"


def test_least_quality_and_most_energy(tmp_path: Path) -> None:
    item = benchmark(PLANS, tmp_path)
    assert choose(item, Constraint(min_quality=0.15), NOTHING).chosen.label == "itemknn"
    assert choose(item, Constraint(min_quality=0.161), NOTHING).chosen.label == "lightgcn d=64"
    # With a cap alone the best is wanted: on validation, not on test.
    assert choose(item, Constraint(max_energy_j=35.0), NOTHING).chosen.label == "ngcf d=64"
    assert choose(item, Constraint(max_energy_j=20.0), NOTHING).chosen.label == "lightgcn d=64"
    both = choose(item, Constraint(min_quality=0.172, max_energy_j=35.0), NOTHING)
    assert both.chosen.label == "ngcf d=64"
    assert [c.label for c in both.eligible] == ["ngcf d=64"]


@pytest.mark.parametrize(
    ("asked", "message", "near"),
    [
        (
            Constraint(min_quality=0.3),
            "no configuration with a validation NDCG@10 of at least .3",
            "the best is simgcl d=64: validation NDCG@10 .180, 40 J assumed",
        ),
        (
            Constraint(max_energy_j=0.5),
            "no configuration at 500 mJ at most",
            "the cheapest is popularity: validation NDCG@10 .140, 1 J assumed",
        ),
        (
            Constraint(min_quality=0.172, max_energy_j=25.0),
            "of at least .172 and at 25 J at most",
            "the cheapest that is good enough is ngcf d=64: validation NDCG@10 .176, 30 J assumed; "
            "the best that is cheap enough is lightgcn d=64: validation NDCG@10 .170, 20 J assumed",
        ),
    ],
)
def test_what_nothing_fulfils(tmp_path: Path, asked: Constraint, message: str, near: str) -> None:
    with pytest.raises(InputError) as error:
        choose(benchmark(PLANS, tmp_path), asked, NOTHING)
    assert message in error.value.message
    assert error.value.hint == near


def test_serving_turns_the_choice(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.161, 20.0),
    ]
    item = benchmark(plans, tmp_path)
    knn, gcn = (c.run_ids[0] for c in item.configurations)
    serving = {knn: [served(4.0, 5.0, 6.0, "sparse")], gcn: [served(0.5, 1.0, 1.5)]}
    asked = Constraint(within=0.05)
    # 2 + 5 n against 20 + n thousands: even at 4.5 thousands.
    few, many = (
        choose(item, asked, Prices(serving=serving), Use(1000.0, days)) for days in (4.4, 4.6)
    )
    assert few.chosen.label == "itemknn"
    assert few.chosen.in_use_j == pytest.approx((1 + 4.4 * 4, 2 + 4.4 * 5, 3 + 4.4 * 6))
    assert many.chosen.label == "lightgcn d=64"
    assert many.by_use
    text = " ".join(sentences(many, tmp_path))
    assert "assumed+modelled for a training and 4.6 days of 1,000 recommendations" in text
    assert (
        "serving is in it, as measured under load: over HTTP, from an index as the model scores "
        "(exact and sparse)" in text
    )
    # Of one that was never under load nothing is guessed: training decides, and it says why.
    part = choose(item, asked, Prices(serving={knn: serving[knn]}), Use(1000.0, 99.0))
    assert (part.by_use, part.chosen.label) == (False, "itemknn")
    words = sentences(part, Path("out"))[2]
    assert (
        f"because lightgcn d=64 never ran under load (measure: ecorec stress out/runs/{gcn}"
        in words
    )


def test_serving_is_compared_where_it_was_measured_alike(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.161, 20.0),
    ]
    made = synthesise(plans)
    path = made.study(tmp_path / "s").path
    knn, gcn = made.records

    def chosen() -> dict[str, Any]:
        analysis = analyse(read_study(path))
        asked = Constraint(within=0.05), prices_of(analysis), Use(1000.0, 30.0)
        return as_values(choose(analysis.benchmarks[0], *asked), Path("out"), "one")

    def each(found: dict[str, Any]) -> dict[str, float | None]:
        return {item["label"]: item["serving_j_per_1000"] for item in found["eligible"]}

    # A look-up in stored lists is the newest of one, and not a search of the other.
    store(path, gcn, kind="lists", joules_per_1000=0.1, number=1)
    store(path, knn, kind="sparse", joules_per_1000=0.5)
    apart = chosen()
    assert (apart["serving_counted"], apart["chosen"]["label"]) == (False, "itemknn")
    assert (
        "serving is not in it, because lightgcn d=64 was not measured over HTTP, from an index as "
        f"the model scores (measure: ecorec stress out/runs/{gcn.run_id} --kind exact)"
        in apart["sentences"][2]
    )
    store(path, gcn, kind="exact", joules_per_1000=4.0)
    alike = chosen()
    assert alike["serving_counted"]
    assert each(alike) == pytest.approx({"itemknn": 0.5, "lightgcn d=64": 4.0})
    assert alike["serving_measured"] == (
        "over HTTP, from an index as the model scores (sparse and exact)"
    )
    assert alike["serving_measured"] in alike["sentences"][2]
    kinds = {item["label"]: item["serving_index"] for item in alike["eligible"]}
    assert kinds == {"itemknn": "sparse", "lightgcn d=64": "exact"}
    assert (alike["chosen"]["serving_over_http"], alike["chosen"]["serving_load"]) == (True, 0.5)
    # Where both were asked from lists as well, the model's own index stands for serving still.
    store(path, knn, kind="lists", joules_per_1000=9.0, number=2)
    assert each(chosen()) == each(alike)


def test_an_index_alone_is_compared_with_indices_alone(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
        Plan("ease", None, 0.159, 3.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.161, 20.0),
    ]
    made = synthesise(plans)
    path = made.study(tmp_path / "s").path
    store(path, made.records[0], kind="sparse", joules_per_1000=3.0, http=False)
    store(path, made.records[1], kind="sparse", joules_per_1000=8.0, users_per_request=64)
    store(path, made.records[2], joules_per_1000=4.0)
    analysis = analyse(read_study(path))
    benchmark, prices = analysis.benchmarks[0], prices_of(analysis)
    found = choose(benchmark, Constraint(within=0.05), prices, Use(1000.0, 30.0))
    # What the index alone draws is half of it all in these measurements.
    each = {c.label: c.serving.each.central_j for c in found.eligible if c.serving}
    assert each == pytest.approx({"itemknn": 1.5, "ease": 4.0, "lightgcn d=64": 2.0})
    assert "measured under load: without a server, from an index" in sentences(found, path)[2]
    text = " ".join(fronts(analysis, find_currency("serving"), prices).split())
    assert "Serving as measured without a server, from an index as the model scores" in text
    assert "1.5 J" in text
    # Without the one that has no server, requests of 64 are not held against requests of one.
    served = {r.run_id: prices.serving[r.run_id] for r in made.records[1:]}
    apart = {id_: [one for one in found if one.way.over_http] for id_, found in served.items()}
    text = " ".join(fronts(analysis, find_currency("serving"), Prices(serving=apart)).split())
    assert text.count("Left out: ") == 1
    assert "itemknn" in text[text.index("Left out: ") :]
    assert "not measured so on this machine" in text


def test_what_cannot_be_told_apart_is_said(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.1600, 2.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.1605, 20.0),
        Plan("simgcl", 64, 0.1900, 21.0, validation=0.161),
    ]
    found = choose(benchmark(plans, tmp_path), Constraint(within=0.05), NOTHING)
    what, tested, sure = sentences(found, Path("out"))
    run = found.chosen.run_id
    assert what == (
        f"Deploy itemknn (run {run}): the cheapest of the 3 within 5 % of the best validation "
        "NDCG@10 (validation NDCG@10 .160, 2 J (1-3 J) assumed, 1/10 of the dearest of them)."
    )
    assert "can be told from the best on validation, simgcl d=64 with .190" in tested
    assert tested.endswith("lightgcn d=64 cannot be told from it in quality.")
    assert "noise between seeds is not known" in sure
    assert "the cheapest under low and high watts too" in sure
    assert f"ecorec stress out/runs/{run}" in sure


def test_a_limit_within_noise_is_said(tmp_path: Path) -> None:
    found = choose(benchmark(PLANS, tmp_path), Constraint(min_quality=0.1599), NOTHING)
    assert found.chosen.label == "itemknn"
    assert "nearer to the limit of .160 than it is sure" in sentences(found, tmp_path)[2]
    far = choose(benchmark(PLANS, tmp_path / "b"), Constraint(min_quality=0.150), NOTHING)
    assert "nearer to the limit" not in sentences(far, tmp_path)[2]


def test_a_share_of_the_best_is_judged_over_the_same_users(tmp_path: Path) -> None:
    item = benchmark(PLANS, tmp_path)
    best = choose(item, Constraint(within=0.01), NOTHING)
    assert best.chosen.label == best.best_label == "simgcl d=64"
    assert best.doubt == 0
    found = choose(item, Constraint(within=0.05), NOTHING)
    # Users differ by far more than what two models do for each of them.
    assert 0 < found.doubt < 0.6 * found.chosen.test_half


def test_equal_on_test_is_no_certainty(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.180, 2.0, seeds=(None,), validation=0.1798),
        Plan("ease", None, 0.180, 9.0, seeds=(None,), validation=0.1830),
    ]
    made = synthesise(plans)
    first, second = made.records
    # The same values, of other users: both means are equal to the last bit.
    mirrored = made.frames[first.run_id].with_columns(pl.col("ndcg@10").reverse())
    frames = {first.run_id: made.frames[first.run_id], second.run_id: mirrored}
    values = [frame["ndcg@10"].to_numpy() for frame in frames.values()]
    records = [r.model_copy(update={"metrics": first.metrics}) for r in made.records]
    item = analyse(Synthetic(records, frames).study(tmp_path / "s")).benchmarks[0]
    assert item.comparison.t[0, 1] == 0
    known = stats.ttest_rel(*values).confidence_interval()
    found = choose(item, Constraint(within=0.02), NOTHING)
    assert found.chosen.label == "itemknn"
    assert found.doubt == pytest.approx(known.high)
    assert "nearer to the limit of .179 than it is sure" in sentences(found, tmp_path)[2]


def test_of_one_test_user_nothing_is_sure(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.16, 2.0, seeds=(None,)),
        Plan("ease", None, 0.17, 9.0, seeds=(None,)),
    ]
    analysis = analyse(synthesise(plans, n_users=1).study(tmp_path / "s"))
    item = analysis.benchmarks[0]
    found = choose(item, Constraint(within=0.2), NOTHING)
    assert (found.chosen.test_half, found.doubt) == (None, None)
    _, tested, sure = sentences(found, tmp_path)
    assert "±" not in tested + sure
    assert sure.startswith("How sure: 1 test user; whether noise hides that it is below the limit")
    values = as_values(found, tmp_path, "one")["chosen"]
    assert values["test"] == pytest.approx(item.configurations[0].quality("ndcg@10"))
    assert (values["test_low"], values["test_high"]) == (None, None)
    text = fronts(analysis, find_currency("energy"), NOTHING)
    assert "±" not in text[: text.index("> knee")]
    assert " [" not in text[: text.index("> knee")]
    assert '"quality_low":null' in write_report(tmp_path / "s").read_text()
    assert write_figures(tmp_path / "s")


def test_watts_that_turn_the_choice_are_named(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, 0.160, 1.0, seeds=(None,), ranges=(0.5, 5.0)),
        Plan("itemknn", None, 0.161, 2.0, seeds=(None,)),
    ]
    found = choose(benchmark(plans, tmp_path), Constraint(within=0.05), NOTHING)
    assert "the cheapest would be itemknn under high watts" in sentences(found, tmp_path)[2]
    capped = choose(benchmark(plans, tmp_path / "b"), Constraint(max_energy_j=1.5), NOTHING)
    assert "at high watts it would take 5 J assumed, more than the cap" in sentences(
        capped, tmp_path
    )[2]  # fmt: skip


def test_the_seed_to_deploy_is_the_best_on_validation(tmp_path: Path) -> None:
    synthetic = synthesise([Plan("simgcl", 64, 0.18, seeds=(1, 2, 3))])
    raised = [
        record.model_copy(
            update={"epochs": tuple(e.model_copy(update={"validation": e.validation and 0.17})
                                    for e in record.epochs)}
        ) if record.seed != 2 else record
        for record in synthetic.records
    ]  # fmt: skip
    found = analyse(Synthetic(raised, synthetic.frames).study(tmp_path / "s")).benchmarks[0]
    chosen = choose(found, Constraint(within=0.05), NOTHING).chosen
    assert chosen.run_id == next(r.run_id for r in raised if r.seed == 2)
    assert chosen.validation == pytest.approx((0.34 + 0.18 * AT_25) / 3)


def test_a_metric_that_chose_no_epoch_chooses_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 of 5 configurations were not validated in `recall@10`"):
        choose(benchmark(PLANS, tmp_path), Constraint(within=0.05), NOTHING, metric="recall@10")


def test_runs_beside_other_work_and_old_records_are_left_out_aloud(tmp_path: Path) -> None:
    plans = [*PLANS[2:], Plan("bpr-mf", 64, 0.18, 1.0, foreign_share=0.3)]
    synthetic = synthesise([*plans, PLANS[1]])
    old = [
        r.model_copy(update={"validation": {}}) if r.model == "itemknn" else r
        for r in synthetic.records
    ]
    item = analyse(Synthetic(old, synthetic.frames).study(tmp_path / "s")).benchmarks[0]
    words = sentences(choose(item, Constraint(within=0.2), NOTHING), tmp_path)[2]
    assert "bpr-mf d=64 left out: energy not comparable" in words
    assert "itemknn left out: not validated, run them again" in words


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ({}, Constraint(within=0.05)),
        ({"within": "5%"}, Constraint(within=0.05)),
        ({"within": "0.125"}, Constraint(within=0.125)),
        ({"max_energy": "50kJ"}, Constraint(max_energy_j=50e3)),
        ({"max_energy": "200mJ"}, Constraint(max_energy_j=0.2)),
        ({"max_energy": "2 Wh"}, Constraint(max_energy_j=7200.0)),
        ({"max_energy": "1.5e3J"}, Constraint(max_energy_j=1500.0)),
        ({"max_energy": "0.1 kWh"}, Constraint(max_energy_j=3.6e5)),
        ({"min_quality": 0.2}, Constraint(min_quality=0.2)),
    ],
)
def test_as_typed(words, known: Constraint) -> None:
    assert constraint(**words) == known


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"within": "5"}, "--within `5` is no share below 1"),
        ({"within": "-5%"}, "no share below 1"),
        ({"within": "100%"}, "no share below 1"),
        ({"within": "little"}, "no share below 1"),
        ({"max_energy": "50"}, "--max-energy `50` is no energy above zero with its unit"),
        ({"max_energy": "50g"}, "no energy above zero with its unit"),
        ({"max_energy": "200mj"}, "with its unit: `mj` may be mJ or MJ"),
        ({"max_energy": "0J"}, "no energy above zero with its unit"),
        ({"min_quality": 15.0}, "--min-ndcg 15 is no quality"),
    ],
)
def test_as_mistyped(words, message: str) -> None:
    with pytest.raises(InputError) as error:
        constraint(**words)
    assert message in error.value.message
