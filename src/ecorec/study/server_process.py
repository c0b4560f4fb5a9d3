"""The server of a run as a process of its own, so that it can be metered and pinned."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from ecorec.errors import EcorecError
from ecorec.serving.limits import Limits
from ecorec.serving.load.pinning import pin

HOST = "127.0.0.1"

READY_WITHIN_S = 120.0
"""Seconds that a server may take to load its index and answer."""

STOPS_WITHIN_S = 10.0

OPTIONS = {"max_k", "max_batch", "max_body_bytes", "max_waiting", "timeout_s"}
"""Limits that are an option of `ecorec serve`."""

ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
}
"""Environment for a server with one CPU, on which threads would only wait for each other."""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    pid: int
    host: str
    port: int
    api_key: str


@contextmanager
def running_server(
    run: Path, kind: str, cpus: tuple[int, ...] | None, limits: Limits | None = None
) -> Iterator[RunningServer]:
    """Start `ecorec serve` for a run, yield it once it is ready, and stop it.

    Args:
        run: The run's folder, with an index of this kind.
        kind: Of the index.
        cpus: CPUs that the server is kept on; `None` for all.
        limits: What one request may ask for; as usual, if not given.

    Raises:
        EcorecError: It ended, or was not ready in time.
    """
    port = _free_port()
    # A key of its own, so that no other client is answered and measured by mistake.
    key = secrets.token_urlsafe(16)
    command = [sys.executable, "-m", "ecorec", "serve", str(run), "--kind", kind]
    command += ["--host", HOST, "--port", str(port)]
    stated = {} if limits is None else limits.model_dump(include=OPTIONS, exclude_none=True)
    for name, limit in stated.items():
        command += [f"--{name.replace('_', '-')}", str(limit)]
    environment = os.environ | {"ECOREC_API_KEY": key}
    if cpus is not None and len(cpus) == 1:
        environment |= ONE_THREAD
    # Its messages are kept apart from ours; if it fails, they are shown below.
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    ) as process:
        pin(process.pid, cpus)
        try:
            _wait_until_ready(process, port)
            yield RunningServer(process.pid, HOST, port, key)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    last_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < last_s:
        if process.poll() is not None:
            _, said = process.communicate()
            lines = said.decode(errors="replace").strip().splitlines()
            why = lines[0].removeprefix("error: ") if lines else "it said nothing"
            hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
            message = f"the server ended with code {process.returncode}: {why}"
            raise EcorecError(message, hint=hints[0] if hints else None)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2):
                return
        except (URLError, HTTPException, OSError):
            time.sleep(0.05)
    message = f"the server was not ready within {READY_WITHIN_S:g} s"
    raise EcorecError(message, hint="look at what it says: ecorec serve RUN")
