import sys

import pytest

from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.wall import WallSettings


@pytest.fixture
def hardware() -> Hardware:
    return describe_machine((3.0, 6.0, 9.0)).model_copy(update={"virtualised": True})


def methods(sensors) -> list[tuple[str, str, str]]:
    return [(sensor.name, sensor.component, sensor.method) for sensor in sensors]


def test_without_a_counter_the_machine_is_absent_and_says_why(hardware, tmp_path) -> None:
    sensors = find_sensors(hardware, tmp_path / "nowhere")
    assert methods(sensors) == [("cpu-time", "cpu", "assumed"), ("none", "machine", "absent")]
    reason = sensors[1].between(None, None).reason
    assert reason == "no powercap tree (virtual machine): total and idle energy cannot be read"


def test_a_tree_gives_a_sensor_for_packages_and_one_for_memory(hardware, tmp_path) -> None:
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    for name, text in {"name": "package-0", "energy_uj": "5", "max_energy_range_uj": "9"}.items():
        (zone / name).write_text(text)
    assert methods(find_sensors(hardware, tmp_path)) == [
        ("cpu-time", "cpu", "assumed"),
        ("rapl-package", "cpu", "counter"),
        ("rapl-dram", "ram", "absent"),
    ]


def test_a_meter_at_the_wall_takes_the_place_of_the_absent_machine(hardware, tmp_path) -> None:
    wall = WallSettings(command=f'{sys.executable} -c "print(80)"')
    sensors = find_sensors(hardware, tmp_path / "nowhere", wall)
    assert methods(sensors) == [("cpu-time", "cpu", "assumed"), ("wall", "machine", "wall")]
