"""Joules of 1,000 recommendations in closed form, under a model of the CPU and under a counter."""

import numpy as np
import pytest

from ecorec.energy.reading import ComponentEnergy, Method, Reading, Scope
from ecorec.serving.energy import marginal, power_w, total
from ecorec.serving.record import Latency, Slice, Step


def part(joules: float, method: Method, scope: Scope, spread: float) -> ComponentEnergy:
    return ComponentEnergy(
        component="cpu", sensor=method, method=method, scope=scope, energy_j=joules,
        low_j=(1 - spread) * joules, high_j=(1 + spread) * joules,
    )  # fmt: skip


def reading(cpu_s: float, seconds: float, *parts: ComponentEnergy) -> Reading:
    return Reading(name="x", duration_s=seconds, cpu_s=cpu_s, components=parts)


def step(server: Reading, client: Reading, n: int) -> Step:
    return Step(
        load=0.5, offered_per_s=100.0, throughput_per_s=100.0, users_per_request=1,
        n_requests=n, n_errors=0, n_timeouts=0, latency=None, late_p99_s=None, server=server,
        client=client, foreign_share=None,
        slices=(Slice(duration_s=10.0, n_recommendations=n, reading=server),),
    )  # fmt: skip


def test_under_a_model_both_are_the_servers_own_and_one_factor_for_the_range() -> None:
    busy = step(reading(2.0, 10.0, part(12.0, "assumed", "process", 0.5)), reading(1.0, 10.0), 500)
    idle = step(reading(0.1, 5.0, part(0.6, "assumed", "process", 0.5)), reading(0.0, 5.0), 0)
    whole, beyond = total(busy), marginal(busy, idle)
    assert whole is not None
    assert beyond is not None
    assert whole.ends_j == pytest.approx((12.0, 24.0, 36.0))
    # 12 J less 0.12 W for 10 s, over 500.
    assert beyond.ends_j == pytest.approx((10.8, 21.6, 32.4))
    assert (beyond.method, beyond.scope) == ("assumed", "process")


def test_under_a_counter_the_clients_cpu_time_is_not_the_servers() -> None:
    busy = step(
        reading(
            3.0, 10.0,
            part(12.0, "assumed", "process", 0.5), part(200.0, "counter", "machine", 0.0),
        ),
        reading(1.0, 10.0), 1000,
    )  # fmt: skip
    idle = step(reading(0.1, 5.0, part(50.0, "counter", "machine", 0.0)), reading(0.0, 5.0), 0)
    whole, beyond = total(busy), marginal(busy, idle)
    assert whole is not None
    assert beyond is not None
    assert (whole.central_j, whole.scope, whole.method) == (200.0, "machine", "counter")
    # 200 J less 10 W for 10 s, of which the server had 3 of 4 CPU seconds.
    assert beyond.central_j == pytest.approx(75.0)


def test_errors_of_two_windows_of_a_counter_add_up() -> None:
    busy = step(
        reading(1.0, 10.0, part(200.0, "counter", "machine", 0.1)), reading(0.0, 10.0), 1000
    )
    idle = step(reading(0.0, 10.0, part(100.0, "counter", "machine", 0.1)), reading(0.0, 10.0), 0)
    found = marginal(busy, idle)
    assert found is not None
    assert found.ends_j == pytest.approx((180 - 110, 100, 220 - 90))


def test_what_was_not_read_is_absent() -> None:
    nothing = ComponentEnergy(
        component="cpu", sensor="none", method="absent", scope="machine", energy_j=None,
        low_j=None, high_j=None, reason="no counter",
    )  # fmt: skip
    dark = step(reading(1.0, 10.0, nothing), reading(0.0, 10.0), 1000)
    lit = step(reading(1.0, 10.0, part(6.0, "assumed", "process", 0.5)), reading(0.0, 10.0), 1000)
    assert total(dark) is None
    assert marginal(dark, lit) is None
    assert marginal(lit, dark) is None
    assert power_w(dark.server) is None
    assert power_w(lit.server) == pytest.approx((0.3, 0.6, 0.9))


def test_percentiles_are_values_that_were_measured() -> None:
    found = Latency.of(np.arange(1, 101)[::-1] / 1000)
    assert found is not None
    assert (found.p50_s, found.p95_s, found.p99_s, found.max_s) == (0.05, 0.095, 0.099, 0.1)
    assert found.mean_s == pytest.approx(0.0505)
    assert Latency.of(np.zeros(0)) is None
