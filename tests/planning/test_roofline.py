"""Shares of the roof by hand, and where a machine's rates are kept."""

import psutil
import pytest

from ecorec.analysis.elsewhere.projection import RATES
from ecorec.energy.isolation import Isolation
from ecorec.models.cost import Cost
from ecorec.planning.calibration import Calibration, calibrate
from ecorec.planning.calibration_cache import CalibrationCache
from ecorec.planning.roofline import CACHED_BYTES, DISTANT_BYTES, least_seconds, row_rate
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.machine import use_threads
from tests.analysis.records import Plan, calibration, synthesise


def cost(**changes) -> Cost:
    values = {
        "n_parameters": 1, "sparse_products_per_step": 1, "sparse_multiply_adds_per_epoch": 1,
        "dense_multiply_adds_per_epoch": 3e9, "row_multiply_adds_per_epoch": 1,
        "random_bytes_per_epoch": 8e9, "streamed_bytes_per_epoch": 10e9, "table_bytes": 1e12,
        "multiply_adds_per_recommendation": 1, "bytes_per_recommendation": 1,
    }  # fmt: skip
    return Cost(**(values | changes))


@pytest.fixture
def rates() -> Calibration:
    machine = synthesise([Plan("simgcl", 64)]).records[0].machine
    return calibration(machine).model_copy(
        update={
            "cached_rows_bytes_per_s": 16e9,
            "distant_rows_bytes_per_s": 4e9,
            "stream_bytes_per_s": 5e9,
            "dense_multiply_adds_per_s": 6e9,
        }
    )


def test_the_least_time_is_that_of_each_part_at_its_own_rate(rates: Calibration) -> None:
    """8 GB of rows at 4 GB/s, 10 GB streamed at 5, and 3 G multiply-adds at 6 G/s."""
    assert least_seconds(cost(), rates) == pytest.approx(2 + 2 + 0.5)


def test_a_small_table_is_read_and_streamed_from_the_cache(rates: Calibration) -> None:
    assert least_seconds(cost(table_bytes=1e6), rates) == pytest.approx(0.5 + 0.625 + 0.5)


def test_between_two_sizes_rates_are_interpolated_on_a_logarithmic_scale(
    rates: Calibration,
) -> None:
    assert row_rate(0.0, rates) == row_rate(float(CACHED_BYTES), rates) == 16e9
    assert row_rate((CACHED_BYTES * DISTANT_BYTES) ** 0.5, rates) == pytest.approx(8e9)
    assert row_rate(float(DISTANT_BYTES), rates) == pytest.approx(4e9)
    assert row_rate(1e15, rates) == pytest.approx(4e9)


def test_the_cache_knows_machine_boot_threads_and_libraries(tmp_path, rates) -> None:
    cache, here = CalibrationCache(tmp_path / "cache"), rates.hardware
    assert cache.find(here, 2, {}) is None
    cache.keep(rates)
    assert cache.find(here, 2, {}) == rates
    assert cache.find(here, 1, {}) is None
    assert cache.find(here, 2, {"torch": "2.13.0"}) is None
    assert cache.find(here.model_copy(update={"boot_id": "another"}), 2, {}) is None
    beside = Isolation(foreign_share=0.3, steal_share=0.0, throttle_events=None)
    busy = rates.model_copy(update={"stream_bytes_per_s": 1.0, "isolation": beside})
    cache.keep(busy)
    assert cache.find(here, 2, {}) == rates
    (next((tmp_path / "cache").iterdir())).write_text("{}")
    assert cache.find(here, 2, {}) is None


def test_rates_are_kept_where_the_user_says(tmp_path, rates, monkeypatch) -> None:
    monkeypatch.setenv("ECOREC_CACHE", str(tmp_path / "there"))
    CalibrationCache().keep(rates)
    (file,) = (tmp_path / "there").iterdir()
    assert file.name.startswith("rates-")
    assert CalibrationCache().find(rates.hardware, 2, {}) == rates


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path, rates) -> None:
    (tmp_path / "file").write_text("")
    CalibrationCache(tmp_path / "file").keep(rates)


def test_a_calibration_gives_its_memory_back() -> None:
    """It reads 256 MiB at a time, which a study that keeps freed memory would hold to its end."""
    use_threads(1)
    keep_freed_memory()
    calibrate(1, {})
    before = memory_bytes()
    found = calibrate(1, {})
    assert memory_bytes() - before < 2**26
    assert found.threads == 1
    assert min(getattr(found, rate) for rate in RATES) > 0


def memory_bytes() -> int:
    return psutil.Process().memory_info().rss
