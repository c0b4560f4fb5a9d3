import re
import shutil
from pathlib import Path

import pytest

from ecorec.energy.hardware import (
    ASSUMED_WATTS,
    describe_machine,
    watts_of,
)
from ecorec.energy.processor import Processor, cpu_name, describe_processor
from ecorec.energy.rated_power import rated_power


def test_the_machine_is_the_same_twice_and_its_identity_is_hidden() -> None:
    first, second = describe_machine(), describe_machine()
    assert first == second
    assert re.fullmatch("[0-9a-f]{12}", first.machine_id)
    assert re.fullmatch("[0-9a-f]{12}", first.boot_id)
    path = Path("/etc/machine-id")
    if path.exists() and path.read_text().strip():
        assert first.machine_id not in path.read_text()


def test_memory_and_cpus_agree_with_the_kernel() -> None:
    machine = describe_machine()
    meminfo = Path("/proc/meminfo").read_text()
    assert machine.memory_bytes == int(meminfo.split()[1]) * 1024
    assert machine.n_cpus == Path("/proc/cpuinfo").read_text().count("\nprocessor") + 1


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a kernel tells of two packages, each of two cores with two threads."""
    cpu, info = tmp_path / "cpu0", tmp_path / "cpuinfo"
    threads = [
        f"processor : {n}\nmodel name : Some  CPU\nphysical id : {n // 4}\ncore id : {n % 2}\n"
        for n in range(8)
    ]
    info.write_text("\n".join(threads))
    files = {
        "cache/index0/level": "1", "cache/index0/type": "Data", "cache/index0/size": "32K",
        "cache/index1/level": "1", "cache/index1/type": "Instruction", "cache/index1/size": "64K",
        "cache/index2/level": "2", "cache/index2/type": "Unified", "cache/index2/size": "1M",
        "cpufreq/scaling_governor": "powersave", "cpufreq/cpuinfo_max_freq": "3500000",
    }  # fmt: skip
    for name, text in files.items():
        (cpu / name).parent.mkdir(parents=True, exist_ok=True)
        (cpu / name).write_text(f"{text}\n")
    monkeypatch.setattr("ecorec.energy.processor._CPUINFO", info)
    monkeypatch.setattr("ecorec.energy.processor._CPU", cpu)
    return tmp_path


def test_a_processor_as_its_kernel_tells_of_it(tree: Path) -> None:
    assert describe_processor() == Processor(
        cores=4,
        packages=2,
        caches={"L1d": 32 * 2**10, "L1i": 64 * 2**10, "L2": 2**20},
        governor="powersave",
        max_mhz=3500.0,
    )
    assert cpu_name() == "Some CPU"
    assert describe_machine().cpu == "Some CPU"


def test_what_a_kernel_does_not_tell_is_none_rather_than_a_guess(tree: Path) -> None:
    (tree / "cpuinfo").write_text("processor : 0\nmodel name : Some CPU\n")
    shutil.rmtree(tree / "cpu0")
    assert describe_processor() == Processor()


def test_cores_and_caches_agree_with_this_kernel() -> None:
    processor = describe_machine().processor
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    told = [[line.split(":")[1] for line in lines if line.startswith(key)]
            for key in ("physical id", "core id")]  # fmt: skip
    assert processor.cores == (len(set(zip(*told, strict=True))) or None)
    folder = Path("/sys/devices/system/cpu/cpu0/cache")
    sizes = [(index / "size").read_text().strip() for index in folder.glob("index*")]
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    assert {int(size[:-1]) * units[size[-1]] for size in sizes} == set(processor.caches.values())


@pytest.mark.parametrize(
    ("name", "watts"),
    [
        ("AMD EPYC 7763 64-Core Processor", 280.0),
        ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 120.0),
        ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", 125.0),
        ("12th Gen Intel(R) Core(TM) i7-12700K", 190.0),
        ("AMD Ryzen 7 4800H with Radeon Graphics", 45.0),
        ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", 15.0),
        ("AMD EPYC", None),
        ("AMD EPYC Processor", None),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", None),
        ("Intel Celeron 1000A", None),  # its cell holds `27.29.5`
        ("Intel Atom E665CT", None),  # listed with 3.6 W and with 7 W
        ("", None),
    ],
)
def test_rated_power_is_of_the_whole_name_or_none(name: str, watts: float | None) -> None:
    assert rated_power(name) == watts


def test_a_recognised_processor_shares_its_rating_among_its_threads() -> None:
    watts, source, method = watts_of("AMD EPYC 7763 64-Core Processor", 128, 1, False)
    assert watts == (280 / 128 / 2, 280 / 128, 280 / 128 * 2)
    assert method == "modelled"
    assert source.startswith("rated 280 W over 128 threads (table of codecarbon 3.")


def test_two_sockets_have_the_rating_twice() -> None:
    one, _, _ = watts_of("AMD EPYC 7763 64-Core Processor", 128, 1, False)
    two, source, _ = watts_of("AMD EPYC 7763 64-Core Processor", 256, 2, False)
    assert two == one
    assert source.startswith("rated 2 x 280 W over 256 threads")


def test_a_slice_of_a_recognised_processor_is_assumed() -> None:
    # Two of 48 threads: the rating divided by what is seen would be 105 W for each.
    name = "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz"
    watts, source, method = watts_of(name, 2, 1, True)
    assert (watts, method) == (ASSUMED_WATTS, "assumed")
    assert "is rated 210 W, but a virtual machine does not tell how many threads" in source
    watts, source, method = watts_of(name, 2, 1, None)
    assert (watts, method) == (ASSUMED_WATTS, "assumed")
    assert "cannot be shared by the 2 threads seen here" in source


def test_an_unknown_processor_is_assumed() -> None:
    found = watts_of("AMD EPYC", 2, 1, True)
    assert found == ((3.0, 6.0, 9.0), "processor name `AMD EPYC` matches no rated part", "assumed")


def test_the_users_watts_override() -> None:
    machine = describe_machine((1.0, 2.0, 4.0))
    assert machine.watts_per_cpu == (1.0, 2.0, 4.0)
    assert (machine.watts_source, machine.watts_method) == ("--watts-per-cpu", "assumed")
