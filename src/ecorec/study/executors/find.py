"""The executor that a study asks for."""

from ecorec.energy.hardware import Hardware
from ecorec.errors import InputError
from ecorec.study.executors.local import LocalExecutor
from ecorec.study.executors.protocol import Executor
from ecorec.study.executors.settings import ExecutorSettings


def find_executor(settings: ExecutorSettings, hardware: Hardware) -> Executor:
    """Return what will run a study.

    Args:
        settings: What was asked for.
        hardware: This machine.

    Raises:
        InputError: Settings that do not go together, or Ray is not installed.
    """
    if settings.kind != "ray" and settings.address is not None:
        message = f"--address {settings.address} belongs to --executor ray, not {settings.kind}"
        raise InputError(message, hint="add --executor ray, or drop --address")
    if settings.kind == "process":
        from ecorec.study.executors.process import ProcessExecutor

        return ProcessExecutor(settings, hardware)
    if settings.kind == "ray":
        from ecorec.study.executors.ray_cluster import RayExecutor

        return RayExecutor(settings)
    if settings.workers not in (None, 1) or settings.exclusive is False:
        said = f"--workers {settings.workers}" if settings.workers else "--shared"
        message = f"{said}: --executor local has one run at a time"
        raise InputError(message, hint="add --executor process or --executor ray")
    return LocalExecutor()
