"""`ecorec serve` as a process: it answers, reads its index again on SIGHUP, stops on SIGTERM."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor
from typer.testing import CliRunner

from ecorec.cli.main import app
from ecorec.errors import EcorecError
from ecorec.serving.manifest import FILE, describe_files, read_manifest
from ecorec.serving.storage import INDEX_FILE, annotate
from ecorec.study.index import index_run, open_index
from tests.serving.conftest import Trained

pytestmark = pytest.mark.xdist_group("serving")


def _no_file(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def _no_numbers(folder: Path) -> None:
    _store(folder, lambda users: users * float("nan"))


def _other_shapes(folder: Path) -> None:
    _store(folder, lambda users: users.repeat(1, 2))


def _store(folder: Path, change: Callable[[Tensor], Tensor]) -> None:
    """Put other vectors of users into an index, and make its hashes right again."""
    arrays, manifest = load_file(folder / INDEX_FILE), read_manifest(folder)
    other = folder / "other"
    save_file(arrays | {"users": change(arrays["users"])}, other)
    other.replace(folder / INDEX_FILE)  # what is mapped into the server's memory stays as it is
    names = [file.name for file in manifest.files]
    annotate(folder, manifest, files=describe_files(folder, names))


def test_it_serves_reads_again_and_stops(runs: dict[str, Trained], tmp_path: Path) -> None:
    folder, _ = index_run(runs["popularity"].folder, "exact", out=tmp_path / "index")
    user, whole = open_index(folder).users[0], tmp_path / "whole"
    shutil.copytree(folder, whole)
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
            for spoil, words in (
                (_no_file, f"{folder / FILE} cannot be read: Is a directory"),
                (_no_numbers, "a score is not a number"),
                (_other_shapes, "RuntimeError: "),
            ):
                spoil(folder)
                process.send_signal(signal.SIGHUP)
                line = process.stderr.readline()
                while "the index stays as it is: " not in line:
                    assert line
                    line = process.stderr.readline()
                assert words in line
                assert client.get(f"/recommendations/{user}").status_code == 200
                shutil.rmtree(folder)
                shutil.copytree(whole, folder)
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
