"""The load client as a process of its own, so that its work is not billed to the server.

`python -m ecorec.serving.load.client TARGET.json` reads one job a line from stdin, does it, writes
what became of each request into a file, and answers with one line.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.errors import EcorecError
from ecorec.serving.load.drive import closed_loop, open_loop
from ecorec.serving.load.outcome import Outcome
from ecorec.serving.load.pinning import pin
from ecorec.serving.load.stream import Arrivals, Users, arrival_times, draw_users
from ecorec.serving.load.target import Target


class Job(Config):
    """One stretch of load."""

    loop: Literal["open", "closed"]
    begin_s: float
    """Monotonic seconds at which it begins."""
    duration_s: PositiveFloat
    rate_per_s: NonNegativeFloat = 0.0
    """Requests a second that are due, in an open loop."""
    connections: PositiveInt = 1
    users: Users = "uniform"
    arrivals: Arrivals = "poisson"
    users_per_request: PositiveInt = 1
    timeout_s: PositiveFloat = 10.0
    seed: int = 1


FEWEST, MOST, MOST_LISTS = 16, 4096, 2**18
"""Requests that a closed loop prepares, and lists that they ask for in all, if these are more than
the fewest requests do; it then sends them in turn, over and over."""

REQUESTS_PER_S, LISTS_PER_S = 100_000, 500_000
"""The client prepares at least so many requests a second, and further lists of these."""


def n_distinct(users_per_request: int) -> int:
    """Return how many requests a closed loop prepares."""
    return max(FEWEST, min(MOST, MOST_LISTS // users_per_request))


def prepares_s(n_requests: int, users_per_request: int) -> float:
    """Return the seconds that the client has to be given to prepare requests before they are due.

    Without them it would begin late: the first of its requests, or all of a short trial, would be
    asked after the time that is measured.
    """
    return n_requests * (1 / REQUESTS_PER_S + (users_per_request - 1) / LISTS_PER_S)


def do(job: Job, target: Target) -> Outcome:
    """Do a job in this process."""
    rng = np.random.default_rng(job.seed)
    if job.loop == "open":
        due_s = job.begin_s + arrival_times(job.arrivals, job.rate_per_s, job.duration_s, rng)
        requests = _requests(job, target, due_s.size, rng)
        return open_loop(
            target.address, requests, due_s, connections=job.connections, timeout_s=job.timeout_s
        )
    return closed_loop(
        target.address,
        _requests(job, target, n_distinct(job.users_per_request), rng),
        connections=job.connections,
        until_s=job.begin_s + job.duration_s,
        timeout_s=job.timeout_s,
    )


def _requests(job: Job, target: Target, n: int, rng: np.random.Generator) -> list[bytes]:
    users = draw_users(job.users, n * job.users_per_request, len(target.user_ids), rng)
    rows: Sequence[list[int]] = users.reshape(n, job.users_per_request).tolist()
    return [target.request(row) for row in rows]


class LoadClient:
    """The client's process, as seen by the process that measures.

    Args:
        target: The server, and what it is asked for.
        cpus: CPUs that it is kept on; `None` for all.
    """

    def __init__(self, target: Target, cpus: tuple[int, ...] | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ecorec-load-")
        file = Path(self._folder.name) / "target.json"
        target.write(file)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ecorec.serving.load.client", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        pin(self._process.pid, cpus)
        self._answer()  # it has imported what it needs

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def begin(self, job: Job) -> None:
        """Start a job; `result` waits for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(job.model_dump_json() + "\n")
        self._process.stdin.flush()

    def result(self) -> Outcome:
        """Wait for the job that was begun last and return its outcome.

        Raises:
            EcorecError: The server could not be reached, or the client has ended.
        """
        answer = self._answer()
        if "error" in answer:
            message = f"the load client could not reach the server: {answer['error']}"
            raise EcorecError(message, hint="has the server ended? its messages are above")
        with np.load(answer["file"]) as found:
            return Outcome(found["due_s"], found["sent_s"], found["done_s"], found["status"])

    def _answer(self) -> dict[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            message = f"the load client has ended with code {self._process.wait()}"
            raise EcorecError(message, hint="its messages are above")
        found: dict[str, str] = json.loads(line)
        return found

    def __enter__(self) -> "LoadClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


def _serve(target_file: Path) -> None:
    target = Target.model_validate_json(target_file.read_bytes())
    result = target_file.with_name("outcome.npz")
    _say({"ready": ""})
    for line in sys.stdin:
        try:
            found = do(Job.model_validate_json(line), target)
        except OSError as error:
            _say({"error": str(error)})
            continue
        np.savez(result, due_s=found.due_s, sent_s=found.sent_s, done_s=found.done_s,
                 status=found.status)  # fmt: skip
        _say({"file": str(result)})


def _say(answer: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
