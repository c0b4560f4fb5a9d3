"""The energy of one work that several processes share: each joule once."""

from collections.abc import Sequence

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.reading import Reading


def add_processes(name: str, parts: Sequence[tuple[str, Reading]]) -> Reading:
    """Return the sum of readings that were taken at the same time by processes of one work.

    CPU seconds and the joules of a process add up. What was measured of a whole machine counts
    once a machine, by its first process; but a process measures only the GPUs that it uses
    itself, so that theirs add up. The methods stay, and a sum is as good as the worst of its parts.

    Args:
        name: Of the sum.
        parts: The machine of each process, and its reading; the first lasted as long as the work.
    """
    of_processes, of_machines, seen = [], [], set[str]()
    for machine, reading in parts:
        shared = [c for c in reading.components if c.scope == "machine" and c.component != "gpu"]
        own = [item for item in reading.components if item not in shared]
        of_processes.append(reading.model_copy(update={"components": tuple(own)}))
        if machine not in seen:
            of_machines.append(reading.model_copy(update={"components": tuple(shared)}))
        seen.add(machine)
    total = add_readings(name, of_processes)
    return total.model_copy(
        update={
            "duration_s": parts[0][1].duration_s,
            "components": (*total.components, *add_readings(name, of_machines).components),
        }
    )


def add_phases(parts: Sequence[tuple[str, Sequence[Reading]]]) -> tuple[Reading, ...]:
    """Return every phase of a work, with what each process had a part in it.

    Args:
        parts: The machine of each process, and its phases; the first process had all of them.
    """
    found = []
    for phase in parts[0][1]:
        shares = [
            (machine, reading)
            for machine, phases in parts
            for reading in phases
            if reading.name == phase.name
        ]
        found.append(add_processes(phase.name, shares))
    return tuple(found)
