"""Synthetic measurements of serving with a known truth."""

import hashlib
from pathlib import Path

import numpy as np

from ecorec.energy.reading import Reading
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.record import (
    Direct,
    IndexRecord,
    Latency,
    Refresh,
    Saturation,
    ServingRecord,
    Slice,
    Step,
)
from ecorec.serving.store import write_serving
from ecorec.study.record import RunRecord
from tests.analysis.records import reading

WINDOW_S = 30.0
LOADS = (0.1, 0.5, 0.9)


def _window(name: str, joules: float, seconds: float) -> Reading:
    return reading(name, joules).model_copy(update={"duration_s": seconds})


def _step(load: float, rate: float, each_j: float, idle_w: float, spread: float) -> Step:
    per_slice = round(load * rate * WINDOW_S / 6)
    factors = 1 + spread * np.array([-1, 1, -0.5, 0.5, -0.2, 0.2])
    joules = [per_slice * each_j * f + idle_w * WINDOW_S / 6 for f in factors]
    n, latency_s = 6 * per_slice, 0.002 / (1 - load)
    return Step(
        load=load,
        offered_per_s=load * rate,
        throughput_per_s=load * rate,
        users_per_request=1,
        n_requests=n,
        n_errors=0,
        n_timeouts=0,
        latency=Latency(
            n=n, mean_s=latency_s, p50_s=latency_s, p95_s=2 * latency_s, p99_s=3 * latency_s,
            max_s=9 * latency_s,
        ) if n else None,
        late_p99_s=1e-4 if n else None,
        server=_window(f"{100 * load:g} %" if load else "idle", sum(joules), WINDOW_S),
        client=_window("client", 1.0, WINDOW_S),
        slices=tuple(
            Slice(
                duration_s=WINDOW_S / 6, n_recommendations=per_slice,
                reading=_window("slice", each, WINDOW_S / 6),
            )
            for each in joules
        ),
        foreign_share=0.01,
    )  # fmt: skip


def serving_record(
    run: RunRecord,
    kind: str = "exact",
    *,
    joules_per_1000: float = 4.0,
    idle_w: float = 0.02,
    rate: float = 1000.0,
    build_j: float = 2.0,
    recall: float = 1.0,
    spread: float = 0.01,
    http: bool = True,
    users_per_request: int = 1,
    k: int = 10,
    blocks: tuple[int, ...] = (1,),
    number: int = 0,
) -> ServingRecord:
    """Return a measurement whose marginal joules of 1,000 recommendations are as stated."""
    each_j = joules_per_1000 / 1000
    made = hashlib.sha256(f"{run.run_id} {kind} {number}".encode()).hexdigest()[:12]
    alone = _window("blocks of 1", 0.5 * each_j * 10_000, 10.0)
    return ServingRecord(
        run_id=run.run_id,
        serving_id=made,
        created_at=f"2026-11-25T03:{number:02d}:00+00:00",
        index=IndexRecord(
            kind=kind, version=f"{kind}-version", n_users=2059, n_items=1099,
            size_bytes=1 << 20 if kind == "exact" else 1 << 18,
            build=_window("index", build_j, 1.0), recall=recall, recall_k=10,
        ),
        settings=LoadSettings(
            k=k, steps=tuple(100 * load for load in LOADS), users_per_request=users_per_request
        ),
        machine=run.machine,
        versions=run.versions,
        pinning="server on CPU 1, client on CPU 0",
        saturation=Saturation(
            requests_per_s=rate, connections=8, tried=((1, rate / 2), (8, rate)),
            server_cpu_share=0.98, client_cpu_share=0.4,
        ) if http else None,
        idle=_step(0.0, rate, each_j, idle_w, spread) if http else None,
        steps=tuple(_step(load, rate, each_j, idle_w, spread) for load in LOADS) if http else (),
        direct=tuple(
            Direct(
                block=block, n_recommendations=10_000,
                latency=Latency(n=10_000 // block, mean_s=1e-3, p50_s=1e-3, p95_s=1e-3, p99_s=2e-3,
                                max_s=3e-3),
                reading=alone,
                slices=(Slice(duration_s=10.0, n_recommendations=10_000, reading=alone),),
            )
            for block in blocks
        ),
        refresh=Refresh(n_users=2059, passes=2, block=1024, reading=_window("refresh", 6.0, 1.0)),
    )  # fmt: skip


def store(study: Path, run: RunRecord, **more: object) -> ServingRecord:
    """Write a measurement beside its run and return it."""
    found = serving_record(run, **more)  # type: ignore[arg-type]
    write_serving(study / "runs" / run.run_id, found)
    return found
