"""Record the RecBole logs: python -m tests.analysis.recbole.record .venv-recbole/bin/python

RecBole 1.2.1 (`make bench` installs it) trains for three epochs on the data of the quick start;
its log file is kept as it wrote it, but for the folder that it ran in.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset

HERE = Path(__file__).parent

RATIO = {"split": {"RS": [0.8, 0.1, 0.1]}, "group_by": "user", "order": "RO", "mode": "full"}
LEAVE_ONE_OUT = {
    "split": {"LS": "valid_and_test"},
    "group_by": "user",
    "order": "TO",
    "mode": "full",
}
RUNS = {
    "LightGCN": {"eval_args": RATIO, "embedding_size": 32, "topk": [10, 100]},
    "BPR": {"eval_args": LEAVE_ONE_OUT, "embedding_size": 16, "topk": [10]},
}

PROGRAM = """
import sys
import types
ray = types.ModuleType("ray")  # only its tuner needs it
ray.tune = None
sys.modules["ray"] = ray
model, told = sys.argv[1], eval(sys.argv[2])
sys.argv = sys.argv[:1]
from recbole.quick_start import run_recbole
run_recbole(model=model, dataset="movietweetings", config_dict=told)
"""


def main(python: str) -> None:
    """Write the data as RecBole's atomic file, run it, and take its logs."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "movietweetings"
        data.mkdir()
        whole = load_dataset("movietweetings", DataSettings(k_core=10)).interactions
        columns = {
            "user_id:token": whole.user_ids[whole.users],
            "item_id:token": whole.item_ids[whole.items],
            "timestamp:float": whole.timestamps,
        }
        pl.DataFrame(columns).write_csv(data / "movietweetings.inter", separator="\t")
        for model, settings in RUNS.items():
            told = {
                "data_path": folder, "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
                "epochs": 3, "seed": 1, "use_gpu": False, "show_progress": False,
                "metrics": ["Recall", "MRR", "NDCG", "Hit", "Precision"], **settings,
            }  # fmt: skip
            words = [python, "-c", PROGRAM, model, repr(told)]
            # RecBole reads its own checkpoint in a way that torch 2.6 no longer expects.
            told_torch = os.environ | {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
            subprocess.run(words, cwd=folder, check=True, env=told_torch)
            (log,) = (Path(folder) / "log" / model).glob("*.log")
            (HERE / f"{model}.log").write_text(log.read_text().replace(folder, "data"))


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()))
