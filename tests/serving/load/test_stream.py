import numpy as np
import pytest

from ecorec.errors import InputError
from ecorec.serving.load.stream import arrival_times, draw_users


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", ["uniform", "skewed"])
def test_a_seed_gives_one_stream(kind) -> None:
    first = draw_users(kind, 500, 40, rng())
    assert (first == draw_users(kind, 500, 40, rng())).all()
    assert (first != draw_users(kind, 500, 40, rng(2))).any()
    assert (first.min(), first.max()) >= (0, 0)
    assert first.max() < 40


def test_uniform_users_ask_alike() -> None:
    counts = np.bincount(draw_users("uniform", 40_000, 40, rng()), minlength=40)
    # 1,000 each, with a standard deviation of 31; Zipf's first would have 9,400.
    assert abs(counts - 1000).max() < 140


def test_skewed_users_follow_zipf() -> None:
    counts = np.sort(np.bincount(draw_users("skewed", 40_000, 40, rng()), minlength=40))[::-1]
    harmonic = (1 / np.arange(1, 41)).sum()
    assert counts[0] / 40_000 == pytest.approx(1 / harmonic, rel=0.05)
    assert counts[9] / 40_000 == pytest.approx(1 / 10 / harmonic, rel=0.15)


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert arrival_times("constant", 4.0, 1.0, rng()).tolist() == [0.0, 0.25, 0.5, 0.75]


def test_poisson_arrivals_have_their_rate_and_their_scatter() -> None:
    times = arrival_times("poisson", 1000.0, 50.0, rng())
    assert (np.diff(times) >= 0).all()
    assert times[-1] < 50
    # 50,000 expected, standard deviation 224.
    assert abs(times.size - 50_000) < 900
    per_second = np.bincount(times.astype(int), minlength=50)
    # Variance over mean is one for Poisson, zero for evenly spaced arrivals.
    assert 0.5 < per_second.var(ddof=1) / per_second.mean() < 1.7


def test_no_rate_is_no_stream() -> None:
    with pytest.raises(InputError, match="0 requests a second is not above zero"):
        arrival_times("poisson", 0.0, 1.0, rng())
