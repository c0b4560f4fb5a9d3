import csv
import signal
import socket
import tempfile
import time
from pathlib import Path

import pytest

from ecorec.energy.codecarbon_data import energy_mixes
from ecorec.energy.codecarbon_tracker import CodeCarbonReading, CodeCarbonTracker
from ecorec.study.record import CodeCarbonRecord
from tests.threads import new_threads

BUSY_S = 0.4


def _track(country: str | None, folder: Path, busy_s: float = BUSY_S) -> CodeCarbonReading:
    tracker = CodeCarbonTracker(country, folder)
    tracker.start()
    end = time.thread_time() + busy_s
    while time.thread_time() < end:
        pass
    reading = tracker.stop()
    assert reading is not None
    return reading


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "emissions.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_fields_are_those_of_a_record(tmp_path: Path) -> None:
    reading = _track("ITA", tmp_path)
    assert list(CodeCarbonReading.model_fields) == list(CodeCarbonRecord.model_fields)
    assert CodeCarbonRecord(**reading.model_dump()).model_dump() == reading.model_dump()


def test_a_stated_country_gives_grams(tmp_path: Path) -> None:
    reading = _track("ITA", tmp_path)
    g_per_kwh = energy_mixes()["ITA"]["carbon_intensity"]
    assert reading.energy_j > 0
    assert reading.intensity_g_per_kwh == pytest.approx(g_per_kwh, rel=1e-9)
    assert reading.emissions_g == pytest.approx(reading.energy_j / 3.6e6 * g_per_kwh, rel=1e-9)
    (row,) = _rows(tmp_path)
    assert row["country_iso_code"] == "ITA"
    assert row["tracking_mode"] == "process"
    assert float(row["emissions"]) * 1000 == pytest.approx(reading.emissions_g, rel=1e-9)
    assert float(row["energy_consumed"]) * 3.6e6 == pytest.approx(reading.energy_j, rel=1e-9)


@pytest.mark.parametrize("country", [None, "LIE"])
def test_without_a_known_grid_there_is_energy_but_no_gram(
    tmp_path: Path, country: str | None
) -> None:
    reading = _track(country, tmp_path)
    assert reading.energy_j > 0
    assert (reading.country, reading.emissions_g, reading.intensity_g_per_kwh) == (None, None, None)
    (row,) = _rows(tmp_path)
    # Neither a place nor a zero that would pass for clean electricity.
    assert (row["country_name"], row["country_iso_code"], row["emissions"]) == ("", "", "")


def test_its_parts_sum_and_its_watts_are_energy_over_time(tmp_path: Path) -> None:
    reading = _track(None, tmp_path)
    parts = reading.cpu_j + reading.gpu_j + reading.ram_j
    assert parts == pytest.approx(reading.energy_j, rel=1e-9)
    assert reading.cpu_w * reading.duration_s == pytest.approx(reading.cpu_j)
    assert reading.ram_w * reading.duration_s == pytest.approx(reading.ram_j)
    assert reading.duration_s >= BUSY_S
    assert 0 < reading.startup_s < 30


def test_process_mode_bills_cpu_time_and_not_sleep(tmp_path: Path) -> None:
    if "(cpu_load)" not in _track(None, tmp_path, 0.05).method:
        pytest.skip("CodeCarbon reads a counter of the whole machine here")
    tracker = CodeCarbonTracker(None, tmp_path)
    tracker.start()
    time.sleep(BUSY_S)
    asleep = tracker.stop()
    assert asleep is not None
    assert asleep.cpu_j < _track(None, tmp_path).cpu_j / 4


def test_runs_follow_one_another_and_leave_nothing_behind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begun, interrupt = new_threads(), signal.getsignal(signal.SIGINT)
    lock = Path(tempfile.gettempdir(), ".codecarbon.lock")
    locked = lock.exists()
    readings = [_track("ITA", tmp_path, 0.1) for _ in range(4)]
    assert not begun()
    assert signal.getsignal(signal.SIGINT) is interrupt
    assert lock.exists() == locked
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["emissions.csv"]
    assert [float(row["duration"]) for row in _rows(tmp_path)] == [
        reading.duration_s for reading in readings
    ]
    # Hardware is looked for once in a process; that alone takes a second, each time if repeated.
    assert min(reading.startup_s for reading in readings[1:]) < 0.5


def test_the_users_place_and_network_settings_do_not_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **_: calls.append(address) or [])
    for name, value in {
        "PUE": "2",
        "REGION": "quebec",
        "CLOUD_PROVIDER": "gcp",
        "CLOUD_REGION": "us-east1",
        "EMISSIONS_ENDPOINT": "http://localhost:1",
        "CO2_SIGNAL_API_TOKEN": "token",
        "SAVE_TO_API": "true",
        "TRACKING_MODE": "machine",
        "FORCE_RAM_POWER": "7",
    }.items():
        monkeypatch.setenv(f"CODECARBON_{name}", value)
    reading = _track("CAN", tmp_path)
    assert calls == []
    (row,) = _rows(tmp_path)
    assert (row["pue"], row["region"], row["on_cloud"], row["tracking_mode"]) == (
        "1.0", "", "N", "process",
    )  # fmt: skip
    g_per_kwh = energy_mixes()["CAN"]["carbon_intensity"]
    assert reading.intensity_g_per_kwh == pytest.approx(g_per_kwh, rel=1e-9)
    # What the user knows of the hardware does.
    assert "RAM 7 W, as set by the user" in reading.method
    # Its last sample comes a moment before it ends the duration.
    assert 7 * BUSY_S <= reading.ram_j <= 7 * reading.duration_s * (1 + 1e-9)


def test_it_fails_without_a_word_and_so_has_no_reading(tmp_path: Path) -> None:
    tracker = CodeCarbonTracker("ITA", tmp_path / "missing")
    tracker.start()
    assert tracker.stop() is None


def test_stopping_what_never_started_is_nothing(tmp_path: Path) -> None:
    assert CodeCarbonTracker("ITA", tmp_path).stop() is None
    assert list(tmp_path.iterdir()) == []


def test_its_samples_are_as_far_apart_as_stated(tmp_path: Path) -> None:
    for every_s, expected in ((30.0, 30.0), (None, 15.0)):
        tracker = CodeCarbonTracker(None, tmp_path, every_s)
        tracker.start()
        assert tracker._tracker is not None
        assert tracker._tracker._measure_power_secs == expected
        tracker.stop()
