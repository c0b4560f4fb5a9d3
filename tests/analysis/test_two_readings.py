import re
from dataclasses import replace
from pathlib import Path

import pytest

from ecorec.analysis.study_analysis import analyse
from ecorec.analysis.two_readings import difference_in_words
from ecorec.energy.emissions import Intensity
from ecorec.report.methods import methods
from tests.analysis.records import Plan, synthesise
from tests.energy.test_reading import PACKAGE

COUNTER = PACKAGE.model_copy(update={"sensor": "rapl-package"})


def test_both_readings_in_words_by_hand() -> None:
    """20 J here in 20/6 CPU s; 90 J there, 10 of them CPU and 80 memory."""
    (record,) = synthesise([Plan("simgcl", 64, energy_j=20.0)]).records
    theirs = record.codecarbon.model_copy(
        update={"energy_j": 90.0, "cpu_j": 10.0, "ram_j": 80.0, "ram_w": 10.0}
    )
    words = difference_in_words([record.model_copy(update={"codecarbon": theirs})])
    assert words is not None
    assert "reads 4.5 times the joules given here (median of 1 runs)" in words
    assert "bills 3 W a busy CPU second and 10 W of memory" in words
    assert "which is 89% of its figure; ecorec bills 6 W (3 to 9)" in words
    assert re.search("validates neither", words)


def test_a_counter_is_read_and_no_model() -> None:
    modelled, other = synthesise([Plan("simgcl", 64), Plan("ngcf", 64)]).records
    total = other.total.model_copy(update={"components": (*other.total.components, COUNTER)})
    read = other.model_copy(update={"total": total})
    words = str(difference_in_words([read]))
    assert words.endswith("of its figure; ecorec read cpu by rapl-package (counter).")
    assert "model" not in words
    assert "ecorec bills" not in words
    both = str(difference_in_words([modelled, read]))
    assert "; in 1 of these runs ecorec bills 6 W (3 to 9)" in both
    assert both.endswith(
        "validates neither. In the others ecorec read cpu by rapl-package (counter)."
    )


def test_the_methods_bill_cpu_time_only_where_it_counts(tmp_path: Path) -> None:
    made = synthesise([Plan("simgcl", 64)])
    assert "Energy of the CPU is the process tree's" in methods(analyse(made.study(tmp_path / "a")))
    (record,) = made.records
    total = record.total.model_copy(update={"components": (*record.total.components, COUNTER)})
    counted = replace(made, records=[record.model_copy(update={"total": total})])
    text = methods(analyse(counted.study(tmp_path / "b")))
    assert "Energy of the CPU is" not in text
    assert "cpu by rapl-package (counter)" in text


def test_both_factors_are_told_where_both_have_grams() -> None:
    (record,) = synthesise([Plan("simgcl", 64, energy_j=20.0)]).records
    theirs = record.codecarbon.model_copy(
        update={"country": "ITA", "intensity_g_per_kwh": 330.7, "emissions_g": 1.0}
    )
    grid = Intensity(287.5, "Italy", 2024, "a table")
    both = [record.model_copy(update={"codecarbon": theirs})]
    told = "on 331 g/kWh (ITA, its own table), those given here on 288 g/kWh (Italy 2024; a table)."
    assert told in str(difference_in_words(both, grid))
    assert "g/kWh" not in str(difference_in_words(both))
    assert "g/kWh" not in str(difference_in_words([record], grid))


@pytest.mark.parametrize("changes", [{"codecarbon": None}])
def test_one_reading_is_not_compared(changes) -> None:
    (record,) = synthesise([Plan("simgcl", 64)]).records
    assert difference_in_words([record.model_copy(update=changes)]) is None
