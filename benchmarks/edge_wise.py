"""An epoch of LightGCN: our kernel against the message-by-message step of the paper's code.

    python benchmarks/edge_wise.py [--dataset ml-100k] [--data-path FOLDER]

Both train the same model on the same batches in one process, interleaved; only the
propagation kernel differs. `edge-wise` gathers, multiplies and scatters every message and
leaves the gradient to autograd. Prints seconds an epoch (median step x steps) and the ratio.
"""

import argparse
import statistics
import time
from pathlib import Path

from ecorec.energy.waiting import wait_passively

wait_passively()

import numba  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from ecorec.data.dataset import DataSettings  # noqa: E402
from ecorec.data.load import load_dataset  # noqa: E402
from ecorec.data.sampling import PairSampler  # noqa: E402
from ecorec.data.splitting import SplitSettings, make_split  # noqa: E402
from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.lightgcn import LightGCN, LightGCNConfig  # noqa: E402
from ecorec.study.machine import use_threads  # noqa: E402

STEPS = {"fixed-width": 20, "library": 20, "edge-wise": 5}
"""Steps a round; rounds alternate between the kernels."""
ROUNDS = 3


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--data-path", type=Path)
    parser.add_argument("--embedding-size", type=int, default=64)
    asked = parser.parse_args()
    dataset = load_dataset(asked.dataset, DataSettings(), data_path=asked.data_path)
    train = make_split(dataset, SplitSettings(), 1).train
    batches = list(PairSampler(train, 2048, np.random.default_rng(1)).epoch())
    use_threads(torch.get_num_threads(), (train.n_users + train.n_items) * asked.embedding_size)
    models = {}
    for kernel in STEPS:
        graph = BipartiteGraph(
            train.users, train.items, train.n_users, train.n_items, kernel=kernel
        )
        config = LightGCNConfig(embedding_size=asked.embedding_size)
        model = LightGCN(config, graph, torch.Generator().manual_seed(1))
        models[kernel] = model, torch.optim.Adam(model.parameters(), fused=True)
    times: dict[str, list[float]] = {kernel: [] for kernel in STEPS}
    for round_ in range(ROUNDS + 1):
        for kernel, (model, optimizer) in models.items():
            for batch in batches[: STEPS[kernel]]:
                start = time.perf_counter()
                optimizer.zero_grad(set_to_none=True)
                model.loss(batch).backward()
                optimizer.step()
                if round_:  # the first round warms up
                    times[kernel].append(time.perf_counter() - start)
    ours = statistics.median(times["fixed-width"])
    print(
        f"LightGCN d={asked.embedding_size}, 2 layers, {asked.dataset}: {len(train):,} training "
        f"interactions, {len(batches)} steps an epoch, "
        f"{numba.get_num_threads()} threads, torch's own loops on {torch.get_num_threads()}"
    )
    for kernel, found in times.items():
        step = statistics.median(found)
        print(f"{kernel:<12} {step * len(batches):8.3f} s/epoch  {step / ours:6.1f} x")


if __name__ == "__main__":
    main()
