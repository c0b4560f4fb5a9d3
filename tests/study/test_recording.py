"""What a record says of itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecorec.study import recording
from ecorec.study.without_gpu import gpu_warnings
from tests.energy.test_reading import GPU, MODELLED, PACKAGE, WALL, energy, reading
from tests.study.test_study import run

RAM = energy("ram", "modelled", "process", 1)
GPU_MISSING = energy("gpu", "absent", "machine", None, reason="no zeus")


@pytest.mark.parametrize(
    ("parts", "warnings"),
    [
        ((MODELLED, RAM, GPU), ["the GPU's 200 J (counter) are not in the total"]),
        ((MODELLED, RAM, GPU_MISSING), ["the GPU was not read: its energy is not in the total"]),
        ((PACKAGE, GPU_MISSING), ["the GPU was not read: its energy is not in the total"]),
        ((MODELLED, PACKAGE, GPU), []),
        ((MODELLED, GPU, WALL), []),
        ((GPU,), []),  # nothing is counted, so that nothing passes for the whole
    ],
)
def test_a_total_without_the_gpu_says_so(parts, warnings: list[str]) -> None:
    found = gpu_warnings("cuda:1", reading(*parts))
    assert [text.startswith(start) for text, start in zip(found, warnings, strict=True)] == (
        [True] * len(warnings)
    )
    assert gpu_warnings("cpu", reading(*parts)) == ()


def test_the_record_of_a_gpu_run_has_the_warning(tmp_path: Path, monkeypatch) -> None:
    write_run = recording.write_run

    def as_on_gpu(under_way, *more, total, **words):
        """Write what a GPU without the machine's counters would leave."""
        measurement = under_way.job.measurement.model_copy(update={"device": "cuda"})
        under_way.job = replace(under_way.job, measurement=measurement)
        seen = total.model_copy(update={"components": (*total.components, GPU)})
        write_run(under_way, *more, total=seen, **words)

    monkeypatch.setattr(recording, "write_run", as_on_gpu)
    study, _ = run(tmp_path / "s", models=("itemknn",))
    (record,) = study.records
    assert record.lacks_gpu
    assert any(text.startswith("the GPU's 200 J") for text in record.total.warnings)
