"""The client against a real server whose slowness is known."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from ecorec.serving.load.drive import closed_loop, open_loop
from ecorec.serving.load.outcome import TIMED_OUT
from tests.serving.load.slow_server import SlowServer, get


@pytest.fixture(scope="module")
def server() -> Iterator[SlowServer]:
    with SlowServer() as running:
        yield running


def send(server: SlowServer, paths: list[str], due_s: list[float], **more):
    at_s = time.monotonic() + 0.05 + np.array(due_s)
    settings = {"connections": 4, "timeout_s": 60.0} | more
    return open_loop(server.address, [get(path) for path in paths], at_s, **settings)


def test_every_answer_goes_to_its_request(server: SlowServer) -> None:
    bodies: dict[int, bytes] = {}
    paths = [f"/now/{i}" for i in range(40)]
    found = send(server, paths, [i / 400 for i in range(40)],
                 check=lambda i, status, body: bodies.__setitem__(i, body))  # fmt: skip
    assert found.answered.all()
    assert [bodies[i].decode() for i in range(40)] == paths
    assert (found.sent_s >= found.due_s).all()
    assert (found.done_s > found.sent_s).all()


def test_latency_is_counted_from_the_scheduled_time(server: SlowServer) -> None:
    """The first answer comes once all ten have asked, and they are due 40 ms apart.

    A client that waited for an answer before it asked again would wait for ever; one that counted
    from when it could send would see ten requests of a millisecond.
    """
    due = [i * 0.04 for i in range(10)]
    found = send(server, ["/meet/10"] * 10, due, connections=10)
    assert found.answered.all()
    assert (found.latency_s >= due[-1] - np.array(due)).all()
    assert (found.done_s >= found.due_s[-1]).all()


def test_without_a_free_connection_the_clock_runs_as_well(server: SlowServer) -> None:
    found = send(server, ["/sleep/0.2"] * 3, [0.0, 0.0, 0.0], connections=1)
    assert (found.latency_s >= np.array([0.2, 0.4, 0.6])).all()
    assert (found.sent_s - found.due_s)[2] >= 0.4


def test_an_error_is_counted_and_the_rest_goes_on(server: SlowServer) -> None:
    paths = ["/status/503", "/drop/0", "/close/0", "/now/1", "/now/2", "/now/3"]
    found = send(server, paths, [i * 0.03 for i in range(6)], connections=1)
    assert found.status.tolist() == [503, 0, 200, 200, 200, 200]
    assert np.isnan(found.done_s).tolist() == [False, True, False, False, False, False]


def test_what_nobody_waits_for_any_longer_has_timed_out() -> None:
    with SlowServer() as server:
        found = send(server, ["/hold/0", "/now/1"], [0.0, 0.0], timeout_s=2.0)
    assert found.status.tolist() == [TIMED_OUT, 200]


def test_a_closed_loop_has_as_many_under_way_as_connections() -> None:
    """Of three, three meet again and again; of two, both wait in vain for a third."""
    with SlowServer() as server:
        settings = {"until_s": time.monotonic() + 1.0, "timeout_s": 0.1}
        found = closed_loop(server.address, [get("/meet/3")], connections=3, **settings)
    assert found.answered.sum() > 3
    assert set(server.under_way) == {1, 2, 3}
    with SlowServer() as server:
        settings = {"until_s": time.monotonic() + 1.0, "timeout_s": 0.1}
        found = closed_loop(server.address, [get("/meet/3")], connections=2, **settings)
    assert server.under_way == [1, 2]
    assert found.status.tolist() == [TIMED_OUT] * 2


def test_nobody_listens() -> None:
    with SlowServer() as gone:
        address = gone.address
    with pytest.raises(OSError, match="Connect"):
        open_loop(address, [get("/")], np.array([0.0]), connections=1, timeout_s=1.0)
