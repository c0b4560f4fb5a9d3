"""A server under steady load while its index is swapped, every answer checked.

python benchmarks/serving_soak.py RUN OTHER_RUN [--soak-s 60] [--swap-every-s 60] [--load 0.8]

Starts `ecorec serve RUN`, finds its saturation, then asks single users in an open loop at a share
of it. Every `--swap-every-s` seconds the server is told to serve the other run of the same study,
and back. Each answer names the version of the index that gave it, and is held against the exact
offline lists of that run, item by item. Prints one line for errors, one for wrong answers, one for
memory. Ten minutes: `--soak-s 600`.
"""

import argparse
import json
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import torch

from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine
from ecorec.evaluation.ranking import rank
from ecorec.serving.load.client import LoadClient
from ecorec.serving.load.drive import open_loop
from ecorec.serving.load.ladder import Ladder
from ecorec.serving.load.outcome import Outcome
from ecorec.serving.load.pinning import choose_cpus
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.stream import arrival_times, draw_users
from ecorec.serving.load.target import Target
from ecorec.serving.record import Latency
from ecorec.study.index import index_run
from ecorec.study.server_process import RunningServer, running_server
from ecorec.study.stored import bring_back

KIND = "exact"
CHUNK_S = 30.0
"""Requests are prepared for so many seconds at a time."""


@dataclass(eq=False)
class Soak:
    """What was seen."""

    answered: int = 0
    failed: int = 0
    wrong: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each status came; 0 for a broken connection, -1 for no answer in time."""
    swaps: int = 0
    versions: set[str] = field(default_factory=set)
    latencies_s: list[float] = field(default_factory=list)
    resident_bytes: list[int] = field(default_factory=list)
    """Of the server, each second."""

    @property
    def growth(self) -> float:
        """Median of the last third over that of the second: the first one warms up."""
        thirds = np.array_split(np.array(self.resident_bytes, dtype=np.float64), 3)
        return float(np.median(thirds[2]) / np.median(thirds[1]))


def offline(run: Path, k: int, data_path: Path | None) -> tuple[str, dict[str, list[str]]]:
    """Return the version of a run's exact index, and each user's exact list in outside ids."""
    _, manifest = index_run(run, KIND, data_path=data_path)
    stored = bring_back(run, data_path)
    whole, held_out = stored.split.whole, stored.held_out
    everybody = np.arange(whole.n_users)
    lists = rank(
        stored.scorer, everybody, held_out.seen, whole.n_items, k, held_out.tie_seed,
        torch.device("cpu"),
    )  # fmt: skip
    ids = [str(item) for item in whole.item_ids]
    users = [str(user) for user in whole.user_ids]
    return manifest.version, {
        user: [ids[item] for item in row if item >= 0]
        for user, row in zip(users, lists.tolist(), strict=True)
    }


def soak(
    runs: tuple[Path, Path],
    *,
    soak_s: float,
    swap_every_s: float,
    load: float = 0.8,
    k: int = 10,
    seed: int = 1,
    rate_per_s: float | None = None,
    data_path: Path | None = None,
    pinned: bool = True,
) -> Soak:
    """Ask, swap and check.

    Args:
        runs: Two runs of one study.
        soak_s: How long it is asked.
        swap_every_s: Seconds between two swaps.
        load: Share of saturation.
        k: Length of the lists.
        seed: Of users and arrivals.
        rate_per_s: Instead of a share of saturation.
        data_path: Where catalogue data sets are looked for.
        pinned: Whether server and client are kept on a CPU each.
    """
    expected = dict(offline(run, k, data_path) for run in runs)
    users = list(next(iter(expected.values())))
    found = Soak()
    cpus = choose_cpus()
    with running_server(runs[0], KIND, cpus.server if pinned else None) as server:
        target = Target(
            host=server.host, port=server.port, user_ids=tuple(users), k=k, api_key=server.api_key
        )
        rate = rate_per_s or load * _saturation(target, server)
        stop = threading.Event()
        helpers = [
            threading.Thread(target=_swap, args=(server, runs, swap_every_s, stop, found)),
            threading.Thread(target=_watch, args=(server.pid, stop, found)),
        ]
        for helper in helpers:
            helper.start()
        try:
            _ask(target, expected, rate, soak_s, seed, found)
        finally:
            stop.set()
            for helper in helpers:
                helper.join()
    return found


def _saturation(target: Target, server: RunningServer) -> float:
    sensors = find_sensors(describe_machine())
    with LoadClient(target, choose_cpus().client) as client:
        ladder = Ladder(client, server.pid, sensors, LoadSettings(window_s=10))
        return ladder.saturation().requests_per_s


def _ask(
    target: Target,
    expected: dict[str, dict[str, list[str]]],
    rate: float,
    soak_s: float,
    seed: int,
    found: Soak,
) -> None:
    rng = np.random.default_rng(seed)
    end_s = time.monotonic() + soak_s
    while (left_s := end_s - time.monotonic()) > 0.2:
        due_s = arrival_times("poisson", rate, min(CHUNK_S, left_s), rng)
        asked = draw_users("uniform", due_s.size, len(target.user_ids), rng).tolist()
        requests = [target.request([user]) for user in asked]

        def check(request: int, status: int, body: bytes, asked: list[int] = asked) -> None:
            if status != 200:
                return
            answer = json.loads(body)
            version = answer["index_version"]
            found.versions.add(version)
            wanted = expected[version][target.user_ids[asked[request]]]
            found.wrong += answer["items"] != wanted

        outcome = open_loop(
            target.address, requests, time.monotonic() + 0.1 + due_s, connections=64,
            timeout_s=10.0, check=check,
        )  # fmt: skip
        _count(outcome, found)


def _count(outcome: Outcome, found: Soak) -> None:
    good = outcome.answered
    found.answered += int(good.sum())
    found.statuses.update(outcome.status.tolist())
    found.failed += int((~good).sum())
    found.latencies_s += outcome.latency_s[good].tolist()


def _swap(
    server: RunningServer,
    runs: tuple[Path, Path],
    every_s: float,
    stop: threading.Event,
    found: Soak,
) -> None:
    while not stop.wait(every_s):
        run = runs[(found.swaps + 1) % 2]
        request = urllib.request.Request(
            f"http://{server.host}:{server.port}/admin/swap",
            data=json.dumps({"run_id": run.name}).encode(),
            headers={"Content-Type": "application/json", "X-API-Key": server.api_key},
        )
        with urllib.request.urlopen(request, timeout=60):
            found.swaps += 1


def _watch(pid: int, stop: threading.Event, found: Soak) -> None:
    process = psutil.Process(pid)
    while not stop.wait(1.0):
        found.resident_bytes.append(process.memory_info().rss)


def main() -> None:
    """Print what a soak saw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--soak-s", type=float, default=60.0)
    parser.add_argument("--swap-every-s", type=float, default=60.0)
    parser.add_argument("--load", type=float, default=0.8)
    parser.add_argument("--data-path", type=Path)
    asked = parser.parse_args()
    found = soak(
        (asked.run.resolve(), asked.other.resolve()), soak_s=asked.soak_s,
        swap_every_s=asked.swap_every_s, load=asked.load, data_path=asked.data_path,
    )  # fmt: skip
    latency = Latency.of(np.array(found.latencies_s))
    mib = [value / 2**20 for value in found.resident_bytes]
    print(f"answers   {found.answered:,}, {found.failed:,} failed, {found.swaps} swaps; by status "
          f"{dict(found.statuses)}")  # fmt: skip
    print(f"wrong     {found.wrong:,} of {found.answered:,}, {len(found.versions)} versions")
    if latency is not None:
        print(f"latency   p50 {1000 * latency.p50_s:.3g} ms, p99 {1000 * latency.p99_s:.3g} ms")
    if len(mib) >= 3:
        print(
            f"memory    {mib[0]:.0f} to {mib[-1]:.0f} MiB, highest {max(mib):.0f}; last third over "
            f"second {found.growth:.3f}"
        )
    sys.exit(1 if found.failed or found.wrong else 0)


if __name__ == "__main__":
    main()
