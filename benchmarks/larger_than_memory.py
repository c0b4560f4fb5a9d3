"""What reading a folder of Parquet and mapping a graph into memory save: peak memory, CPU seconds.

    python benchmarks/larger_than_memory.py --rows 4000000

Each way runs in a process of its own, whose peak is that of `VmHWM`, less what it held before it
began (libraries). Interactions by power laws, with long ids and a column of text that nobody
needs; the same rows as one file and as a folder of 16. Then LightGCN's graph and table from the
folder, in memory and mapped; here what counts is `RssAnon`, which the system cannot take back:
pages of mapped files it can. That both ways give the same is checked as well.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

FILES = 16


def write(folder: Path, n_rows: int) -> None:
    """Write the same rows as one file and as a folder."""
    (folder / "many").mkdir()
    rng = np.random.default_rng(1)
    frames = []
    for at in range(FILES):
        n = n_rows // FILES
        users = (n_rows / 8 * rng.random(n) ** 2).astype(np.int64)
        items = (n_rows / 16 * rng.random(n) ** 2).astype(np.int64)
        frame = pl.DataFrame({"user": users, "item": items}).select(
            pl.format("customer-{}", pl.col("user")).alias("user"),
            pl.format("article-{}", pl.col("item")).alias("item"),
            pl.lit(1_700_000_000 + at).alias("timestamp"),
            pl.format("a remark on {} by {} that nobody reads", "item", "user").alias("remark"),
        )
        frame.write_parquet(folder / "many" / f"part-{at:02}.parquet")
        frames.append(frame)
    pl.concat(frames).write_parquet(folder / "one.parquet")


def status(field: str) -> int:
    """Return a field of this process's status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def measured(what: str, folder: Path) -> dict[str, object]:
    """Do one thing in this process; return what it took."""
    import torch

    from ecorec.data.load import load_dataset
    from ecorec.graph.bipartite import BipartiteGraph
    from ecorec.models.lightgcn import LightGCN, LightGCNConfig

    load_dataset("synthetic:block")
    before, began = status("VmRSS"), time.process_time()
    anonymous = status("RssAnon")
    data = load_dataset(str(folder / ("one.parquet" if what == "one file" else "many")))
    whole = data.interactions
    result = whole.fingerprint()
    if what.startswith("graph"):
        place = folder / "mapped" if what.endswith("mapped") else None
        if place is not None:
            place.mkdir(exist_ok=True)
        anonymous, began = status("RssAnon"), time.process_time()
        graph = BipartiteGraph(whole.users, whole.items, whole.n_users, whole.n_items, folder=place)
        model = LightGCN(LightGCNConfig(), graph, torch.Generator().manual_seed(1))
        digest = hashlib.sha256(graph.adjacency.indices.tobytes())
        digest.update(model.nodes.detach().numpy().tobytes())
        result = digest.hexdigest()
    return {
        "peak_mb": (status("VmHWM") - before) / 1e6,
        "anonymous_mb": (status("RssAnon") - anonymous) / 1e6,
        "cpu_s": time.process_time() - began,
        "result": result,
    }


def main() -> None:
    """Write the data, take each way in a process, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--folder", type=Path, help="on a disk; a temporary one, if not given")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(measured(asked.way, asked.folder)))
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        write(Path(name), asked.rows)
        found = {}
        for way in ("one file", "folder", "graph", "graph, mapped"):
            command = [sys.executable, __file__, "--way", way, "--folder", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[way] = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{way:<14} peak {found[way]['peak_mb']:8.0f} MB   anonymous afterwards "
                f"{found[way]['anonymous_mb']:8.0f} MB   {found[way]['cpu_s']:6.1f} CPU s",
                flush=True,
            )
    for one, other in (("one file", "folder"), ("graph", "graph, mapped")):
        same = found[one]["result"] == found[other]["result"]
        print(f"`{one}` and `{other}` give the same: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
