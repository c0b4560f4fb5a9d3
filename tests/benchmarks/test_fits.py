"""No fit makes a table of users x items, seen as the memory that it holds."""

import pytest

from ecorec.data.synthetic import power_law
from ecorec.energy.memory import reset_peak
from ecorec.models.catalogue import MODELS
from tests.conftest import graph_of

FITTED = [name for name, entry in MODELS.items() if entry.kind == "training-free"]


@pytest.mark.parametrize("name", FITTED)
def test_a_fit_holds_no_table_of_users_and_items(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not reset_peak():
        pytest.skip("this system does not tell the peak of a part of a process")
    import fits

    monkeypatch.setattr(fits, "TRIES", 1)
    few = graph_of(power_law(300, 200, 4000, 0.5, seed=1))
    many = graph_of(power_law(60_000, 2_500, 60_000, 0.3, seed=1))
    fits.fit(MODELS[name], few)  # compiles
    # Held are 288 float64 of each user by GF-CF, a quarter of it, and less by the others.
    assert fits.measure(MODELS[name], many).held_bytes < fits.dense_bytes(many) / 2
