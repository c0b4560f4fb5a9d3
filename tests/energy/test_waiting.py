import os
import subprocess
import sys

import pytest

from ecorec.energy.waiting import PASSIVE, wait_passively

LOOPS = 20
PAUSE_S = 0.015

BILLED_WHILE_ASLEEP = f"""
import sys, time
if sys.argv[1] == "passive":
    from ecorec.energy.waiting import wait_passively
    assert wait_passively() == "passive"
import torch
torch.set_num_threads(2)
x = torch.ones(400_000)
def loops(pause_s):
    before = time.process_time()
    for _ in range({LOOPS}):
        x.mul(1.5)
        time.sleep(pause_s)
    return time.process_time() - before
loops(0)
print(loops({PAUSE_S}))
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PASSIVE:
        # Set first, so that what the function writes is taken back after the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in ("torch", "numba.np.ufunc.omppool"):
        monkeypatch.setitem(sys.modules, name, sys)
        monkeypatch.delitem(sys.modules, name)


def test_all_variables_are_set() -> None:
    assert wait_passively() == "passive"
    assert {name: os.environ[name] for name in PASSIVE} == PASSIVE
    assert wait_passively() == "passive"


def test_what_the_user_set_stays_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert wait_passively() == "as set: OMP_WAIT_POLICY=active"
    # A spin count of zero would undo what was asked for.
    assert "GOMP_SPINCOUNT" not in os.environ


def test_a_passive_policy_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    monkeypatch.setitem(sys.modules, "torch", sys)
    assert wait_passively() == "passive"


@pytest.mark.parametrize(
    ("module", "name"), [("torch", "torch"), ("numba.np.ufunc.omppool", "numba")]
)
def test_it_can_be_too_late(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> None:
    monkeypatch.setitem(sys.modules, module, sys)
    assert wait_passively() == f"too late: {name} was imported first"
    assert not set(PASSIVE) & set(os.environ)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPUs for a thread to wait")
def test_waiting_threads_are_not_billed() -> None:
    spun, slept = (
        float(
            subprocess.run(
                [sys.executable, "-c", BILLED_WHILE_ASLEEP, how],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        for how in ("as it is", "passive")
    )  # fmt: skip
    # Spinning costs 5 to 15 ms a loop; where the runtime does not spin there is nothing to win.
    if spun < LOOPS * 0.004:
        pytest.skip(f"this OpenMP does not spin: {spun:.3f} CPU s over {LOOPS} pauses")
    assert slept < spun / 2
