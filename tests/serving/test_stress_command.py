"""`ecorec stress` as a person calls it, on trained runs: without HTTP, and over a real server."""

import re

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.stress import stress
from ecorec.errors import EcorecError, InputError
from ecorec.serving.energy import of_direct, of_refresh
from ecorec.serving.limits import Limits
from ecorec.serving.load.pinning import Pinning
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.target import Target
from ecorec.serving.store import read_serving
from ecorec.study.stress import limits_for
from ecorec.units import format_energy
from tests.serving.conftest import Trained

app = typer.Typer()
app.command()(stress)


@pytest.fixture(autouse=True)
def _not_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the CPU to whoever has it: other tests may be on the one that would be taken."""
    monkeypatch.setattr("ecorec.study.stress.choose_cpus", lambda: Pinning(None, None))


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_index_alone(runs: dict[str, Trained]) -> None:
    run = runs["lightgcn"].folder
    before = (run / "record.json").read_bytes()
    text = call(str(run), "--no-http", "--window-s", "0.6")
    (record,) = read_serving(run)
    assert (record.index.kind, record.index.recall) == ("exact", 1.0)
    assert record.steps == ()
    assert record.saturation is None
    one, many = record.direct
    assert (one.block, many.block) == (1, 64)
    # Blocks of constant shape share a product: a list in one costs a fraction of a single one.
    assert of_direct(many).central_j < 0.7 * of_direct(one).central_j
    assert record.refresh.n_users == len(runs["lightgcn"].everyone)
    low, central, high = of_refresh(record.refresh)
    assert low < central < high
    assert re.search(r"blocks of 1 +[\d,]+ ", text)
    assert f"{of_direct(one).central_j:.3g} (" in text
    assert "Boundary: server process" in text
    # What was measured is new, and nothing else is touched.
    assert (run / "record.json").read_bytes() == before


def test_kinds_side_by_side(runs: dict[str, Trained]) -> None:
    run = runs["bpr-mf"].folder
    text = call(
        str(run), "--no-http", "--window-s", "0.6", "--compare", "exact,lists",
        "--requests-per-day", "1000", "--retrain-every", "2d",
    )  # fmt: skip
    exact, lists = sorted(read_serving(run), key=lambda record: record.index.kind)
    joules = [of_direct(record.direct[0]).central_j for record in (exact, lists)]
    # A stored list is looked up: a hundredth of scoring a thousand items would be a lot.
    assert joules[1] < 0.2 * joules[0]
    assert lists.index.build.energy_j > exact.index.build.energy_j
    assert re.search(r"recall@10 +1\.0000 +1\.0000", text)
    build = joules[1] + 1000 * lists.index.build.energy_j / 2000
    assert "With the build spread over 2 k recommendations" in text
    last = next(line for line in text.splitlines() if line.startswith("build and serving"))
    assert last.endswith(format_energy(build))
    assert {path.name for path in (run / "serving").glob("comparison.*")} == {
        "comparison.png",
        "comparison.svg",
    }
    assert max(map(len, text.splitlines())) <= 100


def test_over_http(runs: dict[str, Trained]) -> None:
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    run = runs["itemknn"].folder
    # Lists longer than a server allows, where nobody says otherwise.
    longer = str(Limits().max_k + 1)
    text = call(str(run), "--window-s", "1", "--steps", "30", "--users", "skewed", "--k", longer)
    (record,) = read_serving(run)
    (step,) = record.steps
    assert record.index.kind == "sparse"
    assert step.n_errors == 0
    assert step.offered_per_s == pytest.approx(0.3 * record.saturation.requests_per_s)
    assert step.server.cpu_s > 0
    assert step.client.cpu_s > 0
    # The server's process holds more than the client's, and its joules are its own.
    assert {part.sensor for part in step.client.counted} <= {"cpu-time", "resident-memory"}
    assert 0 < step.latency.p50_s <= step.latency.p99_s
    assert re.search(r"30 % +[\d,]+ ", text)


def test_more_lists_in_a_request_than_a_server_usually_allows(runs: dict[str, Trained]) -> None:
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    run, more = runs["popularity"].folder, Limits().max_batch + 1
    arguments = ("--window-s", "3", "--steps", "50", "--k", "1", "--users-per-request", str(more))
    before = read_serving(run)
    call(str(run), *arguments)
    (record,) = [record for record in read_serving(run) if record not in before]
    assert record.steps[0].n_requests > record.steps[0].n_errors == 0
    assert record.recommendations_per_s == more * record.saturation.requests_per_s


def test_a_server_is_started_with_limits_that_allow_what_is_asked() -> None:
    usual, users = Limits(), ("a", "日本", "c")
    assert limits_for(LoadSettings(), users).model_dump(exclude={"max_waiting"}) == (
        usual.model_dump(exclude={"max_waiting"})
    )
    settings = LoadSettings(k=1500, users_per_request=100_000, connections=3)
    found = limits_for(settings, users)
    assert (found.max_k, found.max_batch, found.max_waiting) == (1500, 100_000, 300_000)
    target = Target(host="h", port=1, user_ids=users, k=1500)
    assert len(target.request([1] * 100_000).partition(b"\r\n\r\n")[2]) == found.max_body_bytes


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--compare", "exact,int9"], InputError, "no kind of index is called `int9`"),
        (["--compare", "exact", "--kind", "int8"], InputError, "ask for different things"),
        (["--steps", "50,10"], InputError, "--steps `50,10` is not a list of ascending"),
        (["--users", "robots"], InputError, "users = `robots`"),
        (["--window-s", "0"], InputError, "window_s = `0.0`"),
        (["--no-http", "--k", "100000"], InputError, "k = 100000 is more than the catalogue"),
        (["--no-http", "--kind", "int8"], EcorecError, "has no index of kind `int8`"),
    ],
)
def test_mistakes(runs: dict[str, Trained], arguments: list[str], error, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(str(runs["itemknn"].folder), *arguments)


def test_without_the_extra_nothing_is_measured_before_it_is_said(
    runs: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs uvicorn, which is not installed") as caught:
        call(str(runs["itemknn"].folder))
    assert caught.value.hint == "pip install 'ecorec[serve]', or --no-http: the index alone"
