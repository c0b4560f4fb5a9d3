"""Which of the machine's boards torch means by `cuda:1`: CUDA numbers the visible ones only."""

import os

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Names the boards that CUDA sees, in its order, by the driver's numbers or by UUID."""


class NoBoardError(Exception):
    """No board of the driver's is known to be meant; the message says why."""


def index_of(device: str) -> int:
    """Return the number in torch's name of a GPU: 1 of `cuda:1`, 0 of `cuda`."""
    return int(device.partition(":")[2] or 0)


def visible_boards() -> tuple[str, ...] | None:
    """Return how the visible boards are named, in CUDA's order; `None` if all are visible."""
    names = os.environ.get(VISIBLE)
    return None if names is None else tuple(name.strip() for name in names.split(","))


def are_numbered() -> bool:
    """Return whether the visible boards are named by the driver's numbers alone."""
    return all(name.isdecimal() for name in visible_boards() or ())


def board_number(device: str) -> int:
    """Return the driver's number of the board that torch calls `device`.

    Args:
        device: `cuda` or `cuda:1`.

    Raises:
        NoBoardError: It is a slice of a board (MIG), or no visible one.
        pynvml.NVMLError: The driver does not answer.
    """
    index, visible = index_of(device), visible_boards()
    if visible is None:
        return index
    # CUDA does not look behind a name that it does not know.
    known = [name.isdecimal() or name.startswith(("GPU-", "MIG-")) for name in visible]
    if not all(known[: index + 1]) or index >= len(visible):
        message = f"{VISIBLE}={','.join(visible)} leaves no {device}"
        raise NoBoardError(message)
    name = visible[index]
    if name.startswith("MIG-"):
        message = f"{name} is a slice of a board (MIG), and only whole boards count their joules"
        raise NoBoardError(message)
    return int(name) if name.isdecimal() else _number_of(name)


def _number_of(uuid: str) -> int:
    """Return the driver's number of a board by its UUID, or by as much of it as CUDA takes."""
    import pynvml

    pynvml.nvmlInit()
    numbers = range(pynvml.nvmlDeviceGetCount())
    known = [pynvml.nvmlDeviceGetUUID(pynvml.nvmlDeviceGetHandleByIndex(n)) for n in numbers]
    found = [number for number, name in zip(numbers, known, strict=True) if name.startswith(uuid)]
    if len(found) != 1:
        message = f"{VISIBLE} names {uuid}, and the driver has {', '.join(known) or 'no board'}"
        raise NoBoardError(message)
    return found[0]
