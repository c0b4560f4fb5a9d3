"""A kernel that a device does not have is refused before anything runs; no GPU is needed here."""

from pathlib import Path

import pytest
import torch

from ecorec.errors import InputError
from ecorec.study.plan import plan
from ecorec.study.tuning.tune import tune
from tests.study.test_study import small
from tests.study.tuning.test_tune import asked


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
@pytest.mark.parametrize("kernel", ["library", "edge-wise", None])
def test_a_gpu_has_every_kernel_but_that_of_the_cpu(device: str, kernel: str | None) -> None:
    assert plan(small(device=device, kernel=kernel), 1)
    message = f"--kernel fixed-width computes on the CPU, and lightgcn is to run on {device}"
    for ways in (
        {"device": device, "kernel": "fixed-width"},
        {"kernel": "fixed-width", "vary": {"device": ("cpu", device)}},
        {"device": device, "vary": {"kernel": ("library", "fixed-width")}},
    ):
        with pytest.raises(InputError, match=message) as caught:
            plan(small(**ways), 1)
        assert "--kernel library" in (caught.value.hint or "")
        # A kernel is nothing to a model that does not propagate.
        assert plan(small(models=("itemknn", "bpr-mf"), **ways), 1)
    assert plan(small(kernel="fixed-width"), 1)


def test_no_trial_is_begun_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(InputError, match="--kernel fixed-width computes on the CPU"):
        tune(asked(1, device="cuda", kernel="fixed-width"), tmp_path / "t", sensors=())
    assert not (tmp_path / "t").exists()
