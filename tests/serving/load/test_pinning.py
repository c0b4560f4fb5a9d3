import os
import subprocess
import sys

import pytest

from ecorec.serving.load import pinning
from ecorec.serving.load.pinning import Pinning, choose_cpus, pin


@pytest.mark.parametrize(
    ("allowed", "server", "client"),
    [({0, 1}, (1,), (0,)), ({2, 3, 7}, (7,), (2,)), ({5}, None, None)],
)
def test_server_and_client_have_a_cpu_each(
    monkeypatch: pytest.MonkeyPatch, allowed: set[int], server, client
) -> None:
    monkeypatch.setattr(pinning.os, "sched_getaffinity", lambda _: allowed, raising=False)
    assert choose_cpus() == Pinning(server, client)


def test_where_it_is_not_pinned_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pinning.os, "sched_getaffinity", raising=False)
    assert "not pinned" in choose_cpus().in_words()
    assert Pinning((1,), (0,)).in_words() == "server on CPU 1, client on CPU 0"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin")
def test_a_process_is_kept_where_it_was_put() -> None:
    last = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        pin(process.pid, (last,))
        assert os.sched_getaffinity(process.pid) == {last}
        pin(process.pid, None)
        assert os.sched_getaffinity(process.pid) == {last}
