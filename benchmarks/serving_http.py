"""A server over HTTP: lists a second in batches, and the latency of single requests.

python benchmarks/serving_http.py RUN [--kind exact] [--seconds 10] [--batch 64]
python benchmarks/serving_http.py --drawn 1000000     # an index of drawn vectors, by its size

Starts `ecorec serve RUN` beside itself, server and client on a CPU each where there are two, and
prints four lines: lists a second with batches (closed loop, one connection), the latency of single
users one after another, requests a second with single users (closed loop, `--connections`), and
the latency of single requests that arrive at random (Poisson) at half of that rate, from the time
at which each was due, so that a server that stalls is charged for the requests it held up.
"""

import argparse
import http.client
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from serving_index import drawn

from ecorec.evaluation.scorer import EmbeddingScorer
from ecorec.serving.build import build_index
from ecorec.serving.ids import OutsideIds
from ecorec.serving.index import Kind
from ecorec.serving.storage import load_index, save_index
from ecorec.study.serve import ready_index

HEADERS = {"content-type": "application/json"}


@contextmanager
def server(run: Path, kind: str | None) -> Iterator[int]:
    """Yield the port of a server that answers."""
    port = free_port()
    command = [sys.executable, "-m", "ecorec", "serve", str(run), "--port", str(port)]
    process = subprocess.Popen(
        [*command, *(["--kind", kind] if kind else [])], stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until_ready(port, process)
        pin(process.pid, 0)
        pin(0, 1)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def pin(process: int, cpu: int) -> None:
    """Keep a process and its threads to one CPU, where there are two."""
    if os.cpu_count() == 1:
        return
    root = Path(f"/proc/{process or os.getpid()}/task")
    for task in root.iterdir() if root.is_dir() else ():
        os.sched_setaffinity(int(task.name), {cpu})


def wait_until_ready(port: int, process: subprocess.Popen[str]) -> None:
    """Return once the server answers."""
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit(process.stderr.read() if process.stderr else "the server has stopped")
        try:
            call(http.client.HTTPConnection("127.0.0.1", port), "GET", "/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def call(connection: http.client.HTTPConnection, method: str, path: str, body: str = "") -> bytes:
    """Return the body of an answer, which must be good."""
    connection.request(method, path, body or None, HEADERS if body else {})
    response = connection.getresponse()
    text = response.read()
    if response.status != 200:
        raise SystemExit(f"{method} {path}: {response.status} {text[:200]!r}")
    return text


def users_of(run: Path, kind: Kind | None) -> list[str]:
    """Return the ids of an index's users; the index is built, if it is not there."""
    return load_index(ready_index(run, kind)).users.ids


def drawn_index(folder: Path, kind: Kind, n_items: int) -> None:
    """Store an index of drawn vectors of size 64."""
    parts, seen = drawn(n_items, 64)
    scorer = EmbeddingScorer(parts.users, parts.items)
    index = build_index(kind, "drawn", parts, scorer, seen, n_items)
    users, items = (
        OutsideIds([str(at) for at in range(size)]) for size in (index.n_users, n_items)
    )
    about = {"run_id": "drawn", "model": "drawn", "dataset": "drawn", "fingerprint": "drawn",
             "created_at": "", "ecorec_version": ""}  # fmt: skip
    save_index(folder, index, seen, users, items, about)


def batches(port: int, users: list[str], size: int, seconds: float) -> tuple[float, float]:
    """Return lists a second over one connection that always waits, and the server's CPU share."""
    rng = np.random.default_rng(1)
    bodies = [json.dumps({"users": rng.choice(users, size).tolist(), "k": 10}) for _ in range(200)]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies[:3]:
        call(connection, "POST", "/recommendations", body)
    done, before_s, began_s = 0, cpu_s(port), time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        call(connection, "POST", "/recommendations", bodies[done % len(bodies)])
        done += 1
    taken_s = time.perf_counter() - began_s
    return done * size / taken_s, (cpu_s(port) - before_s) / taken_s


def one_by_one(port: int, users: list[str], seconds: float) -> np.ndarray:
    """Return the seconds of single requests, each sent when the one before is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    rng, until_s, taken = np.random.default_rng(3), time.perf_counter() + seconds, []
    while (began_s := time.perf_counter()) < until_s:
        call(connection, "GET", f"/recommendations/{rng.choice(users)}")
        taken.append(time.perf_counter() - began_s)
    return np.array(taken)


def marks(taken_s: np.ndarray) -> str:
    """Return percentiles in words."""
    return "   ".join(f"p{at} {np.percentile(taken_s, at) * 1e3:.2f} ms" for at in (50, 95, 99))


def saturation(port: int, users: list[str], connections: int, seconds: float) -> float:
    """Return single requests a second of clients that always wait for the answer."""
    done = [0] * connections
    until_s = time.perf_counter() + seconds

    def ask(worker: int) -> None:
        rng = np.random.default_rng(worker)
        paths = [f"/recommendations/{user}" for user in rng.choice(users, 500)]
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < until_s:
            call(connection, "GET", paths[done[worker] % 500])
            done[worker] += 1

    began_s = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began_s)


def open_loop(port: int, users: list[str], rate: float, seconds: float) -> np.ndarray:
    """Return seconds from when each request was due to its answer, at a rate of arrivals."""
    rng = np.random.default_rng(2)
    due_s = np.cumsum(rng.exponential(1 / rate, max(1, int(rate * seconds))))
    chosen = rng.choice(users, due_s.size)
    waiting: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
    taken: list[float] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.connect()
        while (item := waiting.get()) is not None:
            at_s, user = item
            call(connection, "GET", f"/recommendations/{user}")
            taken.append(time.perf_counter() - at_s)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    began_s = time.perf_counter() + 0.1
    for at_s, user in zip(due_s + began_s, chosen, strict=True):
        time.sleep(max(0.0, at_s - time.perf_counter()))
        waiting.put((at_s, user))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return np.array(taken)


def cpu_s(port: int) -> float:
    """Return the CPU seconds that the server has taken."""
    text = call(http.client.HTTPConnection("127.0.0.1", port), "GET", "/metrics").decode()
    found = re.search(r"^ecorec_cpu_seconds_total (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else float("nan")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--drawn", type=int, help="Items of an index of drawn vectors.")
    parser.add_argument("--kind")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--connections", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run, kind = given.run, given.kind
        if given.drawn:
            run, kind = Path(temporary) / "index", None
            drawn_index(run, given.kind or "exact", given.drawn)
        elif run is None:
            parser.error("give a run, or --drawn")
        measure(run, kind, given)


def measure(run: Path, kind: Kind | None, given: argparse.Namespace) -> None:
    """Print the four lines of one index."""
    users = users_of(run, kind)
    with server(run, kind) as port:
        rate, busy = batches(port, users, given.batch, given.seconds)
        print(f"batches of {given.batch}   {rate:>8,.0f} lists/s   server CPU {busy:.0%}")
        alone = one_by_one(port, users, given.seconds)
        print(f"single, in turn {len(alone) / alone.sum():>8,.0f} requests/s   {marks(alone)}")
        most = saturation(port, users, given.connections, given.seconds)
        print(f"single, closed  {most:>8,.0f} requests/s   {given.connections} connections")
        taken = open_loop(port, users, most / 2, given.seconds)
        print(f"single, at half {most / 2:>8,.0f} requests/s   {marks(taken)}")


if __name__ == "__main__":
    main()
