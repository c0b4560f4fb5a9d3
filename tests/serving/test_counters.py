"""A counter that stands still is found out before indices, servers or loads are billed by it."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ecorec.energy import detect
from ecorec.energy.reading import Reading
from ecorec.serving.load.pinning import Pinning
from ecorec.serving.load.settings import LoadSettings
from ecorec.study.index import index_run
from ecorec.study.stress import stress_run
from tests.cli.invoke import ecorec
from tests.serving.conftest import Trained
from tests.study.executors.small_study import stuck  # noqa: F401

pytestmark = pytest.mark.xdist_group("serving")


@pytest.fixture(autouse=True)
def _counts_nothing(stuck: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Let this machine have a processor whose counter never moves."""
    settings = partial(detect.SensorSettings, powercap=str(stuck))
    monkeypatch.setattr(detect, "SensorSettings", settings)
    monkeypatch.setattr("ecorec.study.stress.choose_cpus", lambda: Pinning(None, None))


def refused(reading: Reading) -> bool:
    reasons = [item.reason for item in reading.components if item.reason]
    assert "counter" not in {item.method for item in reading.counted}
    return any("failed its self-test: 0.0 W busy" in reason for reason in reasons)


def test_an_index_is_not_billed_by_it(runs: dict[str, Trained], tmp_path: Path) -> None:
    _, manifest = index_run(runs["popularity"].folder, "exact", out=tmp_path / "exact")
    assert manifest.build is not None
    assert refused(manifest.build)
    assert manifest.build.energy_j


def test_a_load_is_not_billed_by_it(runs: dict[str, Trained]) -> None:
    run = runs["popularity"].folder
    settings = LoadSettings(window_s=0.3, ramp_s=0.05)
    _, record = stress_run(run, "exact", settings, http=False)
    assert all(refused(item.reading) for item in record.direct)


def test_a_server_is_not_billed_by_it(
    runs: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []

    def answer_once(app: Any, listening: Any) -> None:
        with listening:
            texts.append(app.state.service.telemetry.exposition().decode())

    monkeypatch.setattr("ecorec.serving.process.serve_until_stopped", answer_once)
    done = ecorec("serve", str(runs["popularity"].folder), "--port", "0")
    assert done.returncode == 0, done.stderr
    assert 'ecorec_energy_joules_total{component="cpu",method="' in texts[0]
    assert 'method="counter"' not in texts[0]
