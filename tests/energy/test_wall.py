import json
import math
import shlex
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from urllib.parse import parse_qs, urlparse

import pytest

from ecorec.energy.meter import Meter
from ecorec.energy.probe import Probe, ProbeError, command_probe, prometheus_probe
from ecorec.energy.sampling import Sampler
from ecorec.energy.wall import WallSensor, WallSettings, wall_sensor
from ecorec.errors import InputError


class Plug:
    """A meter that answers what it is told to, or not at all."""

    def __init__(self, answer: float) -> None:
        self.answer: float | None = answer

    def __call__(self) -> float:
        if self.answer is None:
            message = "the plug is off the net"
            raise ProbeError(message)
        return self.answer


def sensor(plug: Probe, clock, **settings) -> WallSensor:
    return WallSensor(plug, WallSettings(command="unused", **settings), clock)


def test_watts_are_held_until_the_next_answer(clock) -> None:
    plug = Plug(100.0)
    wall = sensor(plug, clock, relative_error=0.02)
    wall.sample()
    with Meter([wall], clock=clock).window("a") as window:
        clock.sleep(1)
        wall.sample()
        plug.answer = 300.0
        clock.sleep(1)
        wall.sample()
        clock.sleep(0.5)
    (energy,) = window.reading.components
    assert energy.energy_j == 100 + 100 + 150
    assert (energy.low_j, energy.high_j) == (pytest.approx(343), pytest.approx(357))
    assert (energy.method, energy.component, energy.scope) == ("wall", "machine", "machine")


def test_windows_share_out_what_the_meter_saw(clock) -> None:
    """However windows are laid, the same joules: an edge between two answers loses nothing."""
    plug = Plug(80.0)
    wall = sensor(plug, clock)
    wall.sample()
    values = [wall.read()]
    for watts in (120.0, 10.0, 60.0):
        clock.sleep(0.25)
        values.append(wall.read())
        clock.sleep(0.75)
        plug.answer = watts
        wall.sample()
    values.append(wall.read())
    parts = [wall.between(a, b).energy_j for a, b in pairwise(values)]
    assert parts == [20, 60 + 30, 90 + 2.5, 7.5]
    assert wall.between(values[0], values[-1]).energy_j == sum(parts) == 210


@pytest.mark.parametrize(("unit", "joules"), [("J", 2.5), ("Wh", 9_000), ("kWh", 9_000_000)])
def test_a_meter_that_counts_is_not_integrated(clock, unit: str, joules: float) -> None:
    plug = Plug(1000.0)
    wall = sensor(plug, clock, unit=unit)
    wall.sample()
    start = wall.read()
    clock.sleep(1)
    plug.answer = 1002.5
    wall.sample()
    assert wall.between(start, wall.read()).energy_j == pytest.approx(joules)


class Plugged:
    """A meter that counts, rounded down to its steps, on a machine of 60 and 80 W by turns."""

    def __init__(self, clock, joules_per_unit: float, step: float) -> None:
        self.clock, self.joules_per_unit, self.step = clock, joules_per_unit, step
        self.joules = 0.0

    def spend(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.joules += (60.0 if self.clock() // 100 % 2 else 80.0) * seconds

    def __call__(self) -> float:
        steps = 1 + self.joules / self.joules_per_unit // self.step
        return round(5.0 + steps * self.step, 6)


@pytest.mark.parametrize(
    ("unit", "joules_per_unit", "step"),
    [("J", 1.0, 0.01), ("J", 1.0, 50.0), ("Wh", 3600.0, 0.1), ("kWh", 3.6e6, 0.001)],
)
@pytest.mark.parametrize("window_s", [7.0, 33.3, 600.0])
def test_the_range_of_a_count_holds_what_was_drawn(
    clock, unit: str, joules_per_unit: float, step: float, window_s: float
) -> None:
    """Whatever its steps, and wherever a window lies between two answers."""
    plug = Plugged(clock, joules_per_unit, step)
    wall = sensor(plug, clock, unit=unit, relative_error=0.0)
    wall.sample()
    asked_s = began_s = clock()
    start, drawn_j = wall.read(), 0.0
    for _ in range(int(3000 / window_s)):
        while clock() - began_s < window_s:
            plug.spend(0.3)
            if clock() - asked_s >= 1.0:
                wall.sample()
                asked_s = clock()
        end, began_s = wall.read(), clock()
        found = wall.between(start, end)
        assert found.low_j <= plug.joules - drawn_j <= found.high_j
        # By its step and by what an answer is old, and by no more.
        assert found.high_j - found.energy_j <= step * joules_per_unit + 2 * 1.3 * 80
        start, drawn_j = end, plug.joules


def test_a_run_of_less_than_a_step_is_not_nothing_for_sure(clock) -> None:
    """2 kJ, of a plug that shows thousandths of a kWh: 0 or 3600 J by its own count."""
    wall = sensor(Plug(12.345), clock, unit="kWh")
    wall.sample()
    start = wall.read()
    clock.sleep(25)
    wall.sample()
    found = wall.between(start, wall.read())
    assert (found.energy_j, found.low_j) == (0.0, 0.0)
    assert found.high_j == pytest.approx(3600)


def test_a_count_that_goes_down_was_reset(clock) -> None:
    plug = Plug(1000.0)
    wall = sensor(plug, clock, unit="J")
    wall.sample()
    start = wall.read()
    plug.answer = 3.0
    clock.sleep(1)
    wall.sample()
    lost = wall.between(start, wall.read())
    assert (lost.energy_j, lost.reason) == (None, "the meter's count went down: it was reset")


def test_a_silent_meter_is_absent_and_not_its_last_value_for_ever(clock) -> None:
    plug = Plug(100.0)
    wall = sensor(plug, clock)
    wall.sample()
    start = wall.read()
    plug.answer = None
    for _ in range(3):
        clock.sleep(1)
        wall.sample()
        assert wall.read() is not None  # three missed answers are bridged
    clock.sleep(1)
    assert wall.read() is None
    assert wall.between(start, None).reason == "the plug is off the net"
    plug.answer = 50.0
    wall.sample()
    back = wall.read()
    lost = wall.between(start, back)
    assert (lost.energy_j, lost.method) == (None, "absent")
    assert lost.reason == "the meter was silent for 4 s: the plug is off the net"
    clock.sleep(2)
    assert wall.between(back, wall.read()).energy_j == 100


def test_a_failure_is_not_blamed_for_a_silence_after_an_answer(clock) -> None:
    plug = Plug(100.0)
    wall = sensor(plug, clock)
    plug.answer = None
    wall.sample()
    plug.answer = 100.0
    wall.sample()
    start = wall.read()
    clock.sleep(4)
    assert wall.read() is None
    assert wall.between(start, None).reason == "the meter was silent for 4 s: it was not asked"
    wall.sample()
    lost = wall.between(start, wall.read())
    assert lost.reason == "the meter was silent for 4 s: it was not asked"


def test_why_a_look_found_nothing_is_told_after_the_meter_is_back(clock) -> None:
    plug = Plug(100.0)
    wall = sensor(plug, clock)
    wall.sample()
    plug.answer = None
    clock.sleep(4)
    wall.sample()
    end = wall.read()
    plug.answer = 100.0
    wall.sample()
    assert wall.between(0.0, end).reason == "the plug is off the net"


def slow(clock, took_s: float) -> WallSensor:
    """Return the sensor of a meter of 100 W that is to be asked once a second."""

    def probe() -> float:
        clock.sleep(took_s)
        return 100.0

    return sensor(probe, clock, every_s=1.0)


@pytest.mark.parametrize(
    ("took_s", "period_s", "warnings"),
    [
        (0.6, 1.0, ()),
        (2.5, 2.5, ("the wall meter's answers take 2.5 s; raise every_s, which is 1",)),
    ],
)
def test_a_slow_meter_is_measured_by_at_its_own_pace(clock, took_s, period_s, warnings) -> None:
    wall = slow(clock, took_s)
    wall.sample()
    with Meter([wall], clock=clock, cpu_clock=lambda: 0.0).window("train") as window:
        for _ in range(40):
            clock.sleep(max(0.0, 1.0 - took_s))  # as a sampler does
            wall.sample()
    (energy,) = window.reading.components
    assert wall.period_s == period_s
    assert energy.energy_j == pytest.approx(100 * window.reading.duration_s)
    assert energy.gap_s == 0
    assert window.reading.warnings == warnings


def test_a_slow_meter_that_falls_silent_is_told_of_as_slow(clock) -> None:
    wall = slow(clock, 2.5)
    wall.sample()
    start = wall.read()
    clock.sleep(7)
    assert wall.read() is not None
    clock.sleep(1)
    lost = wall.between(start, wall.read())
    complaint = "answers take 2.5 s; raise every_s, which is 1"
    assert lost.reason == f"the meter was silent for 8 s: {complaint}"


def test_one_answer_that_is_slow_leaves_a_gap(clock) -> None:
    took_s = [0.0]

    def probe() -> float:
        clock.sleep(took_s[0])
        return 100.0

    wall = sensor(probe, clock, every_s=1.0)
    wall.sample()
    start = wall.read()
    clock.sleep(1)
    took_s[0] = 1.75
    wall.sample()
    assert wall.between(start, wall.read()).gap_s == 1.75


@pytest.mark.parametrize("answer", [-1.0, math.nan, math.inf])
def test_what_no_meter_shows_is_not_counted(clock, answer: float) -> None:
    wall = sensor(Plug(answer), clock)
    wall.sample()
    assert wall.read() is None
    assert "the meter answered" in wall.between(None, None).reason


def test_a_waveform_is_reproduced(clock) -> None:
    """150 W swinging by 50 W, asked twice a second for ten minutes; the bar is 0.5 %."""
    plug = Plug(150.0)
    wall = sensor(plug, clock, every_s=0.5)
    began = clock()
    wall.sample()
    start = wall.read()
    for _ in range(1200):
        clock.sleep(0.5)
        plug.answer = 150 + 50 * math.sin(clock() - began)
        wall.sample()
    expected = 150 * 600 + 50 * (1 - math.cos(600))
    assert wall.between(start, wall.read()).energy_j == pytest.approx(expected, rel=0.002)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_command_is_asked() -> None:
    assert command_probe(python("print(41.5)"))() == 41.5


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (python("print('12 W')"), "printed `12 W`, which is no number"),
        (python("import sys; sys.exit('no plug')"), "ended with code 1 and said: no plug"),
        (python(r"import sys; sys.stdout.buffer.write(b'\xff W')"), "printed `\ufffd W`, which is"),
        (["no-such-meter", "--watts"], "`no-such-meter --watts` cannot be run: No such file"),
        (["a\0b"], "cannot be run: embedded null byte"),
    ],
)
def test_a_command_that_gives_no_number_says_why(command: list[str], complaint: str) -> None:
    with pytest.raises(ProbeError, match=complaint):
        command_probe(command)()


def test_a_command_that_hangs_is_left(monkeypatch) -> None:
    monkeypatch.setattr("ecorec.energy.probe.TIMEOUT_S", 0.1)
    with pytest.raises(ProbeError, match=r"took longer than 0\.1 s"):
        command_probe(["sleep", "5"])()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("read 'x", "command `read 'x` cannot be split into words: No closing quotation"),
        ("", "command `` names no program"),
        ("'' --watts", "names no program"),
        (shlex.join(python(r"import os; os.write(1, b'\xff')")), "which is no number"),
    ],
)
def test_a_command_that_cannot_be_asked_is_refused_before_a_study(command, complaint) -> None:
    with pytest.raises(InputError) as error:
        wall_sensor(WallSettings(command=command))
    assert complaint in error.value.message
    assert error.value.hint


def test_a_probe_that_breaks_in_mid_run_makes_its_windows_absent_and_is_asked_again(clock) -> None:
    """Not the thread's end: windows after it are measured again."""
    asked = threading.Semaphore(0)
    broken = threading.Event()

    def probe() -> float:
        asked.release()
        if broken.is_set():
            message = "a lookup in the plug's answer"
            raise KeyError(message)
        return 100.0

    def two_looks() -> None:
        while asked.acquire(blocking=False):
            pass
        # Once the second has begun, the first has been taken up.
        assert asked.acquire(timeout=60)
        assert asked.acquire(timeout=60)

    # On a clock that stands still no answer is late, however busy the machine.
    wall = sensor(probe, clock, every_s=0.01)
    meter = Meter([wall], clock=clock)
    with Sampler([wall]):
        two_looks()
        with meter.window("broken") as window:
            broken.set()
            two_looks()
            broken.clear()
            two_looks()
        (lost,) = window.reading.components
        assert (lost.energy_j, lost.method) == (None, "absent")
        assert lost.reason == (
            'it could not be looked at: KeyError: "a lookup in the plug\'s answer"'
        )
        with meter.window("mended") as window:
            two_looks()
        (found,) = window.reading.components
        assert found.method == "wall"


class Prometheus(BaseHTTPRequestHandler):
    """Answers in Prometheus's form; the query says what."""

    def do_GET(self) -> None:
        query = parse_qs(urlparse(self.path).query)["query"][0]
        results = {
            "one": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "81.25"]}]},
            "two": {"resultType": "vector", "result": [{"value": [1.5, "1"]}] * 2},
            "none": {"resultType": "vector", "result": []},
            "scalar(one)": {"resultType": "scalar", "result": [1.5, "7"]},
        }
        if query == "garbage":
            self.wfile.write(b"no HTTP at all\r\n")
            return
        known = query in results
        self.send_response(200 if known else 400)
        self.end_headers()
        if known:
            answer = {"status": "success", "data": results[query]}
            self.wfile.write(json.dumps(answer).encode())
        else:
            self.wfile.write(b"<html>")

    def log_message(self, format: str, *args) -> None:
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Prometheus) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_prometheus_is_asked(server) -> None:
    assert prometheus_probe(server, "one")() == 81.25
    assert prometheus_probe(f"{server}/", "scalar(one)")() == 7


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("none", "`none` at .* yields 0 series, not one"),
        ("two", "yields 2 series, not one"),
        ("bad{", "does not answer `bad{`: Bad Request"),
        ("garbage", "does not answer `garbage`: no HTTP at all"),
    ],
)
def test_an_answer_that_is_no_number_says_why(server, query: str, complaint: str) -> None:
    with pytest.raises(ProbeError, match=complaint):
        prometheus_probe(server, query)()


def test_an_address_that_is_none() -> None:
    with pytest.raises(ProbeError, match="does not answer `one`: nonnumeric port"):
        prometheus_probe("http://localhost:watts", "one")()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(ProbeError, match=r"does not answer `one`: .*refused"):
        prometheus_probe("http://127.0.0.1:1", "one")()


def test_settings_say_what_to_ask(server) -> None:
    wall = wall_sensor(WallSettings(prometheus_url=server, query="one"))
    wall.sample()
    assert wall.read() is not None
    with pytest.raises(InputError, match="either a command or a Prometheus server"):
        wall_sensor(WallSettings())
    with pytest.raises(InputError, match="is not stated"):
        wall_sensor(WallSettings(prometheus_url=server))
    with pytest.raises(InputError, match=r"gives no number: .* yields 0 series"):
        wall_sensor(WallSettings(prometheus_url=server, query="none"))
