import pytest
from pydantic import ValidationError

from ecorec.energy.meter import Meter
from ecorec.energy.replay import Recorder, Recording, ReplaySensor


def recording(at_s=(0, 1, 3), energy_j=(0, 10, 14)) -> Recording:
    return Recording(
        component="cpu", scope="machine", method="counter", at_s=at_s, energy_j=energy_j
    )


def test_a_recording_is_shown_on_the_clock_of_whoever_watches(clock) -> None:
    sensor = ReplaySensor(recording(), clock)
    with Meter([sensor], clock=clock).window("a") as window:
        clock.sleep(0.5)
    assert window.reading.energy_j == 5
    with Meter([sensor], clock=clock).window("b") as window:
        clock.sleep(2.5)
    assert window.reading.energy_j == 9  # 5 J to the end of the first second, 4 J after it
    (energy,) = window.reading.components
    assert (energy.method, energy.reason) == ("replayed", "recorded as `counter`")


def test_after_its_end_it_is_absent(clock) -> None:
    sensor = ReplaySensor(recording(), clock)
    start = sensor.read()
    clock.sleep(3.25)
    energy = sensor.between(start, sensor.read())
    assert (energy.energy_j, energy.reason) == (None, "the recording ended after 3 s")


def test_a_recorded_sensor_replays_as_it_was(clock, steady) -> None:
    recorder = Recorder(steady, clock=clock)
    for step_s in (0.5, 0.25, 4.0):
        recorder.sample()
        clock.sleep(step_s)
    recorder.sample()
    stored = recorder.recording().model_dump_json()
    replayed = ReplaySensor(Recording.model_validate_json(stored), clock)
    start = replayed.read()
    clock.sleep(4.75)
    assert replayed.between(start, replayed.read()).energy_j == 5 * 4.75


def test_a_sensor_that_was_lost_cannot_be_recorded(clock, steady) -> None:
    recorder = Recorder(steady, clock=clock)
    recorder.sample()
    steady.lost = True
    recorder.sample()
    with pytest.raises(ValueError, match="`steady` cannot be replayed: permission was lost"):
        recorder.recording()


def test_a_recorder_that_missed_a_look_has_no_recording(clock, steady) -> None:
    recorder = Recorder(steady, clock=clock)
    recorder.sample()
    recorder.lose("the disk is full")
    recorder.sample()
    with pytest.raises(ValueError, match="`steady` cannot be replayed: the disk is full"):
        recorder.recording()


@pytest.mark.parametrize(
    ("at_s", "energy_j", "complaint"),
    [
        ((0,), (0,), "not two or more"),
        ((0, 1), (0, 1, 2), "2 moments with 3 values"),
        ((0, 2, 1), (0, 1, 2), "`at_s` does not ascend from 0"),
        ((0, 1, 2), (0, 2, 1), "`energy_j` does not ascend from 0"),
        ((1, 2), (0, 1), "`at_s` does not ascend from 0"),
    ],
)
def test_a_recording_that_makes_no_sense(at_s, energy_j, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        recording(at_s, energy_j)
