import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from ecorec.energy.detect import SensorSettings, find_sensors, sensors_fingerprint
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.replay import Recording
from ecorec.energy.sensor import Sensor
from ecorec.energy.wall import WallSettings
from ecorec.errors import InputError
from tests.energy.test_gpu import Board, LostError

CPU, RAM = ("cpu-time", "cpu", "assumed"), ("resident-memory", "ram", "assumed")


@pytest.fixture
def hardware() -> Hardware:
    return describe_machine((3.0, 6.0, 9.0)).model_copy(update={"virtualised": True})


def methods(sensors) -> list[tuple[str, str, str]]:
    return [(sensor.name, sensor.component, sensor.method) for sensor in sensors]


def test_without_a_counter_the_machine_is_absent_and_says_why(hardware, tmp_path) -> None:
    sensors = find_sensors(hardware, SensorSettings(powercap=str(tmp_path / "nowhere")))
    assert methods(sensors) == [CPU, RAM, ("none", "machine", "absent")]
    reason = sensors[2].between(None, None).reason
    assert reason == "no powercap tree (virtual machine): total and idle energy cannot be read"


def test_a_tree_gives_a_sensor_for_packages_and_one_for_memory(hardware, tmp_path) -> None:
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    for name, text in {"name": "package-0", "energy_uj": "5", "max_energy_range_uj": "9"}.items():
        (zone / name).write_text(text)
    assert methods(find_sensors(hardware, SensorSettings(powercap=str(tmp_path)))) == [
        CPU,
        RAM,
        ("rapl-package", "cpu", "counter"),
        ("rapl-dram", "ram", "absent"),
    ]


def test_a_meter_at_the_wall_takes_the_place_of_the_absent_machine(hardware, tmp_path) -> None:
    wall = WallSettings(command=f'{sys.executable} -c "print(80)"')
    settings = SensorSettings(powercap=str(tmp_path / "nowhere"), wall=wall)
    sensors = find_sensors(hardware, settings)
    assert methods(sensors) == [CPU, RAM, ("wall", "machine", "wall")]


def gpus(hardware, folder, device: str) -> list[Sensor]:
    """Return the GPU's sensors on a machine without counters of its CPU."""
    settings = SensorSettings(powercap=str(folder / "nowhere"))
    return [s for s in find_sensors(hardware, settings, device) if s.component == "gpu"]


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """The one GPU of a machine with the library zeus, which is not there where there is no GPU."""
    made = Board(5_000)
    names = ("zeus", "zeus.device", "zeus.device.exception", "zeus.device.gpu")
    found = {name: ModuleType(name) for name in names}
    found["zeus.device.exception"].ZeusBaseGPUError = LostError
    found["zeus.device.gpu"].get_gpus = lambda: SimpleNamespace(gpus=[made])
    for name, module in found.items():
        monkeypatch.setitem(sys.modules, name, module)
    return made


def test_a_gpu_is_read_only_by_runs_that_use_it(hardware, tmp_path, board) -> None:
    assert gpus(hardware, tmp_path, "cpu") == []
    (gpu,) = gpus(hardware, tmp_path, "cuda")
    start = gpu.read()
    board.millijoules += 2_500
    found = gpu.between(start, gpu.read())
    assert (found.sensor, found.method, found.energy_j) == ("nvml", "counter", 2.5)


def test_a_gpu_that_is_not_there_or_not_read_says_so(hardware, tmp_path, board) -> None:
    (gpu,) = gpus(hardware, tmp_path, "cuda:3")
    assert gpu.method == "absent"
    assert "NVML cannot read cuda:3" in gpu.between(None, None).reason
    board.millijoules = None
    (gpu,) = gpus(hardware, tmp_path, "cuda:0")
    assert gpu.between(None, None).reason == "NVML cannot read cuda:0: GPU is lost"


def test_a_gpu_without_its_library_says_what_to_install(hardware, tmp_path, monkeypatch) -> None:
    # None is what Python imports nothing from.
    monkeypatch.setitem(sys.modules, "zeus.device.exception", None)
    (gpu,) = gpus(hardware, tmp_path, "cuda")
    assert gpu.method == "absent"
    assert "install it with: pip install 'ecorec[gpu]'" in gpu.between(None, None).reason


def test_a_recording_stands_in_for_the_counters(hardware, tmp_path) -> None:
    file = tmp_path / "recording.json"
    recording = Recording(
        component="cpu", scope="machine", method="counter", at_s=(0, 100), energy_j=(0, 5000)
    )
    file.write_text(recording.model_dump_json())
    settings = SensorSettings(powercap=str(tmp_path / "nowhere"), replay=str(file))
    *_, replay = find_sensors(hardware, settings)
    assert methods([replay]) == [("replay", "cpu", "replayed")]
    outer_s = time.monotonic()
    start = replay.read()
    inner_s = time.monotonic()
    time.sleep(0.05)
    least_s = time.monotonic() - inner_s
    energy = replay.between(start, replay.read())
    assert 50 * least_s <= energy.energy_j <= 50 * (time.monotonic() - outer_s)


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read"), ("{}", "is no recording: component")]
)
def test_a_recording_that_is_none_is_refused(hardware, tmp_path, text, words: str) -> None:
    file = tmp_path / "recording.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=words):
        find_sensors(hardware, SensorSettings(replay=str(file)))


def test_what_is_read_is_told_apart_and_for_how_long_is_not(monkeypatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    plug, other = (SensorSettings(wall=WallSettings(command=f"plug {n}")) for n in "12")
    settings = [SensorSettings(), plug, other, SensorSettings(powercap="/tree")]
    found = [sensors_fingerprint(item, "cpu") for item in settings]
    found += [sensors_fingerprint(SensorSettings(), device) for device in ("cuda:0", "cuda:1")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,2")
    found.append(sensors_fingerprint(SensorSettings(), "cuda:0"))
    assert len(set(found)) == len(found)
    assert (
        sensors_fingerprint(SensorSettings(idle_s=2.0, codecarbon_every_s=5.0), "cpu") == found[0]
    )
