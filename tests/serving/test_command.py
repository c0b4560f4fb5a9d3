"""`ecorec serve` as a process: it answers, reads its index again on SIGHUP, stops on SIGTERM."""

import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest
from typer.testing import CliRunner

from ecorec.cli.main import app
from ecorec.errors import EcorecError
from ecorec.study.index import index_run
from tests.serving.conftest import Trained

pytestmark = pytest.mark.xdist_group("serving")


def test_it_serves_reads_again_and_stops(runs: dict[str, Trained]) -> None:
    folder = runs["popularity"].folder
    index_run(folder, "exact")
    command = [sys.executable, "-m", "ecorec", "serve", str(folder), "--port", "0"]
    environment = os.environ | {"ECOREC_API_KEY": "k"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        said, found = "", None
        while found is None:
            line = process.stderr.readline()
            said += line
            assert line, said
            found = re.match(r"(http://127\.0\.0\.1:\d+) · with API key · Ctrl-C stops", line)
        assert "popularity · movietweetings · index `exact`" in said
        with httpx.Client(base_url=found[1], headers={"x-api-key": "k"}, timeout=30) as client:
            assert client.get("/readyz").json()["model"] == "popularity"
            process.send_signal(signal.SIGHUP)
            until_s = time.monotonic() + 60
            while "ecorec_swaps_total 1.0" not in client.get("/metrics").text:
                assert time.monotonic() < until_s
                time.sleep(0.05)
            assert "is served instead of" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.communicate()


def test_an_occupied_port_and_a_wrong_limit_are_named(runs: dict[str, Trained]) -> None:
    folder = runs["popularity"].folder
    result = CliRunner().invoke(app, ["serve", str(folder), "--max-k", "0"])
    assert isinstance(result.exception, EcorecError)
    assert "max_k = `0`" in result.exception.message
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", str(folder), "--port", str(port)])
    assert isinstance(result.exception, EcorecError)
    assert f"127.0.0.1:{port} cannot be listened on" in result.exception.message
