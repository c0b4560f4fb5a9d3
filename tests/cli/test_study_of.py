"""Studies as files and options state them: what is replaced is said, the rest is refused."""

import inspect
import math
import shlex
from pathlib import Path

import pytest

from ecorec.cli.run import run
from ecorec.cli.study_of import study_of
from ecorec.errors import InputError
from ecorec.study.settings import StudySettings
from tests.cli.invoke import ecorec

DATA = "synthetic:block?users=60&items=120&per_user=8"


def test_factors_that_every_section_replaces_are_named(tmp_path: Path) -> None:
    head = f'datasets = ["{DATA}"]\nmodels = ["itemknn", "lightgcn"]\nepochs = [1]\n'
    (tmp_path / "s.toml").write_text(head + '[[section]]\nmodels = ["popularity"]\n')
    told = ecorec("forecast", "s.toml", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stderr == (
        "`models = itemknn, lightgcn` stands above [[section]], is replaced in each, and not run\n"
    )
    others = '[[section]]\nmodels = ["popularity"]\n[[section]]\nseeds = [2]\n'
    (tmp_path / "s.toml").write_text(head.replace(', "lightgcn"', "") + others)
    assert ecorec("forecast", "s.toml", cwd=tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            "--models lightgcn --set simgcl.temperature=0.1",
            "--set simgcl.temperature: simgcl is not among --models lightgcn",
        ),
        (
            "--models lightgcn --vary simgcl.temperature=0.1,0.2",
            "--vary simgcl.temperature: simgcl is not among --models lightgcn",
        ),
        (
            "--vary embedding_size=8,16 --embedding-sizes 32",
            "--vary embedding_size and --embedding-sizes both name embedding_size",
        ),
        ("--set n_layers=1 --layers 2", "--set n_layers and --layers both name n_layers"),
        ("--vary k_core=2,5 --k-core 5", "--vary k_core and --k-core both name k_core"),
        ("--vary threads=1,2 --threads 1", "--vary threads and --threads both name threads"),
        ("--models ''", "--models names no model"),
        ("--models , --seeds 1", "--models names no model"),
        ("--seeds ''", "--seeds names no value"),
        ("''", "the name of the data set is empty"),
    ],
)
@pytest.mark.parametrize("command", ["run", "forecast"])
def test_contradictions_are_refused(command: str, words: str, error: str, tmp_path: Path) -> None:
    result = ecorec(command, *shlex.split(words), cwd=tmp_path)
    lines = result.stderr.splitlines()
    assert (result.returncode, lines[0]) == (2, f"error: {error}")
    assert lines[1].startswith("hint: ")
    assert list(tmp_path.iterdir()) == []


def test_of_a_file_that_sets_values_of_several_models_one_can_be_run(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'datasets = ["{DATA}"]\nset = {{ "simgcl.temperature" = 0.1 }}\n')
    told = ecorec("forecast", str(file), "--models", "popularity")
    assert (told.returncode, told.stderr) == (0, "")
    own = ["--models", "lightgcn", "--layers", "2", "--set", "lightgcn.n_layers=1"]
    assert ecorec("forecast", str(file), *own, "--epochs", "1").returncode == 0


DATA_BY_NAME = {
    "movietweetings": "ecorec-movietweetings",
    "synthetic:block": "ecorec-synthetic-block",
    "synthetic:checkerboard?users=30&items=20": "ecorec-synthetic-checkerboard-users-30-items-20",
    "synthetic:block?noise=0.1": "ecorec-synthetic-block-noise-0.1",
}


def asked_by(word: str) -> tuple[StudySettings, Path]:
    """Return what `ecorec run WORD` asks for."""
    return study_of(dict.fromkeys(inspect.signature(run).parameters) | {"study": word})


@pytest.mark.parametrize("name", DATA_BY_NAME)
def test_the_name_of_a_data_set_asks_for_what_a_file_does(name: str, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("user,item\n1,2\n")
    (by_name, folder), (by_file, _) = asked_by(name), asked_by(str(file))
    assert (by_name.name, by_name.datasets, str(folder)) == (name, (name,), DATA_BY_NAME[name])
    different = {"name", "datasets"}
    assert by_name.model_dump(exclude=different) == by_file.model_dump(exclude=different)


@pytest.mark.parametrize(
    "data", [*DATA_BY_NAME, "data/orders", "/data/orders/", "../2026.11/orders.csv.gz"]
)
def test_a_tuning_goes_where_a_run_of_the_same_data_would(data: str, tmp_path: Path) -> None:
    folder = asked_by(data)[1]
    assert folder.parent == Path()
    # Where it would go there is a file, which is said before the data are read.
    (tmp_path / f"{folder}-tuned").touch()
    told = ecorec("tune", data, "--models", "ease", cwd=tmp_path)
    assert told.stderr.splitlines()[0] == f"error: --out {folder}-tuned is a file"


def test_a_name_of_data_is_run(tmp_path: Path) -> None:
    done = ecorec("run", DATA, "--models", "popularity", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    assert folder.name == "ecorec-synthetic-block-users-60-items-120-per_user-8"
    assert len(list(folder.glob("runs/*/record.json"))) == 1


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("ml1m", "no study or data set is called `ml1m`", "or `ml-1m`?"),
        ("quickstrat", "no study or data set is called `quickstrat`", "did you mean `quickstart`?"),
        ("nothing", "no study or data set is called `nothing`", "`ecorec data list`"),
        ("synthetic:blok", "no synthetic data set is called `blok`", "did you mean `block`?"),
        (
            "ml-1m --datasets movietweetings",
            "ml-1m and --datasets movietweetings both name data",
            "ecorec run --datasets ml-1m,movietweetings",
        ),
    ],
)
@pytest.mark.parametrize("command", ["run", "forecast"])
def test_a_name_of_neither_study_nor_data(command, words, error, hint, tmp_path: Path) -> None:
    result = ecorec(command, *shlex.split(words), cwd=tmp_path)
    lines = result.stderr.splitlines()
    assert (result.returncode, lines[0]) == (2, f"error: {error}")
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]
    assert list(tmp_path.iterdir()) == []


def test_a_tuning_needs_a_model_and_data(tmp_path: Path) -> None:
    none = ecorec("tune", DATA, "--models", "", cwd=tmp_path)
    assert none.stderr.startswith("error: --models names no model\n")
    assert "the name of the data set is empty" in ecorec("data", "show", "").stderr


def test_what_a_preset_says_of_epochs_was_not_dropped_from_the_file() -> None:
    values = {"preset": "as-described", "section": [{"models": ["bpr-mf"], "epochs": [5]}]}
    assert StudySettings.parse(values, "the study").replaced_factors() == {}


@pytest.mark.parametrize(
    ("watts", "problem"),
    [
        ([9, 6, 3], ": low, central and high must ascend, from above 0"),
        ([-1, 0, 5], ": low, central and high must ascend, from above 0"),
        ([0, 0, 0], ": low, central and high must ascend, from above 0"),
        (6, " is no list"),
    ],
)
def test_watts_of_a_file_are_checked_as_those_of_the_option(watts, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        StudySettings.parse({"watts_per_cpu": watts}, "the study")
    assert caught.value.message == f"the study: watts_per_cpu = `{watts}`{problem}"
    assert caught.value.hint
    assert StudySettings(watts_per_cpu=(3, 6, 6)).watts_per_cpu == (3, 6, 6)


def test_watts_are_finite() -> None:
    with pytest.raises(InputError, match=r"watts_per_cpu\.2 = `inf` is no finite number"):
        StudySettings.parse({"watts_per_cpu": [3, 6, math.inf]}, "the study")


def test_a_word_where_a_file_needs_a_list_is_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('models = "lightgcn"\n')
    assert ecorec("run", "s.toml", cwd=tmp_path).stderr == (
        'error: the study: models = `lightgcn` is no list\nhint: write models = ["lightgcn"]\n'
    )
