"""The server over real HTTP: right lists, typed errors, limits, key, metrics."""

import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine
from ecorec.energy.meter import Meter
from ecorec.errors import InputError
from ecorec.serving.limits import Limits
from ecorec.serving.manifest import FILE
from ecorec.serving.process import listen
from ecorec.serving.storage import StoredIndex
from ecorec.study.index import index_run, open_index
from ecorec.study.serve import api_key, loader, ready_index
from tests.serving.conftest import Trained
from tests.serving.running import running

pytestmark = pytest.mark.xdist_group("serving")
LIMITS = Limits(max_k=50, max_batch=100, max_history=30, max_body_bytes=100_000)


@pytest.fixture(scope="module")
def stored(runs: dict[str, Trained]) -> StoredIndex:
    folder, _ = index_run(runs["lightgcn"].folder, "exact")
    return open_index(folder)


@pytest.fixture(scope="module")
def client(stored: StoredIndex) -> Iterator[httpx.Client]:
    meter = Meter(find_sensors(describe_machine()))
    with running(stored, limits=LIMITS, meter=meter) as client:
        yield client


class Stepped:
    """An index whose lists come once a test has done its part."""

    def __init__(self, index: Any, first: Callable[[], object]) -> None:
        self._index, self._first = index, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def top(self, *args: Any, **options: Any) -> Any:
        self._first()
        return self._index.top(*args, **options)


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end_s = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def named(stored: StoredIndex, items: np.ndarray) -> list[str]:
    return [stored.items[item] for item in items.tolist()]


def test_every_list_over_http_is_the_offline_list(
    client: httpx.Client, stored: StoredIndex, runs: dict[str, Trained]
) -> None:
    offline = runs["lightgcn"].offline(10)
    ids = stored.users.ids
    for start in range(0, len(ids), 100):
        answer = client.post("/recommendations", json={"users": ids[start : start + 100]}).json()
        assert answer["index_version"] == stored.manifest.version
        for at, found in enumerate(answer["recommendations"], start=start):
            assert found["user"] == ids[at]
            assert found["items"] == named(stored, offline[at])
    one = client.get(f"/recommendations/{ids[7]}?k=4").json()
    assert one["items"] == named(stored, offline[7][:4])
    _, scores = stored.index.top(np.array([7]), 4)
    assert one["scores"] == scores[0].tolist()


def test_seen_items_come_back_when_asked_for(
    client: httpx.Client, stored: StoredIndex, runs: dict[str, Trained]
) -> None:
    every, _ = stored.index.top(np.arange(50), 10, exclude_seen=False)
    seen = runs["lightgcn"].stored.held_out.seen
    user = max(range(50), key=lambda user: np.isin(every[user], seen.of(user)).sum())
    assert np.isin(every[user], seen.of(user)).any()
    answer = client.get(f"/recommendations/{stored.users[user]}?exclude_seen=false").json()
    assert answer["items"] == named(stored, every[user])


def test_histories_and_users_in_one_request(client: httpx.Client, stored: StoredIndex) -> None:
    history = np.array([5, 2, 9])
    expected, scores = stored.index.fold_in([history], 6)
    body = {
        "users": [stored.users[1]],
        "histories": [named(stored, history)],
        "k": 6,
    }
    first, second = client.post("/recommendations", json=body).json()["recommendations"]
    assert first["user"] == stored.users[1]
    assert second["user"] is None
    assert second["items"] == named(stored, expected[0])
    assert second["scores"] == scores[0].tolist()


def test_similar_items(client: httpx.Client, stored: StoredIndex) -> None:
    expected, _ = stored.index.similar(np.array([12]), 5)
    answer = client.get(f"/similar/{stored.items[12]}?k=5").json()
    assert answer["items"] == named(stored, expected[0])


MANY = [["0"]] * 101
BAD = [
    ("GET", "/recommendations/nobody", None, 404, "unknown_user", "`nobody`"),
    ("GET", "/recommendations/", None, 404, "unknown_user", "``"),
    ("GET", "/similar/nothing", None, 404, "unknown_item", "`nothing`"),
    ("GET", "/recommendations/USER?k=0", None, 422, "invalid_request", "k = `0` is out of range"),
    ("GET", "/recommendations/USER?k=-3", None, 422, "invalid_request", "k = `-3`"),
    ("GET", "/recommendations/USER?k=many", None, 422, "invalid_request", "k = `many` is"),
    ("GET", "/recommendations/USER?k=51", None, 422, "k_out_of_range", "k = 51: this server"),
    ("GET", "/similar/ITEM?k=51", None, 422, "k_out_of_range", "k = 51"),
    ("GET", "/recommendations/USER?exclude_seen=7", None, 422, "invalid_request", "exclude_seen"),
    ("GET", "/recommendations/USER?kk=2", None, 422, "invalid_request",
     "no parameter is called kk; there are k, exclude_seen"),
    ("GET", "/similar/ITEM?exclude_seen=1", None, 422, "invalid_request", "; there are k"),
    ("POST", "/recommendations?k=2", {"users": ["USER"]}, 422, "invalid_request", "the body has"),
    ("GET", "/nowhere", None, 404, "unknown_path", "GET /nowhere"),
    ("DELETE", "/recommendations/USER", None, 405, "method_not_allowed", "DELETE"),
    ("POST", "/recommendations", {}, 422, "empty_request", "neither"),
    ("POST", "/recommendations", {"users": ["nobody"]}, 404, "unknown_user", "`nobody`"),
    ("POST", "/recommendations", {"users": [7]}, 422, "invalid_request", "0 = `7` is no text"),
    ("POST", "/recommendations", {"user": ["7"]}, 422, "invalid_request", "`['7']` is not known"),
    ("POST", "/recommendations", {"users": ["USER"], "k": 0}, 422, "invalid_request", "k = `0`"),
    ("POST", "/recommendations", {"users": ["USER"], "k": 51}, 422, "k_out_of_range", "k = 51"),
    ("POST", "/recommendations", b'{"users": ["\\ud800"]}', 404, "unknown_user", "`\ud800`"),
    ("POST", "/recommendations", b'{"\\ud800": 1}', 422, "invalid_request", "\ud800"),
    ("POST", "/recommendations", {"histories": [[]]}, 422, "empty_history", "histories[0]"),
    ("POST", "/recommendations", {"histories": [["x"]]}, 404, "unknown_item", "`x`"),
    ("POST", "/recommendations", {"histories": MANY}, 413, "batch_too_large", "101 lists"),
    ("POST", "/recommendations", {"histories": [["0"] * 31]}, 413, "history_too_long", "31 items"),
    ("POST", "/recommendations", [1], 422, "invalid_request", "body"),
    ("POST", "/recommendations", b'{"users": ["1"', 400, "malformed_json", "no JSON"),
    ("POST", "/recommendations", b"\xff\xfe", 400, "", ""),
    ("POST", "/recommendations", b"[" * 50_000, 400, "", ""),
    ("POST", "/admin/swap", {"run_id": "../../etc"}, 422, "invalid_request", "run_id"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "kind", "words"), BAD)
def test_each_mistake_has_a_typed_answer(
    client: httpx.Client, stored: StoredIndex, method: str, path: str, body, status: int, kind: str,
    words: str,
) -> None:  # fmt: skip
    path = path.replace("USER", stored.users[0]).replace("ITEM", stored.items[0])
    content = body
    if body is not None and not isinstance(body, bytes):
        content = json.dumps(body).replace("USER", stored.users[0]).encode()
    headers = {"content-type": "application/json"} if content is not None else {}
    answer = client.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"type", "message", "hint"}
    assert words in error["message"]
    if kind:
        assert error["type"] == kind


def test_k_beyond_the_catalogue_names_the_catalogue(stored: StoredIndex) -> None:
    with running(stored, limits=Limits(max_k=5000)) as client:
        answer = client.get(f"/recommendations/{stored.users[0]}?k=1100")
        assert answer.status_code == 422
        assert answer.json()["error"]["message"] == "k = 1100: the catalogue has 1099 items"
        whole = client.get(f"/recommendations/{stored.users[0]}?k=1099")
        assert len(whole.json()["items"]) < 1099


def test_ten_megabytes_are_refused_with_and_without_a_length(client: httpx.Client) -> None:
    big = b"x" * 10_000_000

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(big), 50_000):
            yield big[start : start + 50_000]

    for content in (big, pieces()):
        answer = client.post("/recommendations", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["type"] == "body_too_large"
        assert "100,000" in answer.json()["error"]["message"]
    # What is just allowed gets as far as being read.
    headers = {"content-type": "application/json"}
    answer = client.post("/recommendations", content=b"{" + b" " * 99_999, headers=headers)
    assert answer.json()["error"]["type"] == "malformed_json"


def test_a_body_that_is_no_json_by_its_own_account(client: httpx.Client) -> None:
    answer = client.post("/recommendations", data={"users": "1"})
    assert answer.status_code == 415
    error = answer.json()["error"]
    assert error["message"] == "the body's content-type is `application/x-www-form-urlencoded`"
    assert "application/json" in error["hint"]


def test_a_body_that_does_not_arrive_is_given_up(stored: StoredIndex) -> None:
    with running(stored, limits=Limits(timeout_s=0.2)) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port)) as slow:
            slow.sendall(b"POST /recommendations HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            slow.settimeout(10)
            answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"type":"timeout"' in answer


def test_the_key_is_asked_for_and_health_is_not(stored: StoredIndex) -> None:
    path = f"/recommendations/{stored.users[0]}"
    with running(stored, api_key="a-secret") as client:
        for headers in ({}, {"x-api-key": "a-secreT"}, {"authorization": "Bearer no"},
                        {"authorization": "Basic a-secret"}, {"x-api-key": ""}):  # fmt: skip
            for method, asked in (("GET", path), ("GET", "/metrics"), ("POST", "/admin/swap"),
                                  ("GET", "/openapi.json"), ("GET", "/nowhere")):  # fmt: skip
                answer = client.request(method, asked, headers=headers)
                assert answer.status_code == 401
                assert answer.json()["error"]["type"] == "unauthorized"
                assert answer.headers["www-authenticate"] == "Bearer"
        for headers in ({"x-api-key": "a-secret"}, {"authorization": "bearer a-secret"}):
            assert client.get(path, headers=headers).status_code == 200
        for asked in ("/healthz", "/readyz"):
            assert client.get(asked).status_code == 200


def test_the_key_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECOREC_API_KEY", raising=False)
    assert api_key() is None
    monkeypatch.setenv("ECOREC_API_KEY", "a-secret")
    assert api_key() == "a-secret"
    monkeypatch.setenv("ECOREC_API_KEY", "")
    with pytest.raises(InputError, match="is set and empty"):
        api_key()


def value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return float(found.group(1))


def test_metrics_count_requests_and_joules_with_their_method(
    client: httpx.Client, stored: StoredIndex
) -> None:
    name = 'ecorec_requests_total{endpoint="GET /recommendations",status="404"}'
    client.get("/recommendations/nobody")
    first = client.get("/metrics").text
    for _ in range(3):
        client.get("/recommendations/nobody")
    second = client.get("/metrics").text
    assert value(second, name) - value(first, name) == 3
    assert 'ecorec_request_duration_seconds_bucket{endpoint="GET /recommendations",le="0.01"}' in (
        second
    )
    joules = re.findall(r'^ecorec_energy_joules_total\{.*method="(\w+)".*\} (\S+)$', second, re.M)
    assert joules
    assert all(method in ("assumed", "modelled", "counter") for method, _ in joules)
    earlier = re.findall(r'^ecorec_energy_joules_total\{.*method="(\w+)".*\} (\S+)$', first, re.M)
    assert sum(float(j) for _, j in joules) > sum(float(j) for _, j in earlier) > 0
    about = stored.manifest
    assert f'data_version="{about.fingerprint}"' in second
    assert f'index_version="{about.version}"' in second
    assert 'model="lightgcn"' in second


def test_methods_that_clients_make_up_are_counted_as_one(client: httpx.Client) -> None:
    def series() -> set[str]:
        found = re.findall(r'endpoint="([^"]+)",status', client.get("/metrics").text)
        return set(found)

    client.request("DELETE", "/healthz")
    before = series()
    for at in range(20):
        assert client.request(f"FOO{at}", "/healthz").status_code == 405
    assert series() == before | {"other"}
    assert "DELETE /healthz" in before


def test_the_pages_say_what_can_be_asked(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/recommendations/{user}", "/recommendations", "/similar/{item}", "/healthz",
            "/readyz", "/metrics", "/admin/swap"} <= set(paths)  # fmt: skip
    assert client.get("/docs").status_code == 200
    assert client.get("/readyz").json()["model"] == "lightgcn"


def test_requests_that_arrive_together_are_computed_together_and_right(
    client: httpx.Client, stored: StoredIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one list is computed, eight requests arrive, and go on asking side by side."""
    service = client.app.state.service
    computing = threading.Event()

    def wait_for_the_eight() -> None:
        if not computing.is_set():
            computing.set()
            wait_until(lambda: service.batcher._n_waiting == 8, seconds=20)

    stepped = Stepped(stored.index, wait_for_the_eight)
    monkeypatch.setattr(service.recommender, "index", stepped)
    users, expected = stored.users.ids[:160], stored.index.top(np.arange(160), 10)[0]
    wrong: list[str] = []

    def ask(part: int) -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as own:
            for at in range(part, 160, 8):
                k = 1 + at % 10
                items = own.get(f"/recommendations/{users[at]}?k={k}").json()["items"]
                if items != named(stored, expected[at][:k]):
                    wrong.append(users[at])

    def ask_once() -> None:
        answer = httpx.get(f"{client.base_url}/recommendations/{users[0]}?k=10", timeout=30)
        if answer.json()["items"] != named(stored, expected[0]):
            wrong.append(users[0])

    before = client.get("/metrics").text
    first = threading.Thread(target=ask_once)
    first.start()
    assert computing.wait(timeout=30)
    threads = [threading.Thread(target=ask, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in (first, *threads):
        thread.join()
    after = client.get("/metrics").text
    assert not wrong
    lists, blocks = (
        value(after, name) - value(before, name)
        for name in ("ecorec_block_lists_sum", "ecorec_block_lists_count")
    )
    assert lists == 161
    assert blocks <= 161 - 7  # the eight that waited are one block


def test_swaps_drop_no_request_and_mix_no_lists(runs: dict[str, Trained]) -> None:
    one, other = (runs[name] for name in ("lightgcn", "bpr-mf"))
    folders = [index_run(run.folder, "exact")[0] for run in (one, other)]
    indices = [open_index(folder) for folder in folders]
    lists = {
        index.manifest.version: [named(index, row) for row in index.index.top(np.arange(60), 10)[0]]
        for index in indices
    }
    assert len(lists) == 2
    users, stop = indices[0].users.ids[:60], threading.Event()
    answered: dict[str, int] = dict.fromkeys(lists, 0)
    wrong: list[object] = []
    with running(indices[0], loader(folders[0])) as client:

        def ask(part: int) -> None:
            with httpx.Client(base_url=client.base_url, timeout=30) as own:
                at = part
                while not stop.is_set():
                    at = (at + 7) % 60
                    answer = own.get(f"/recommendations/{users[at]}")
                    found = answer.json()
                    if answer.status_code != 200 or (
                        found["items"] != lists[found["index_version"]][at]
                    ):
                        wrong.append(found)
                    else:
                        answered[found["index_version"]] += 1

        threads = [threading.Thread(target=ask, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(8):
            run = (other, one)[turn % 2]
            swapped = client.post("/admin/swap", json={"run_id": run.folder.name})
            assert swapped.status_code == 200, swapped.text
            assert swapped.json()["model"] == ("bpr-mf", "lightgcn")[turn % 2]
            version, before = swapped.json()["after"], dict(answered)
            wait_until(lambda: answered[version] >= before[version] + 10 or bool(wrong))  # noqa: B023
        stop.set()
        for thread in threads:
            thread.join()
        assert value(client.get("/metrics").text, "ecorec_swaps_total") == 8
    assert not wrong
    assert min(answered.values()) >= 40


def test_an_index_that_cannot_be_read_changes_nothing(
    runs: dict[str, Trained], tmp_path: Path
) -> None:
    folder, manifest = index_run(runs["popularity"].folder, "exact", out=tmp_path / "exact")
    stored = open_index(folder)
    with running(stored, loader(folder)) as client:
        file = folder / manifest.files[0].name
        whole = file.read_bytes()
        file.write_bytes(whole[:-3])
        answer = client.post("/admin/swap")
        assert answer.status_code == 409
        error = answer.json()["error"]
        assert error["type"] == "index_refused"
        assert manifest.files[0].sha256 in error["message"]
        assert client.get(f"/recommendations/{stored.users[0]}").status_code == 200
        assert client.post("/admin/swap", json={"run_id": "abc"}).status_code == 409
        file.write_bytes(whole)
        again = client.post("/admin/swap").json()
        assert again["before"] == again["after"] == manifest.version


def listens(address: tuple[str, int]) -> bool:
    with socket.socket() as other:
        return other.connect_ex(address) == 0


def test_a_stop_lets_requests_finish(stored: StoredIndex) -> None:
    with running(stored) as client:
        began, go = threading.Event(), threading.Event()

        def first() -> None:
            began.set()
            assert go.wait(60)

        client.app.state.service.recommender.index = Stepped(stored.index, first)
        address = (client.base_url.host, client.base_url.port)
        found: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: found.append(client.get(f"/recommendations/{stored.users[0]}"))
        )
        asking.start()
        assert began.wait(60)
        client.server.should_exit = True
        wait_until(lambda: not listens(address))
        assert not found
        go.set()
        asking.join(60)
    assert found[0].status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(str(client.base_url))


def test_what_takes_too_long_and_what_is_too_much_is_turned_away(stored: StoredIndex) -> None:
    limits = Limits(timeout_s=0.2, max_batch=4, max_waiting=4)
    with running(stored, limits=limits) as client:
        service, go = client.app.state.service, threading.Event()
        service.recommender.index = Stepped(stored.index, lambda: go.wait(60))
        for _ in range(2):  # the first is computed, the second waits
            answer = client.get(f"/recommendations/{stored.users[0]}")
            assert answer.status_code == 503
            assert answer.json()["error"]["type"] == "timeout"
            assert answer.headers["retry-after"] == "1"
        many = client.post("/recommendations", json={"users": stored.users.ids[:4]})
        assert many.json()["error"]["type"] == "overloaded"
        assert many.json()["error"]["message"].endswith("computed already: 1, of at most 4")
        go.set()
        service.recommender.index = stored.index
        # The limit holds for good answers too, which on a busy machine may take as long.
        wait_until(lambda: client.get(f"/recommendations/{stored.users[0]}").status_code == 200)


def test_as_many_lists_as_one_request_may_ask_for_may_always_wait(stored: StoredIndex) -> None:
    limits = Limits(max_batch=20_000)
    users = (stored.users.ids * 20)[:15_000]
    with running(stored, limits=limits) as client:
        answer = client.post("/recommendations", json={"users": users, "k": 1})
        assert answer.status_code == 200, answer.text
        assert [found["user"] for found in answer.json()["recommendations"]] == users
    assert Limits().lists_waiting == 10_000
    assert Limits(max_batch=1).lists_waiting == 10_000
    with pytest.raises(InputError, match="max_waiting = 9 is less than max_batch = 10"):
        Limits.parse({"max_batch": 10, "max_waiting": 9}, "`ecorec serve`")


def test_swaps_between_models_that_score_otherwise(runs: dict[str, Trained]) -> None:
    vectors, _ = index_run(runs["lightgcn"].folder, "exact")
    load = loader(vectors)
    with pytest.raises(InputError, match="the study has no run zzz") as caught:
        load("zzz")
    assert str(runs["lightgcn"].folder.resolve().parent) in str(caught.value.hint)
    other = runs["itemknn"].folder.name
    shutil.rmtree(runs["itemknn"].folder / "index", ignore_errors=True)
    words = f"run {other} (itemknn) has no index of kind exact, which this server serves"
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        load(other)
    # What the hint says helps.
    told = re.search(r"ecorec index (\S+);", str(caught.value.hint))
    assert told is not None
    index_run(Path(told[1]))
    assert load(other).manifest.kind == "sparse"
    index_run(runs["lightgcn"].folder, "int8")
    compact = loader(runs["lightgcn"].folder / "index" / "int8")
    with pytest.raises(InputError, match="has no index of kind int8"):
        compact(other)


def test_kinds_that_know_less_say_so(runs: dict[str, Trained], tmp_path: Path) -> None:
    folder, _ = index_run(runs["itemknn"].folder, "lists", 12, tmp_path / "lists")
    stored = open_index(folder)
    with running(stored) as client:
        item, user = stored.items[0], stored.users[0]
        for answer in (
            client.get(f"/similar/{item}"),
            client.post("/recommendations", json={"histories": [[item]]}),
        ):
            assert answer.status_code == 422
            assert answer.json()["error"]["type"] == "not_supported"
        too_long = client.get(f"/recommendations/{user}?k=13").json()["error"]
        assert too_long["message"] == "k = 13: the stored lists have 12 items"
        assert len(client.get(f"/recommendations/{user}?k=12").json()["items"]) == 12


def test_a_run_without_an_index_gets_one(runs: dict[str, Trained]) -> None:
    folder = ready_index(runs["itemknn"].folder, None)
    assert folder == runs["itemknn"].folder / "index" / "sparse"
    before = (folder / FILE).stat().st_mtime_ns
    assert ready_index(runs["itemknn"].folder, None) == folder
    assert (folder / FILE).stat().st_mtime_ns == before


def test_an_answer_is_sent_at_once() -> None:
    """A body that waits until the headers are acknowledged comes 40 ms late."""
    with listen("127.0.0.1", 0) as listening, socket.socket() as client:
        client.connect(listening.getsockname())
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
