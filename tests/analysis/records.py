"""Synthetic studies with a known truth: records, per-user metrics, and a whole folder."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.energy.emissions import GridSettings
from ecorec.energy.hardware import Hardware
from ecorec.energy.isolation import Isolation
from ecorec.energy.reading import ComponentEnergy, Reading
from ecorec.models.catalogue import MODELS
from ecorec.models.cost import Cost
from ecorec.models.problem import Problem
from ecorec.planning.calibration import Calibration
from ecorec.study.info import StudyInfo
from ecorec.study.record import (
    CodeCarbonRecord,
    DataRecord,
    EpochRecord,
    RunRecord,
    SplitRecord,
)
from ecorec.study.store import StoredStudy

WATTS = (3.0, 6.0, 9.0)
"""Low, central and high watts of the synthetic machine."""

SHARES = {"load": 0.04, "split": 0.02, "graph": 0.03, "init": 0.01, "train": 0.7, "validate": 0.15,
          "test": 0.04, "checkpoint": 0.01}  # fmt: skip
"""Share of a run's joules in each phase."""

METRICS = ("precision", "recall", "hit", "mrr", "ndcg", "map")


@dataclass(frozen=True)
class Plan:
    """One configuration of a synthetic study and the truth about it."""

    model: str
    embedding_size: int | None = None
    ndcg: float = 0.15
    """True mean of NDCG@10."""
    energy_j: float | None = 10.0
    seeds: tuple[int | None, ...] = (1,)
    repeats: int = 1
    seed_sd: float = 0.0
    """Standard deviation of the seeds' means."""
    user_sd: float = 0.02
    """Standard deviation of what a configuration does for a user, beside what all do."""
    machine: str = "machine-a"
    dataset: str = "movietweetings"
    epochs: int | None = 30
    settings: dict[str, Any] = field(default_factory=dict)
    """Further settings, which tell configurations apart."""
    ranges: tuple[float, float] = (0.5, 1.5)
    """Low and high ends over the central joules."""
    kernel: str = "fixed-width"
    """Which propagation kernel ran, if the model has embeddings."""
    foreign_share: float = 0.0
    """Share of the machine's CPU time that other processes had."""
    validation: float | None = None
    """NDCG@10 on validation that training comes close to; `ndcg`, if not given."""


def reading(name: str, energy_j: float | None, ranges: tuple[float, float] = (0.5, 1.5)) -> Reading:
    """Return a window of one modelled CPU sensor."""
    known = energy_j is not None
    cpu = ComponentEnergy(
        component="cpu",
        sensor="cpu-time",
        method="assumed" if known else "absent",
        scope="process",
        energy_j=energy_j,
        low_j=energy_j * ranges[0] if energy_j is not None else None,
        high_j=energy_j * ranges[1] if energy_j is not None else None,
        reason=None if known else "no sensor",
    )
    machine = ComponentEnergy(
        component="machine", sensor="wall", method="absent", scope="machine",
        energy_j=None, low_j=None, high_j=None, reason="no counter",
    )  # fmt: skip
    seconds = (energy_j or 0.0) / WATTS[1]
    return Reading(name=name, duration_s=seconds / 2, cpu_s=seconds, components=(cpu, machine))


def record(
    plan: Plan, seed: int | None, repeat: int, metrics: dict[str, float], n_users: int
) -> RunRecord:
    """Return the record of one measurement."""
    run_id = _hash(plan.dataset, plan.model, plan.embedding_size, plan.epochs, plan.settings, seed)
    energy_j = plan.energy_j
    epochs = plan.epochs or 0
    return RunRecord(
        run_id=run_id,
        measurement_id=_hash(run_id, plan.machine, repeat),
        repeat=repeat,
        created_at="2026-11-24T03:00:00+00:00",
        model=plan.model,
        preset="recommended",
        embedding_size=plan.embedding_size,
        n_layers=2 if plan.embedding_size else None,
        max_epochs=plan.epochs if plan.embedding_size else None,
        seed=seed,
        settings={
            "dataset": plan.dataset,
            "split": {"protocol": "ratio"},
            "model": plan.model,
            "model_settings": {"embedding_size": plan.embedding_size},
            "training": {"epochs": plan.epochs} if plan.embedding_size else None,
            "seed": seed,
            **plan.settings,
        },
        command=f"ecorec run --models {plan.model} --seeds {seed}",
        data=DataRecord(
            name=plan.dataset, fingerprint=_hash(plan.dataset), n_users=n_users, n_items=1099,
            n_interactions=44613, density=0.0197, sparsity=0.9803,
            filters=("10-core over all interactions",),
        ),
        split=SplitRecord(
            protocol="ratio 80/10/10 of each user, random order", seed=1, n_train=36000,
            n_valid=4300, n_test=4300, n_users_without_train=0, n_users_without_test=0,
        ),
        machine=Hardware(
            machine_id=plan.machine, boot_id="boot", cpu="AMD EPYC", n_cpus=2,
            memory_bytes=8 << 30, gpus=(), virtualised=True, os="Linux 6.1",
            watts_per_cpu=WATTS, watts_source="the processor's name matches no rated part",
            watts_method="assumed",
        ),
        threads=2,
        device="cpu",
        dtype="float32",
        kernel=plan.kernel if plan.embedding_size else "none",
        versions={"ecorec": "0.1.0", "torch": "2.13.0", "python": "3.11.2"},
        n_parameters=3158 * (plan.embedding_size or 9),
        cost=_cost(plan, n_users),
        epochs=tuple(
            EpochRecord(
                epoch=i + 1, train_s=0.1, train_cpu_s=0.2,
                train_j=0.7 * energy_j / epochs if energy_j is not None else None,
                loss=0.7 * 0.93**i,
                validation=_validated(plan) * (1 - 0.8 ** (i + 3)) if i % 5 == 4 else None,
            )
            for i in range(epochs if plan.embedding_size else 0)
        ),
        best_epoch=epochs - 5 if plan.embedding_size else None,
        undertrained=False,
        selection_metric="ndcg@10" if plan.embedding_size else "",
        validation={} if plan.embedding_size else _validation(plan),
        phases=tuple(
            reading(name, None if energy_j is None else energy_j * share, plan.ranges)
            for name, share in SHARES.items()
        ),
        total=reading("total", energy_j, plan.ranges),
        isolation=Isolation(
            foreign_share=plan.foreign_share, steal_share=0.0, throttle_events=None
        ),
        metering_s=0.01,
        attempts=1,
        peak_memory_bytes=400 << 20,
        codecarbon=CodeCarbonRecord(
            version="3.3.2", duration_s=12.0, energy_j=4.5 * (energy_j or 0.0), cpu_j=1.0,
            gpu_j=0.0, ram_j=1.0, cpu_w=8.0, ram_w=20.0, emissions_g=None, country=None,
            intensity_g_per_kwh=None, method="constant", startup_s=0.4,
        ),
        n_eval_users=n_users,
        metrics=metrics,
    )  # fmt: skip


def _validated(plan: Plan) -> float:
    return plan.ndcg if plan.validation is None else plan.validation


def _validation(plan: Plan) -> dict[str, float]:
    return {"ndcg@10": _validated(plan), "recall@10": 0.9 * _validated(plan)}


def _cost(plan: Plan, n_users: int) -> Cost:
    entry = MODELS[plan.model]
    config = entry.config(
        **({"embedding_size": plan.embedding_size} if plan.embedding_size else {})
    )
    batch_size = 2048 if plan.embedding_size else None
    return entry.cost(config, Problem.even(n_users, 1099, 36000, batch_size))


def calibration(machine: Hardware, threads: int = 2, rate: float = 1e10) -> Calibration:
    """Return the rates of a machine that does everything at the same one."""
    return Calibration(
        hardware=machine, threads=threads, measured_at="2026-11-24T03:00:00+00:00", versions={},
        cached_rows_bytes_per_s=rate, distant_rows_bytes_per_s=rate, stream_bytes_per_s=rate,
        dense_multiply_adds_per_s=rate,
    )  # fmt: skip


@dataclass(frozen=True)
class Synthetic:
    """Records and the per-user metrics that belong to them."""

    records: list[RunRecord]
    frames: dict[str, pl.DataFrame]

    def study(self, path: Path, *, grid: GridSettings | None = None, name: str = "A study"
              ) -> StoredStudy:  # fmt: skip
        """Write the study into a folder, as the study layer does, and return it."""
        return write_study(self, path, grid or GridSettings(), name)


def synthesise(plans: list[Plan], n_users: int = 500, seed: int = 0) -> Synthetic:
    """Draw a study: users differ, all configurations serve them alike but for their own noise."""
    rng = np.random.default_rng(seed)
    easy = rng.normal(0, 0.05, n_users)
    easy -= easy.mean()
    records, frames = [], {}
    for plan in plans:
        taste = rng.normal(0, plan.user_sd, n_users)
        for model_seed in plan.seeds:
            shift = rng.normal(0, plan.seed_sd) if plan.seed_sd else 0.0
            # Centred, so that what varies between seeds is the shift and nothing else.
            values = plan.ndcg + easy + (taste - taste.mean()) * (n_users > 1) + shift
            frame = _frame(values)
            metrics = {name: float(frame[name].mean()) for name in frame.columns[2:]}  # type: ignore[arg-type]
            metrics |= {"coverage@10": 0.4, "gini@10": 0.7, "popularity@10": 120.0}
            for repeat in range(1, plan.repeats + 1):
                records.append(record(plan, model_seed, repeat, metrics, n_users))
                frames[records[-1].run_id] = frame
    return Synthetic(records, frames)


def _frame(ndcg: NDArray[np.float64]) -> pl.DataFrame:
    columns: dict[str, Any] = {
        "user": [f"u{i}" for i in range(ndcg.size)],
        "n_relevant": np.full(ndcg.size, 2),
    }
    for k, scale in ((10, 1.0), (100, 1.8)):
        for i, name in enumerate(METRICS):
            columns[f"{name}@{k}"] = ndcg * scale * (1.0 if name == "ndcg" else 0.5 + 0.4 * i)
    return pl.DataFrame(columns)


def write_study(synthetic: Synthetic, path: Path, grid: GridSettings, name: str) -> StoredStudy:
    """Write records and per-user metrics in the layout of a study's folder."""
    info = StudyInfo(
        name=name, description="Synthetic records.", preset="recommended", metric="ndcg@10",
        grid=grid, created_at="2026-11-24T03:00:00+00:00",
        machines=(synthetic.records[0].machine,), warmups=(reading("warmup", 12.0),),
        calibrations=(calibration(synthetic.records[0].machine),), waiting="passive",
    )  # fmt: skip
    (path / "runs").mkdir(parents=True)
    (path / "study.json").write_text(info.model_dump_json())
    for item in synthetic.records:
        folder = path / "runs" / item.run_id
        target = folder / "record.json"
        if target.exists():
            target = folder / "measurements" / f"{item.measurement_id}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(item.model_dump_json())
        synthetic.frames[item.run_id].write_parquet(folder / "per_user.parquet")
    return StoredStudy(path, info, list(synthetic.records))


def quickstart(seed: int = 4) -> Synthetic:
    """Return a study of the quick start's shape, with plausible figures."""
    plans = [
        Plan("popularity", None, 0.141, 0.9, seeds=(None,)),
        Plan("itemknn", None, 0.167, 1.3, seeds=(None,)),
    ]
    truth = {
        "ngcf": ([0.148, 0.153, 0.155, 0.154], 22.0),
        "lightgcn": ([0.155, 0.162, 0.165, 0.164], 12.0),
        "simgcl": ([0.172, 0.178, 0.1785, 0.178], 26.0),
        "lightgcl": ([0.160, 0.166, 0.168, 0.167], 17.0),
    }
    for model, (qualities, base_j) in truth.items():
        for size, ndcg in zip((32, 64, 128, 256), qualities, strict=True):
            energy_j = base_j * (0.35 + 0.65 * size / 64)
            seeds = (1, 2, 3) if size == 64 else (1,)
            plans.append(Plan(model, size, ndcg, energy_j, seeds, seed_sd=0.0008))
    return synthesise(plans, n_users=2059, seed=seed)


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
