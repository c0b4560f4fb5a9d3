"""The program as people meet it: fast help, readable errors, rows that can be piped."""

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from ecorec.cli.main import app
from ecorec.cli.run_and_report import which_to_deploy
from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec
from tests.conftest import ROOT

DATA = "synthetic:block?users=120&items=80&per_user=15"
pytestmark = pytest.mark.xdist_group("cli")


def as_a_process(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ecorec", *words], capture_output=True, text=True, cwd=cwd
    )


def test_help_comes_at_once_and_the_package_does_not_import_torch() -> None:
    # CPU seconds, which other programs on the machine hardly change; half a second is the promise.
    # Importing torch alone takes more than one.
    assert min(_cpu_s_of_help() for _ in range(3)) < 0.5
    script = "import ecorec, sys; print('torch' in sys.modules, 'numba' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert out.stdout.split() == ["False", "False"]


def _cpu_s_of_help() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert as_a_process("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


COMMANDS = [
    f"{name} {below}".strip()
    for name, command in get_command(app).commands.items()
    for below in getattr(command, "commands", [""])
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_a_place_in_the_docs(command: str) -> None:
    result = ecorec(*command.split(), "--help")
    assert result.returncode == 0
    assert f"Example: ecorec {command}" in " ".join(result.stdout.split())
    assert f"ecorec {command}" in (ROOT / "docs" / "reference" / "commands.md").read_text()


def test_the_defaults_are_in_the_help() -> None:
    text = " ".join(ecorec("run", "--help").stdout.split())
    for words in ("[default: ratio]", "[default: recommended]", "[default: 30]", "default: 10,100"):
        assert words in text


@pytest.mark.parametrize("command", ["run", "forecast"])
def test_the_help_names_the_models_that_are_run_when_none_is_named(command: str) -> None:
    from ecorec.study.settings import StudySettings

    text = " ".join(ecorec(command, "--help").stdout.split())
    assert f"`ecorec models` [default: {', '.join(StudySettings().models)}]" in text


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("run --models lightgnc", "no model is called `lightgnc`", "`lightgcn`"),
        ("run --datasets movietweet", "no data set is called `movietweet`", "`movietweetings`"),
        ("run --metric ndgc@10", "no metric is called `ndgc`", "`ndcg`"),
        ("run --country Itly", "no country is called `Itly`", "`Italy`"),
        ("run --set foo=1", "no setting is called `foo`", "ecorec models"),
        ("run --set foo", "`foo` is no setting", "key=value"),
        ("run --embedding-sizes 0", "error: --embedding-sizes 0 is out of range: whole", "ecorec"),
        (
            "run --epochs 0",
            "error: --epochs 0 is out of range: whole numbers from 1 up",
            "`ecorec run",
        ),
        ("run --epochs 1,ten", "error: --epochs ten is no whole number", "`ecorec run --help`"),
        ("run --pue x", "--pue x is no number", "ecorec run --help"),
        ("run --pue 0.5", "--pue 0.5 is out of range: numbers from 1 up", "`ecorec run --help`"),
        ("run --workers 1.5", "error: --workers 1.5 is no whole number", "ecorec run --help"),
        ("serve x --port 99999", "--port 99999 is out of range: whole numbers up to 6", "--help"),
        (
            "results x --format xml",
            "--format xml: there are table, csv, json, md",
            "ecorec results",
        ),
        ("run --k-core ten", "--k-core ten is no whole number", "ecorec run --help"),
        (
            "run --split rato",
            "--split rato: there are ratio, ratio-by-time,",
            "`ecorec run --help`",
        ),
        (
            "tune x.csv --models ease --epochs 0",
            "error: --epochs 0 is out of range",
            "`ecorec tune",
        ),
        ("run --set learning_rate=-1", "learning_rate = `-1`", "`ecorec run --help`"),
        ("run --set lightgcn.n_layers=-1", "n_layers = `-1`", "`ecorec models lightgcn`"),
        (
            "tune my.csv --models ease --trials 0",
            "--trials 0 is out of range",
            "`ecorec tune --help`",
        ),
        ("stress nowhere --k 0", "k = `0`", "`ecorec stress --help`"),
        ("stress nowhere --seed -1", "seed = `-1` is out of range: whole", "ecorec stress --help"),
        ("stress nowhere --window-s inf", "window_s = `inf` is no finite", "ecorec stress --help"),
        (
            "stress nowhere --requests-per-day -1",
            "--requests-per-day -1 is not above zero",
            "e.g. --requests-per-day 10000",
        ),
        ("choose nowhere --days inf", "--days inf is no finite number", "e.g. --days 30"),
        ("paper tables --rated-w -1", "--rated-w -1 is not above zero", "e.g. --rated-w 85"),
        (
            "paper tables --intensity-g-per-kwh nan",
            "--intensity-g-per-kwh nan is not above zero",
            "e.g. --intensity-g-per-kwh 300",
        ),
        (
            "break-even x y --load 500",
            "--load 500 is out of range: numbers up to 100",
            "ecorec break-even --help",
        ),
        ("results x --reach 15", "--reach 15 is out of range: numbers up to 1", "ecorec results"),
        ("compare x y --reach nan", "--reach nan is out of range", "ecorec compare --help"),
        (
            "doctor --record counter.json --seconds -1 --wall-command x",
            "--seconds -1 is out of range: numbers from 1 up",
            "ecorec doctor --help",
        ),
        (
            "doctor --record counter.json --seconds inf",
            "--seconds inf is out of range: numbers up to 86400",
            "ecorec doctor --help",
        ),
        (
            "doctor --calibrate here.json --threads -2",
            "--threads -2 is out of range: whole numbers from 1 up",
            "ecorec doctor --help",
        ),
        ("run --seeds 1,-1", "--seeds -1 is out of range: whole numbers from 0", "ecorec run"),
        ("run --split-seed -1", "--split-seed -1 is out of range: whole numbers", "ecorec run"),
        ("run --cooldown-s inf", "--cooldown-s inf is no finite number", "`ecorec run --help`"),
        ("run --country ITA --pue inf", "--pue inf is no finite number", "`ecorec run --help`"),
        ("serve nowhere --max-k 0", "max_k = `0`", "`ecorec serve --help`"),
        ("run nowhere.csv", "nowhere.csv does not exist", "path of a file"),
        (
            "run my.csv --datasets ml-1m",
            "my.csv and --datasets ml-1m both name data",
            "--datasets my.csv,ml-1m",
        ),
        ("run quickstrat", "no study or data set is called `quickstrat`", "quickstart"),
        (
            "run --topk 50000 --models popularity",
            "K = 50000 is larger than the catalogue",
            "--topk",
        ),
        ("run --budget 5bananas", "`5bananas` is no budget", "--budget 200kJ"),
        ("run --budget 50g", "where the electricity comes from", "--country"),
        ("run --stop-when never-mind", "is no stopping rule", "gain<0.15% per 10%"),
        ("forecast --models lightgnc", "no model is called `lightgnc`", "`lightgcn`"),
        ("run --watts-per-cpu x", "--watts-per-cpu `x`", "3,6,9"),
        ("run --models popularity --memory-map typo", "--memory-map typo: there is no", "mkdir"),
        ("run --out /proc/nowhere --models popularity", "cannot be written", "write to"),
        ("results nowhere", "nowhere holds no study", "--out"),
        ("report nowhere", "nowhere holds no study", "--out"),
        (
            "stress nowhere --requests-per-day 10000",
            "there is no --compare",
            "--compare exact,int8",
        ),
        ("recommend nowhere --user 1", "nowhere holds no run: it has no record.json", "OUT/runs/"),
        ("models lightgnc", "no model is called `lightgnc`", "lightgcn"),
        (
            "run --embeding-sizes 8",
            "`ecorec run` has no option `--embeding-sizes`",
            "`--embedding-",
        ),
        ("rnu", "no such command 'rnu'", "ecorec --help"),
        ("run --models", "option '--models' requires an argument", "--help"),
        ("recommend nowhere", "missing option '--user'", "ecorec recommend --help"),
        ("results", "missing argument 'folder'", "ecorec results --help"),
        ("data show movietweet", "no data set is called `movietweet`", "movietweetings"),
    ],
)
def test_mistakes_get_one_line_a_hint_and_exit_code_2(words, error, hint, tmp_path) -> None:
    result = ecorec(*shlex.split(words), cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    lines = result.stderr.strip().splitlines()
    assert lines[0].startswith("error: ")
    assert error in lines[0]
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]
    assert len(lines) == 2
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "study"
    result = as_a_process(
        "run", "--datasets", DATA, "--models", "itemknn,lightgcn", "--embedding-sizes", "8",
        "--epochs", "3", "--topk", "5,10", "--metric", "ndcg@5", "--country", "ITA",
        "--out", str(out),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "Verdict: " in result.stdout
    assert (out / "report.html").exists()
    return out


def test_rows_can_be_piped(study: Path) -> None:
    rows = json.loads(ecorec("results", str(study), "--format", "json").stdout)
    assert [row["model"] for row in rows] == ["itemknn", "lightgcn"]
    for row in rows:
        assert row["energy_low_j"] < row["energy_j"] < row["energy_high_j"]
        assert row["energy_method"] in ("modelled", "assumed")
        assert row["emissions_g"] > 0
        assert row["codecarbon_energy_j"] > 0
    csv = ecorec("results", str(study), "--format", "csv", "--columns", "model,ndcg@5").stdout
    assert csv.splitlines()[0] == "model,ndcg@5"
    assert csv.splitlines()[1] == f"itemknn,{rows[0]['ndcg@5']}"
    table = ecorec("results", str(study), "--format", "md").stdout.splitlines()
    assert len({line.count("|") for line in table}) == 1
    wrong = ecorec("results", str(study), "--format", "csv", "--columns", "modl")
    assert (wrong.returncode, "no column is called `modl`" in wrong.stderr) == (2, True)


def test_a_forecast_takes_the_options_of_a_run_and_writes_nothing(study: Path, tmp_path) -> None:
    words = ["--datasets", DATA, "--models", "itemknn,lightgcn", "--embedding-sizes", "8",
             "--epochs", "3", "--topk", "5,10", "--metric", "ndcg@5",
             "--country", "ITA"]  # fmt: skip
    out = ecorec("forecast", *words, cwd=tmp_path)
    assert out.returncode == 0, out.stderr
    assert "lightgcn d=8 " in out.stdout
    assert "CO2-eq" in out.stdout
    assert max(map(len, out.stdout.splitlines())) <= 100
    told = json.loads(ecorec("forecast", *words, "--format", "json", cwd=tmp_path).stdout)
    assert [item["epochs"] for item in told["jobs"]] == [None, 3]
    low, central, high = told["energy_j"]
    assert 0 < low < central < high
    assert told["sensors_range_j"][0] < central < told["sensors_range_j"][1]
    assert list(tmp_path.iterdir()) == []
    done = ecorec("forecast", *words, "--out", str(study), cwd=tmp_path)
    assert "every run is in the folder already" in done.stdout


def test_a_budget_ends_well_and_says_what_is_left(tmp_path: Path) -> None:
    words = ["run", "--datasets", DATA, "--models", "lightgcn", "--embedding-sizes", "8",
             "--epochs", "3", "--topk", "5,10", "--out", "s", "--budget"]  # fmt: skip
    none = ecorec(*words, "0.001J", cwd=tmp_path)
    assert none.returncode == 0, none.stderr
    assert "lightgcn d=8 seed 1: not run" in none.stderr
    assert "larger --budget" in none.stderr
    enough = ecorec(*words, "1MJ", cwd=tmp_path)
    assert enough.returncode == 0, enough.stderr
    assert "Forecast for 1 training: at most" in enough.stderr
    assert "of 1 MJ were spent" in enough.stdout
    rows = json.loads(ecorec("results", "s", "--format", "json", cwd=tmp_path).stdout)
    assert [row["epochs"] for row in rows] == [3]


def test_a_run_recommends(study: Path) -> None:
    whole = load_dataset(DATA, DataSettings()).interactions
    n_items = int((whole.user_ids[whole.users] == "u3").sum())
    rows = json.loads(ecorec("results", str(study), "--format", "json").stdout)
    for row in rows:
        out = ecorec("recommend", str(study / "runs" / row["run_id"]), "--user", "u3", "--k", "4")
        assert out.returncode == 0, out.stderr
        head, history, *items = out.stdout.splitlines()
        assert head == f"user u3 · {row['model']} · {DATA}"
        words = history.removeprefix("history (").partition("): ")
        # A tenth of the interactions is held out for the test, and one of them at least.
        assert int(words[0]) == len(words[2].split(", ")) == n_items - max(1, n_items // 10)
        assert [int(item.split()[0]) for item in items] == [1, 2, 3, 4]
        assert not {item.split()[1] for item in items} & {*words[2].split(", ")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "word", "code"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "stopped", 143)],
)
def test_what_is_stopped_keeps_what_is_finished_and_says_how_to_go_on(
    number: signal.Signals, word: str, code: int, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    words = ["run", "--datasets", DATA, "--models", "itemknn,lightgcn", "--embedding-sizes", "8",
             "--epochs", "100000", "--checkpoint-every", "1", "--topk", "5,10",
             "--out", str(out)]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "ecorec", *words], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 300
        while not [*out.glob("states/*/account.json")] or not [*out.glob("runs/[0-9a-f]*")]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == code, errors
    said, goes_on, hint = errors.splitlines()[-3:]
    assert said == f"{word}: finished runs are kept in {out}"
    assert re.fullmatch(r"the training that was under way goes on after epoch [1-9]\d*", goes_on)
    assert hint == "hint: the same command again runs what is missing"
    assert len(list(out.glob("runs/[0-9a-f]*/record.json"))) == 1
    assert not list(out.glob("runs/.unfinished-*"))


@pytest.mark.slow
def test_ones_own_file_end_to_end(tmp_path: Path) -> None:
    lines = [f"c{u},s{(u * 7 + k * (1 + u % 2)) % 60:02d},2024-01-{k + 1:02d}"
             for u in range(80) for k in range(12)]  # fmt: skip
    (tmp_path / "orders.csv").write_text("customer,sku,ordered_at\n" + "\n".join(lines) + "\n")
    result = as_a_process("run", "orders.csv", "--models", "popularity,itemknn", "--topk", "10",
                          "--split", "leave-one-out", cwd=tmp_path)  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "columns customer, sku, ordered_at -> user, item, timestamp" in result.stderr
    assert (tmp_path / "ecorec-orders" / "report.html").exists()
    imported = ecorec("data", "import", "orders.csv", "--out", "o.parquet", cwd=tmp_path)
    assert "960 interactions of 80 users" in imported.stdout
    shown = ecorec("data", "show", "o.parquet", "--format", "json", cwd=tmp_path)
    assert json.loads(shown.stdout)["n_interactions"] == 960


def test_the_bundled_study_is_what_the_documents_say() -> None:
    from ecorec.study.plan import plan
    from ecorec.study.settings import StudySettings
    from ecorec.study.study_file import read_study_file

    file = ROOT / "src" / "ecorec" / "study" / "quickstart.toml"
    jobs = plan(StudySettings.parse(read_study_file(file), "quickstart"), threads=2)
    runs = [job.longest for job in jobs]
    assert [run.model for run in runs[:2]] == ["popularity", "itemknn"]
    for model in ("ngcf", "lightgcn", "simgcl", "lightgcl"):
        found = sorted(
            (r.model_settings["embedding_size"], r.seed) for r in runs if r.model == model
        )
        assert found == [(32, 1), (64, 1), (64, 2), (64, 3), (128, 1), (256, 1)]
    assert all(run.data.k_core == 10 for run in runs)


def test_models_and_their_settings_are_in_the_docs() -> None:
    from ecorec.models.catalogue import MODELS

    page = (ROOT / "docs" / "reference" / "models.md").read_text()
    for entry in MODELS.values():
        assert f"| `{entry.name}` | {entry.kind} | {entry.idea} |" in page
        shown = CliRunner().invoke(app, ["models", entry.name]).stdout
        for field in entry.config.model_fields:
            assert f"  {field} " in shown


def test_the_python_example_of_the_readme_runs(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    code = readme.split("```python\n")[1].split("```")[0]
    small = code.replace("movietweetings", "synthetic:block?users=150&items=150")
    script = tmp_path / "example.py"
    script.write_text(small)
    result = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert "Verdict: " in result.stdout


def test_a_study_where_a_run_is_asked_for_says_how_to_find_one(tmp_path: Path) -> None:
    (tmp_path / "s" / "runs").mkdir(parents=True)
    (tmp_path / "s" / "study.json").write_text("{}")
    result = ecorec("recommend", "s", "--user", "1", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: s is a study, not one of its runs",
        "hint: which to take: ecorec choose s",
    ]


@pytest.mark.parametrize(
    ("data", "then"),
    [
        ("synthetic:block?users=60", "Which to deploy: ecorec choose 'my study'"),
        ("movietweetings", "Again, with your own file: ecorec run my.csv"),
    ],
)
def test_what_to_do_next(data: str, then: str, tmp_path: Path) -> None:
    words = ("--datasets", data, "--models", "popularity", "--out", "my study")
    result = ecorec("run", *words, cwd=tmp_path)
    assert result.returncode == 0
    last = result.stderr.splitlines()[-1]
    # This machine may be busy, and then the option without which `choose` refuses comes after it.
    said = last.removesuffix(" --with-contaminated")
    assert said.endswith(f"Report: my study/report.html     {then}")


def test_what_to_do_next_where_all_ran_beside_other_work(tmp_path: Path) -> None:
    beside = Plan("itemknn", None, foreign_share=0.4)
    every = synthesise([beside]).study(tmp_path / "my study")
    command = which_to_deploy(every).partition("ecorec ")[2]
    assert command.endswith("choose '" + str(every.path) + "' --with-contaminated")
    assert ecorec(*shlex.split(command)).returncode == 0
    some = synthesise([beside, Plan("popularity", None)]).study(tmp_path / "b")
    assert which_to_deploy(some).endswith(f"choose {some.path}")
