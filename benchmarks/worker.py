"""One system in a process of its own, which does what it is told on its standard input.

    python worker.py SYSTEM TASK.json

A line is a JSON list, `["steps", 20]`; each is answered by one JSON object. Systems run apart so
that the peak of memory, the CPU time and the threads of one are never another's, and so that
they can be measured in turn: while it waits, a process does nothing.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from task import Task, read_task

MODULES = {
    "ecorec": "systems.ours",
    "csr": "systems.plain",
    "coo": "systems.plain",
    "pyg": "systems.plain",
    "recbole": "systems.recbole_run",
    "implicit": "systems.implicit_run",
}


class System(Protocol):
    """What can be measured."""

    def steps(self, count: int) -> float:
        """Take so many steps of training; return the mean of their losses."""
        ...

    def evaluate(self, k: int) -> float:
        """Rank all items for every user with test items; return NDCG at k."""
        ...


def memory() -> dict[str, int]:
    """Return bytes that this process holds, and the most that it held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return {"resident": int(found["VmRSS"]) * 1024, "peak": int(found["VmHWM"]) * 1024}


def build(name: str, task: Task) -> Any:
    """Return a system, ready to take its first step."""
    module = importlib.import_module(MODULES[name])
    return module.build(name, task)


def answer(system: System, command: str, *words: int) -> dict[str, Any]:
    """Do what one line says."""
    if command == "look":
        return {"cpu_s": time.process_time(), **memory()}
    return {"value": getattr(system, command)(*words)}


def main() -> None:
    """Answer until the input ends."""
    # Libraries print what they like; only answers may reach the reader.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    try:
        system = build(sys.argv[1], read_task(Path(sys.argv[2])))
        say({"ready": memory()["peak"]})
        for line in sys.stdin:
            say(answer(system, *json.loads(line)))
    except Exception as error:
        # Whatever a system stumbles over is its row in the table: the others go on.
        say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})
        raise


if __name__ == "__main__":
    main()
