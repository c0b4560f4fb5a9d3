"""Saturation: the highest rate of answers, found with more and more connections."""

import time

from ecorec.errors import EcorecError
from ecorec.serving.load.client import n_distinct, prepares_s
from ecorec.serving.load.loaded_server import LEAD_S, LoadedServer, refuse_errors
from ecorec.serving.load.window import n_within
from ecorec.serving.record import Saturation

GAIN = 1.05
"""More connections are better if they raise the rate by this factor; after two trials that do not,
the search ends."""

SEARCH_SHARE = 10
"""A window lasts this many times as long as a trial of the search."""


def find_saturation(server: LoadedServer) -> Saturation:
    """Return the highest rate of answers in a closed loop, over 1, 2, 4, … connections.

    Raises:
        EcorecError: The server or the client ended, the server answers with errors, or not within
            a trial.
    """
    tried: list[tuple[int, float]] = []
    shares: list[tuple[float, float]] = []
    best, misses, connections = 0.0, 0, 1
    while misses < 2 and connections <= server.settings.connections:
        rate, share = _trial(server, connections)
        tried.append((connections, rate))
        shares.append(share)
        misses = 0 if rate > GAIN * best else misses + 1
        best = max(best, rate)
        connections *= 2
    if best == 0:
        message = f"no answer came within a trial of {_trial_s(server):g} s"
        hint = "give a longer --window-s (a trial is a tenth of it), or ask for less at a time"
        raise EcorecError(message, hint=hint)
    at = max(range(len(tried)), key=lambda i: tried[i][1])
    return Saturation(
        requests_per_s=best,
        connections=tried[at][0],
        tried=tuple(tried),
        server_cpu_share=shares[at][0],
        client_cpu_share=shares[at][1],
    )


def _trial(server: LoadedServer, connections: int) -> tuple[float, tuple[float, float]]:
    """Return answers a second, and CPU seconds a second of the server and of the client."""
    seconds = _trial_s(server)
    ramp_s = 0.2 * seconds
    users = server.settings.users_per_request
    begin_s = time.monotonic() + LEAD_S + prepares_s(n_distinct(users), users)
    server.client.begin(
        server.job(loop="closed", begin_s=begin_s, duration_s=ramp_s + seconds,
                   connections=connections)
    )  # fmt: skip
    first, last = server.look_at([begin_s + ramp_s, begin_s + ramp_s + seconds])
    found = server.client.result()
    refuse_errors(found)
    length_s = last.server.at_s - first.server.at_s
    n = n_within(found.done_s[found.answered], first.server.at_s, last.server.at_s)
    shares = (
        (last.server.cpu_s - first.server.cpu_s) / length_s,
        (last.client.cpu_s - first.client.cpu_s) / length_s,
    )
    return n / length_s, shares


def _trial_s(server: LoadedServer) -> float:
    return max(0.5, server.settings.window_s / SEARCH_SHARE)
