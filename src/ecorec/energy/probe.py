"""Asking a meter outside of the machine for a number: by a command, or from Prometheus."""

import json
import shlex
from collections.abc import Callable, Sequence
from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import urlopen

from ecorec.energy.meter_command import run_command

TIMEOUT_S = 5.0
"""A meter that takes longer has not answered."""

Probe = Callable[[], float]
"""Asks once; raises `ProbeError`."""


class ProbeError(Exception):
    """A meter gave no number; the message says why, on one line."""


def command_probe(words: Sequence[str]) -> Probe:
    """Return a probe that runs a command, which must print one number and nothing else.

    Args:
        words: Program and arguments, e.g. `["read-plug", "--host", "10.0.0.7", "--watts"]`.
    """
    command = shlex.join(words)

    def ask() -> float:
        try:
            code, printed, complaint = run_command(words, TIMEOUT_S)
        except TimeoutError:
            message = f"`{command}` took longer than {TIMEOUT_S:g} s"
            raise ProbeError(message) from None
        except (OSError, ValueError) as error:
            message = f"`{command}` cannot be run: {getattr(error, 'strerror', error)}"
            raise ProbeError(message) from None
        if code != 0:
            said = complaint.strip().splitlines()[-1:] or ["nothing"]
            message = f"`{command}` ended with code {code} and said: {said[0]}"
            raise ProbeError(message)
        try:
            return float(printed)
        except ValueError:
            message = f"`{command}` printed `{printed.strip()[:40]}`, which is no number"
            raise ProbeError(message) from None

    return ask


def prometheus_probe(url: str, query: str) -> Probe:
    """Return a probe that evaluates a query, which must yield exactly one series.

    Args:
        url: Of the Prometheus server, e.g. `http://localhost:9090`.
        query: In its language, e.g. `plug_power_watts{host="gpu3"}`.
    """
    address = f"{url.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"

    def ask() -> float:
        try:
            with urlopen(address, timeout=TIMEOUT_S) as answer:
                found = json.load(answer)["data"]
            series = [found["result"]] if found["resultType"] == "scalar" else found["result"]
            if found["resultType"] != "scalar":
                series = [item["value"] for item in series]
            if len(series) != 1:
                message = f"`{query}` at {url} yields {len(series)} series, not one"
                raise ProbeError(message)
            return float(series[0][1])
        except (OSError, HTTPException) as error:
            message = f"{url} does not answer `{query}`: {getattr(error, 'reason', error)}"
            raise ProbeError(message) from None
        except (ValueError, LookupError, TypeError) as error:
            message = f"{url} answers `{query}` in a form that Prometheus does not: {error!r}"
            raise ProbeError(message) from None

    return ask
