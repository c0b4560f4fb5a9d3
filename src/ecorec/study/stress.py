"""Measures a stored run under load: its index alone, its HTTP server, one record of both."""

import importlib.util
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ecorec.energy.counter_test import without_failing
from ecorec.energy.detect import find_sensors
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.sensor import Sensor
from ecorec.errors import InputError
from ecorec.serving.index import Kind
from ecorec.serving.limits import Limits
from ecorec.serving.load.cautions import ALONE
from ecorec.serving.load.client import LoadClient
from ecorec.serving.load.ladder import Ladder, LadderResult
from ecorec.serving.load.pinning import Pinning, choose_cpus
from ecorec.serving.load.saturation import SEARCH_SHARE
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.target import Target, largest_body
from ecorec.serving.manifest import FILE, Manifest
from ecorec.serving.record import Direct, IndexRecord, Refresh, Saturation, ServingRecord, Step
from ecorec.serving.storage import StoredIndex
from ecorec.serving.store import check_writable, write_serving
from ecorec.study.index import find_index, index_run, open_index
from ecorec.study.index_alone import BLOCKS, DIRECT_SHARE, ask_alone
from ecorec.study.machine import versions
from ecorec.study.run_settings import short_hash
from ecorec.study.server_process import running_server
from ecorec.study.store import read_record
from ecorec.study.stored import machine_for

Tell = Callable[[str, Direct | Refresh | Saturation | Step | Manifest], None]
"""Called with a name and what was measured, as soon as it was."""


def seconds_of(settings: LoadSettings, *, http: bool) -> float:
    """Return about how long a measurement takes, without building an index."""
    alone = (len(BLOCKS) + 1) * settings.window_s / DIRECT_SHARE
    if not http:
        return alone
    trials = 8 * (settings.window_s / SEARCH_SHARE * 1.2 + 0.5)
    windows = (len(settings.steps) + 1) * (settings.window_s + settings.ramp_s + 0.5)
    return alone + trials + windows


def stress_run(
    run: Path,
    kind: Kind | None,
    settings: LoadSettings,
    *,
    http: bool = True,
    data_path: Path | None = None,
    tell: Tell = lambda name, found: None,
) -> tuple[Path, ServingRecord]:
    """Measure a run in use, and store the record beside it.

    Args:
        run: The run's folder.
        kind: Kind of its index, built if missing; if not given, the one that serves the model as it
            is.
        settings: What is asked, and for how long.
        http: Whether the server is measured as well.
        data_path: Where catalogue data sets are looked for, if an index has to be built.
        tell: Called after every step.

    Returns:
        The record's file, and the record.

    Raises:
        StudyError: The folder holds no run, or cannot be written to.
        InputError: The model has no index of this kind, or k does not fit it.
        EcorecError: The server fails.
    """
    of_run = read_record(run)
    if http and importlib.util.find_spec("uvicorn") is None:
        message = "the server needs uvicorn, which is not installed"
        raise InputError(message, hint="pip install 'ecorec[serve]', or --no-http: the index alone")
    check_writable(run)
    stored = _index_of(run, kind, data_path, tell)
    manifest = stored.manifest
    _check_k(settings.k, manifest)
    hardware = machine_for(of_run)
    pinning = choose_cpus()
    sensors = without_failing(find_sensors(hardware))
    watch = IsolationWatch()
    direct, refresh = ask_alone(stored.index, sensors, pinning.server, settings, tell)
    beside = watch.isolation()
    found = _behind_http(run, stored, sensors, pinning, settings, tell) if http else None
    made = datetime.now(UTC).isoformat(timespec="seconds")
    about = [manifest.run_id, manifest.version, hardware.machine_id, hardware.boot_id, made]
    record = ServingRecord(
        run_id=of_run.run_id,
        serving_id=short_hash([*about, settings.model_dump(mode="json")]),
        created_at=made,
        index=_about_index(manifest, settings.k),
        settings=settings,
        machine=hardware,
        versions=versions(),
        pinning=pinning.in_words(),
        saturation=found.saturation if found else None,
        idle=found.idle if found else None,
        steps=found.steps if found else (),
        direct=direct,
        refresh=refresh,
        warnings=(
            *(f"{ALONE}{text}" for text in (beside.warnings if beside else ())),
            *(found.warnings if found else ()),
        ),
    )
    return write_serving(run, record), record


def _index_of(run: Path, kind: Kind | None, data_path: Path | None, tell: Tell) -> StoredIndex:
    if not (find_index(run, kind) / FILE).is_file():
        folder, manifest = index_run(run, kind, data_path=data_path)
        tell("index built", manifest)
        return open_index(folder, None)
    return open_index(run, kind)


def _check_k(k: int, manifest: Manifest) -> None:
    longest = manifest.list_length or manifest.n_items
    if k > longest:
        what = "stored lists" if manifest.list_length else "catalogue"
        message = f"k = {k} is more than the {what} of {longest} items"
        raise InputError(message, hint=f"ask for --k of at most {longest}")


def limits_for(settings: LoadSettings, user_ids: Sequence[str]) -> Limits:
    """Return the limits of a server that answers all that these users are going to ask for.

    They are the usual ones, but where more is asked for: that is not turned away.
    """
    usual, n_users = Limits(), settings.users_per_request
    return Limits(
        max_k=max(usual.max_k, settings.k),
        max_batch=max(usual.max_batch, n_users),
        max_body_bytes=max(usual.max_body_bytes, largest_body(user_ids, n_users, settings.k)),
        # Every connection may have a request that waits.
        max_waiting=max(usual.lists_waiting, n_users * settings.connections),
    )


def _about_index(manifest: Manifest, k: int) -> IndexRecord:
    recall = next((item for item in manifest.recall if item.k == k), None)
    return IndexRecord(
        kind=manifest.kind,
        version=manifest.version,
        n_users=manifest.n_users,
        n_items=manifest.n_items,
        size_bytes=manifest.index_bytes,
        build=manifest.build,
        recall=recall.recall if recall else None,
        recall_k=recall.k if recall else None,
    )


def _behind_http(
    run: Path,
    stored: StoredIndex,
    sensors: tuple[Sensor, ...],
    pinning: Pinning,
    settings: LoadSettings,
    tell: Tell,
) -> LadderResult:
    users = tuple(stored.users.ids)
    limits = limits_for(settings, users)
    with running_server(run, stored.manifest.kind, pinning.server, limits) as server:
        target = Target(
            host=server.host,
            port=server.port,
            user_ids=users,
            k=settings.k,
            api_key=server.api_key,
        )
        with LoadClient(target, pinning.client) as client:
            return Ladder(client, server.pid, sensors, settings, tell).run()
