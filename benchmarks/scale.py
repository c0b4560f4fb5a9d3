"""What a data set of any size takes to train on, by formula: memory, CPU seconds, traffic, joules.

    python benchmarks/scale.py --users 100000000 --items 10000000 --interactions 10000000000 \
        --embedding-size 64 --processes 4 --batch-size 8388608

LightGCN on the CPU, columns shared by some processes. The constants were measured by
`benchmarks/large_graph.py`; `docs/explanation/scale.md` compares the formulas with what ran.
"""

import argparse
from dataclasses import dataclass

from ecorec.units import format_bytes, format_energy

LIBRARIES = 0.35e9
"""Bytes of a process before it has any data."""
BYTES_AN_INTERACTION = 88
"""Split (16), sampler (16), an epoch's order and triples (32), a sort's rest."""
TABLES = 7.5
"""Tables at the peak of a step: parameters, moments, gradients, layers."""
NS_AN_EDGE_AND_COLUMN = 0.60
"""CPU nanoseconds to add one number of a neighbour's row, which comes from memory."""
NS_A_NODE_AND_COLUMN = 8.4
"""CPU nanoseconds that a step spends on each number of the table: losses, gradients, Adam."""
NS_A_SCORE = 6.5
"""CPU nanoseconds for each user and item that are ranked, at size 64 and K = 100."""
WATTS = (3.0, 6.0, 9.0)
"""Of a busy logical CPU, assumed."""


@dataclass(frozen=True)
class Plan:
    """A training of LightGCN."""

    users: int
    items: int
    interactions: int
    embedding_size: int
    layers: int
    batch_size: int
    processes: int

    @property
    def nodes(self) -> int:
        """Users and items."""
        return self.users + self.items

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return -(-self.interactions // self.batch_size)

    @property
    def adjacency_bytes(self) -> int:
        """Of each process: neighbours (int32) both ways, row starts, scales."""
        return 8 * self.interactions + 12 * self.nodes

    @property
    def table_bytes(self) -> float:
        """Of one table's columns in a process."""
        return 4 * self.nodes * self.embedding_size / self.processes

    @property
    def interaction_bytes(self) -> int:
        """Of the interactions as whole numbers, in each process."""
        return BYTES_AN_INTERACTION * self.interactions

    @property
    def memory_bytes(self) -> float:
        """Of each process at its peak."""
        held = self.adjacency_bytes + self.interaction_bytes + TABLES * self.table_bytes
        return LIBRARIES + held

    @property
    def epoch_cpu_s(self) -> float:
        """Of all processes together: two products a layer, both directions of every edge."""
        edges = 2 * self.layers * 2 * self.interactions * NS_AN_EDGE_AND_COLUMN
        nodes = self.nodes * NS_A_NODE_AND_COLUMN
        return self.steps * self.embedding_size * (edges + nodes) * 1e-9

    @property
    def sent_bytes(self) -> float:
        """By each process in an epoch, in a ring: a score a pair and a penalty a step."""
        numbers = self.interactions + self.steps
        return 2 * (self.processes - 1) / self.processes * 4 * numbers

    @property
    def gathered_bytes(self) -> int:
        """By the first process for a validation."""
        return 4 * self.nodes * self.embedding_size if self.processes > 1 else 0

    @property
    def ranking_cpu_s(self) -> float:
        """Of one user."""
        return self.items * NS_A_SCORE * 1e-9


def main() -> None:
    """Print the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000_000)
    parser.add_argument("--items", type=int, default=10_000_000)
    parser.add_argument("--interactions", type=int, default=10_000_000_000)
    parser.add_argument("--embedding-size", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=2**23)
    parser.add_argument("--processes", type=int, default=4)
    plan = Plan(**vars(parser.parse_args()))
    joules = [format_energy(plan.epoch_cpu_s * watts) for watts in WATTS]
    for what, value in (
        ("adjacency, each process", format_bytes(float(plan.adjacency_bytes))),
        ("a table's columns, each process", format_bytes(plan.table_bytes)),
        ("interactions, each process", format_bytes(float(plan.interaction_bytes))),
        ("peak memory, each process", format_bytes(plan.memory_bytes)),
        ("steps an epoch", f"{plan.steps:,}"),
        ("CPU s an epoch, all processes", f"{plan.epoch_cpu_s:,.0f}"),
        ("J an epoch, all processes", f"{joules[1]} ({joules[0]} to {joules[2]}), assumed"),
        ("sent an epoch, each process", format_bytes(plan.sent_bytes)),
        ("gathered for a validation", format_bytes(float(plan.gathered_bytes))),
        ("CPU s to rank a user", f"{plan.ranking_cpu_s:,.3g}"),
    ):
        print(f"{what:<34} {value}")


if __name__ == "__main__":
    main()
