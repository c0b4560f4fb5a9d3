"""Files that options name are looked at before anything is measured or read."""

from pathlib import Path

import pytest

from tests.cli.invoke import ecorec

PLACES = [
    ("doctor --calibrate {}", "--calibrate", "rates.json"),
    ("doctor --record {}", "--record", "counter.json"),
    ("paper tables --figure {}", "--figure", "figure.svg"),
    ("paper curve no-study --figure {}", "--figure", "figure.svg"),
    ("export no-study --format codecarbon --out {}", "--out", "emissions.csv"),
]


@pytest.mark.parametrize(("words", "option", "name"), PLACES)
def test_a_file_in_a_folder_that_is_not_there_is_refused_first(
    words: str, option: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*_: object) -> None:
        raise AssertionError("measured before the file was looked at")

    monkeypatch.setattr("ecorec.planning.calibration.calibrate", measured)
    monkeypatch.setattr("ecorec.energy.detect.find_sensors", measured)
    done = ecorec(*words.format(f"nosuch/{name}").split(), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: {option} nosuch/{name} cannot be written: there is no folder nosuch",
        "hint: give a file in a folder that exists",
    ]


def test_a_folder_is_not_a_file_to_write(tmp_path: Path) -> None:
    done = ecorec("doctor", "--calibrate", str(tmp_path))
    assert done.returncode == 2
    assert f"--calibrate {tmp_path} is a folder" in done.stderr
