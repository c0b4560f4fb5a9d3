"""CodeCarbon 2.5.0's constants, by hand."""

import pytest

from ecorec.energy import codecarbon_2_5


def test_an_unknown_cpu_draws_half_of_85_w_and_memory_three_eighths_of_a_watt_a_gb() -> None:
    # (42.5 + 0.375 x 2) W x 100 s
    assert codecarbon_2_5.energy_j(100.0, 2 * 2**30) == pytest.approx(4325.0)


def test_a_known_cpu_draws_half_of_its_rated_watts() -> None:
    assert codecarbon_2_5.energy_j(10.0, 0, rated_w=240.0) == pytest.approx(1200.0)


def test_an_unknown_place_is_a_third_of_italy() -> None:
    grams = codecarbon_2_5.G_PER_KWH
    assert grams["ITA"] / grams[codecarbon_2_5.FALLBACK_PLACE] == pytest.approx(2.961, abs=1e-3)
