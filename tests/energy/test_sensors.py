"""CPU time, watts, grams, memory and CodeCarbon: the real ones, on this machine."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ecorec.energy import hardware, memory
from ecorec.energy.codecarbon_tracker import CodeCarbonTracker
from ecorec.energy.cpu_time import CpuTimeSensor, ProcessTreeClock
from ecorec.energy.emissions import GridSettings, Intensity, emissions_g, intensity
from ecorec.energy.meter import Meter
from ecorec.errors import InputError

BURN = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\n"


def sensor() -> CpuTimeSensor:
    return CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "test")


def burn(cpu_s: float) -> None:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass


def test_joules_are_cpu_seconds_times_watts() -> None:
    with Meter([sensor()]).window("work") as window:
        burn(0.3)
    reading = window.reading
    assert reading.energy_j == pytest.approx(6 * reading.cpu_s, rel=1e-2)
    assert (reading.low_j, reading.high_j) == (
        pytest.approx(reading.energy_j / 2),
        pytest.approx(reading.energy_j * 1.5),
    )
    assert 0.3 <= reading.cpu_s < 0.35


def test_sleeping_costs_nothing() -> None:
    with Meter([sensor()]).window("sleep") as window:
        time.sleep(0.3)
    assert window.reading.duration_s >= 0.3
    assert window.reading.cpu_s < 0.02


def test_a_child_is_counted_while_it_lives_and_after() -> None:
    clock = ProcessTreeClock()
    before = clock()
    child = subprocess.Popen([sys.executable, "-c", BURN + "time.sleep(30)"])
    deadline = time.monotonic() + 20
    while clock() - before < 0.35 and time.monotonic() < deadline:
        time.sleep(0.05)
    alive = clock() - before
    child.kill()
    child.wait()
    after = clock() - before
    assert alive >= 0.35
    assert after >= alive - 0.03  # the kernel counts reaped children in ticks of 10 ms


def test_a_neighbour_that_is_no_child_is_not_counted() -> None:
    # Started through a shell that leaves at once, so that it belongs to nobody here.
    subprocess.run(["sh", "-c", f"{sys.executable} -c '{BURN}' &"], check=True)
    clock = ProcessTreeClock()
    before = clock()
    time.sleep(0.5)
    assert clock() - before < 0.05


def test_rated_power_needs_the_exact_name(monkeypatch) -> None:
    assert hardware.rated_power("AMD EPYC 4124P 4-Core Processor") == 65.0
    assert hardware.rated_power("AMD EPYC") is None
    monkeypatch.setattr(hardware, "cpu_name", lambda: "AMD EPYC 4124P 4-Core Processor")
    monkeypatch.setattr(hardware.os, "cpu_count", lambda: 8)
    known = hardware.describe_machine()
    assert known.watts_method == "modelled"
    assert known.watts_per_cpu == pytest.approx((65 / 16, 65 / 8, 65 * 1.5 / 8))
    told = hardware.describe_machine((1.0, 2.0, 3.0))
    assert (told.watts_method, told.watts_per_cpu) == ("assumed", (1.0, 2.0, 3.0))


def test_an_unknown_processor_is_an_assumption_and_says_so(monkeypatch) -> None:
    monkeypatch.setattr(hardware, "cpu_name", lambda: "AMD EPYC")
    found = hardware.describe_machine()
    assert (found.watts_method, found.watts_per_cpu) == ("assumed", (3.0, 6.0, 9.0))
    assert "matches no rated part" in found.watts_source


@pytest.mark.parametrize("text", ["", "a", "0", "-1", "3,2,1", "1,2", "nan"])
def test_watts_that_make_no_sense(text: str) -> None:
    with pytest.raises(InputError, match="is not one number or three ascending ones"):
        hardware.parse_watts(text)


def test_grams_by_hand() -> None:
    grid = Intensity(300.0, "here", 2024, "test")
    assert emissions_g(3.6e6, grid, 1.0) == pytest.approx(300.0)
    assert emissions_g(1.8e6, grid, 1.2) == pytest.approx(180.0)


def test_a_country_is_named_or_there_are_no_grams() -> None:
    assert intensity(GridSettings()) is None
    italy = intensity(GridSettings(country="Italy"))
    assert italy == intensity(GridSettings(country="ita"))
    assert italy.g_per_kwh == pytest.approx(330.7, abs=0.1)
    assert italy.year is not None
    assert intensity(GridSettings(country="ITA", intensity_g_per_kwh=5)).g_per_kwh == 5
    with pytest.raises(InputError, match="no country is called `Itly`") as caught:
        intensity(GridSettings(country="Itly"))
    assert "`Italy`" in caught.value.hint


def test_peak_memory_is_that_of_the_run() -> None:
    if not memory.reset_peak():
        pytest.skip("this system does not forget the peak")
    before = memory.peak_memory_bytes()
    block = np.ones(2**24)  # 128 MiB
    assert memory.peak_memory_bytes() - before > 100 * 2**20
    del block
    assert memory.reset_peak()
    assert memory.peak_memory_bytes() - before < 50 * 2**20


@pytest.mark.parametrize("country", ["ITA", None])
def test_codecarbon_as_the_paper_used_it(country: str | None, tmp_path: Path) -> None:
    tracker = CodeCarbonTracker(country, tmp_path)
    tracker.start()
    burn(0.5)
    reading = tracker.stop()
    assert 0.5 <= reading.duration_s < 2
    parts = reading.cpu_j + reading.gpu_j + reading.ram_j
    assert reading.energy_j == pytest.approx(parts, rel=1e-6)
    assert (tmp_path / "emissions.csv").exists()
    if country is None:
        assert (reading.emissions_g, reading.country) == (None, None)
    else:
        expected = reading.energy_j / 3.6e6 * reading.intensity_g_per_kwh
        assert reading.emissions_g == pytest.approx(expected)
        assert reading.intensity_g_per_kwh == pytest.approx(330.7, abs=0.1)
    assert tracker.stop() is None


def test_threads_that_wait_are_not_billed() -> None:
    script = (
        "from ecorec.energy.waiting import wait_passively\nprint(wait_passively())\n"
        "import json, time, torch\nx = torch.ones(600, 600)\nx @ x\n"
        "start = time.process_time()\ntime.sleep(0.5)\nprint(time.process_time() - start)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    words, spent = result.stdout.split()
    assert words == "passive"
    # Spinning, the other threads of the pool burn up to the whole half second each.
    assert float(spent) < 0.05


def test_doctor_tests_its_sensor_and_prints_json() -> None:
    command = [sys.executable, "-m", "ecorec", "doctor", "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    by_subject = {item["subject"]: item for item in found["findings"]}
    assert "busy" in by_subject["self-test"]["words"]
    assert by_subject["gpu"]["method"] == "absent"
    assert {"torch", "numba", "ecorec"} <= found["versions"].keys()
