"""`make bench`: ecorec beside what others run, in one go; writes results/MACHINE.json and .md.

    python benchmarks/bench.py [--quick] [--dataset ml-1m] [--models lightgcn,ngcf] ...

Every system trains the same model on the same split with the same batch size, in a process of its
own, and they are measured in turn: ratios hold where seconds do not, on a machine with other work.
A system takes as many steps as fit into `--budget-s`, and an epoch is so many times more. Libraries
run as they come; only ecorec lets waiting threads sleep. A system that is not installed is a row
that says so. See README.md in this folder.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from measure import AbsentError, Worker, in_turn, run_part
from table import curve_spread, render
from task import Settings, write_data, write_settings

from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import make_split
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.errors import InputError

LAYERS = {"lightgcn": 2, "ngcf": 3, "simgcl": 2, "lightgcl": 2, "bpr": 0, "als": 0}
IN_RECBOLE = ("lightgcn", "ngcf")
KS = (10, 100)
BATCH_SIZE = 2048
CURVE_SEEDS = (1, 2, 3)
RECBOLE = Path(__file__).parent.parent / ".venv-recbole" / "bin" / "python"


def options() -> argparse.Namespace:
    """Return what was asked for; `--quick` changes the defaults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="two to three minutes, bundled data")
    parser.add_argument("--dataset", help="[default: ml-1m if $ECOREC_DATA has it]")
    parser.add_argument("--data-path", type=Path)
    parser.add_argument("--models", help="`none`: no systems, the roofline only")
    parser.add_argument("--embedding-sizes")
    parser.add_argument(
        "--all-sizes", action="store_true", help="every model at every size, not the first alone"
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--budget-s", type=float, help="seconds of training at a time")
    parser.add_argument("--epochs", type=int, help="of the loss curves; 0 for none")
    parser.add_argument("--max-edges", type=int, help="of the scaling table; 0 for none")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--recbole", type=Path, default=RECBOLE, help="its Python")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    full = {
        "models": "lightgcn,ngcf,simgcl,lightgcl",
        "embedding_sizes": "64,256",
        "rounds": 3,
        "budget_s": 10.0,
        "epochs": 5,
        "max_edges": 16_000_000,
    }
    quick = {
        "models": "lightgcn,ngcf",
        "embedding_sizes": "64",
        "rounds": 2,
        "budget_s": 0.5,
        "epochs": 2,
        "max_edges": 2_000_000,
    }
    asked = parser.parse_args()
    for name, value in (quick if asked.quick else full).items():
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    return asked


def say(words: str) -> None:
    """Tell how it goes, on stderr."""
    print(words, file=sys.stderr, flush=True)


def load(asked: argparse.Namespace) -> tuple[str, Any, dict[str, Any]]:
    """Return the data set's name, its split and what is said of it."""
    names = [asked.dataset] if asked.dataset else ["ml-1m", "movietweetings"]
    if asked.quick and not asked.dataset:
        names = ["movietweetings"]
    for name in names:
        if name == "ml-1m" and len(names) > 1 and not os.environ.get("ECOREC_DATA"):
            continue  # nobody is made to download for a benchmark
        began = time.perf_counter()
        try:
            dataset = load_dataset(name, DataSettings(), data_path=asked.data_path)
        except InputError as error:
            if name == names[-1]:
                raise
            say(f"{name}: {error.message}")
            continue
        load_s = time.perf_counter() - began
        split = make_split(dataset, SplitSettings(), 1)
        told = {
            "name": name,
            "fingerprint": dataset.fingerprint(),
            "n_users": split.train.n_users,
            "n_items": split.train.n_items,
            "n_train": len(split.train),
            "split": split.protocol,
            "load_s": load_s,
            "from_cache": dataset.from_cache,
        }
        return name, split, told
    message = "no data set could be read"
    raise InputError(message, hint="give --dataset and --data-path")


class Bench:
    """The data in a folder, and the machine: what every section is made from."""

    def __init__(self, folder: Path, asked: argparse.Namespace, hardware: Hardware) -> None:
        self.folder, self.asked, self.hardware = folder, asked, hardware

    def task(self, model: str, size: int, seed: int = 1) -> Path:
        """Return the file of one measurement's settings."""
        settings = Settings(model, size, LAYERS[model], BATCH_SIZE, self.asked.threads, seed)
        return write_settings(self.folder, f"{model}-{size}-{seed}", settings)

    def worker(self, name: str, task: Path) -> Worker:
        """Start a system."""
        python = self.asked.recbole if name == "recbole" else Path(sys.executable)
        return Worker(name, task, self.hardware, python)

    def systems(self, n_steps: int) -> list[dict[str, Any]]:
        """Return what each system needs for each model and size."""
        found = []
        turn = partial(
            in_turn, n_steps=n_steps, rounds=self.asked.rounds,
            budget_s=self.asked.budget_s, ks=KS[:1] if self.asked.quick else KS, say=say,
        )  # fmt: skip
        if self.asked.models == "none":
            return found
        sizes, models = self.asked.embedding_sizes.split(","), self.asked.models.split(",")
        for at, size in enumerate(map(int, sizes)):
            # Message by message, the other models take minutes a step at size 256.
            for model in models if not at or self.asked.all_sizes else models[:1]:
                say(f"{model}, size {size}")
                names = ["ecorec", "csr", "coo", "pyg"]
                names += ["recbole"] if model in IN_RECBOLE else []
                task = self.task(model, size)
                start = {name: partial(self.worker, name, task) for name in names}
                found.append({"model": model, "size": size, "rows": turn(start)})
            say(f"no graph, size {size}")
            start = {
                f"implicit {model}": partial(self.worker, "implicit", self.task(model, size))
                for model in ("bpr", "als")
            }
            found.append({"model": "no graph", "size": size, "rows": turn(start)})
        return found

    def curves(self, n_steps: int) -> dict[str, Any]:
        """Return losses of LightGCN epoch by epoch: ecorec under some seeds, and RecBole."""
        found: dict[str, Any] = {"ecorec": []}
        say("loss curves of LightGCN")
        try:
            for seed in CURVE_SEEDS:
                found["ecorec"].append(self._curve("ecorec", seed, n_steps))
            found["recbole"] = self._curve("recbole", CURVE_SEEDS[0], n_steps)
        except AbsentError as error:
            return {**found, "absent": str(error)}
        return {**found, **curve_spread(found["ecorec"], found["recbole"])}

    def _curve(self, name: str, seed: int, n_steps: int) -> list[float]:
        worker = self.worker(name, self.task("lightgcn", 64, seed))
        losses = [worker.ask("steps", n_steps)["value"] for _ in range(self.asked.epochs)]
        worker.close()
        return losses


def main() -> None:
    """Measure everything and write it."""
    asked = options()
    hardware = describe_machine()
    name, split, data = load(asked)
    n_steps = -(-data["n_train"] // BATCH_SIZE)
    machine = re.sub(r"[^a-z0-9]+", "-", f"{hardware.cpu} {hardware.n_cpus} cpus".lower())
    say(f"{name}: {data['n_train']:,} training interactions, {n_steps} steps an epoch")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ecorec-bench-") as temporary:
        bench = Bench(Path(temporary), asked, hardware)
        write_data(bench.folder, split)
        sizes = [int(size) for size in asked.embedding_sizes.split(",")]
        results: dict[str, Any] = {
            "machine": hardware.model_dump(mode="json", exclude={"machine_id", "boot_id"}),
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "threads": asked.threads,
            "rounds": asked.rounds,
            "budget_s": asked.budget_s,
            "batch_size": BATCH_SIZE,
            "data": data,
            "systems": bench.systems(n_steps),
        }
        say("roofline")
        results["roofline"] = [
            run_part("roofline.py", str(bench.task("lightgcn", size))) for size in sizes
        ]
        if asked.epochs:
            results["curves"] = bench.curves(n_steps)
    if asked.max_edges:
        say("scaling")
        words = (str(asked.max_edges), str(asked.threads))
        results["scaling"] = run_part("scaling.py", *words)
    results["took_s"] = time.perf_counter() - began
    asked.out.mkdir(parents=True, exist_ok=True)
    stem = asked.out / (machine.strip("-") + ("-quick" if asked.quick else ""))
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    text = render(results)
    stem.with_suffix(".md").write_text(text)
    print(text)
    say(f"written: {stem}.json, {stem}.md")


if __name__ == "__main__":
    main()
