"""Dense products of a training step by MKL and by oneDNN, in Gflop/s on this CPU.

    python benchmarks/dense.py

The products of a contrast of 170 rows with 6,040 others at size 64, of its two gradients, and of a
layer of NGCF on 9,746 nodes, in float32 with one thread: the third fastest of 15 tries. Says, too,
which of the two `ecorec.graph.inner` takes here.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import torch
from torch import Tensor

from ecorec.energy.hardware import describe_machine
from ecorec.graph.inner import by_mkl, by_onednn, takes_onednn

TRIES = 15
PRODUCTS = {
    "contrast": (170, 64, 6040),
    "gradient of its rows": (170, 6040, 64),
    "gradient of the others": (64, 170, 6040),
    "layer of NGCF": (9746, 128, 64),
}
"""Name -> rows, what is summed over, columns."""


def rate(product: Callable[[Tensor, Tensor], Tensor], rows: int, size: int, columns: int) -> float:
    """Return the Gflop/s of a product."""
    left, right = torch.randn(rows, size), torch.randn(columns, size)
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        product(left, right)
        seconds.append(time.perf_counter() - began)
    return 2e-9 * rows * size * columns / sorted(seconds)[2]


def main() -> None:
    """Print a table."""
    torch.set_num_threads(1)
    machine, today = describe_machine(), datetime.now(UTC).date()
    print(f"{today}, {machine.in_words}, torch {torch.__version__}, one thread")
    print(f"ecorec takes {'oneDNN' if takes_onednn() else 'MKL'} here\n")
    print("| product | rows x size x columns | MKL Gflop/s | oneDNN Gflop/s | |")
    print("| --- | --- | --- | --- | --- |")
    for name, (rows, size, columns) in PRODUCTS.items():
        mkl, onednn = (rate(product, rows, size, columns) for product in (by_mkl, by_onednn))
        shape = f"{rows:,} x {size:,} x {columns:,}"
        print(f"| {name} | {shape} | {mkl:.0f} | {onednn:.0f} | x {onednn / mkl:.2f} |")


if __name__ == "__main__":
    main()
