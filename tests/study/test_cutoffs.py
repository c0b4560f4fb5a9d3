"""Cut-offs and small catalogues: what nobody asked for is left out, the rest is refused."""

from pathlib import Path

import pytest

from ecorec.errors import InputError
from ecorec.study.checks import check_data
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from tests.cli.invoke import ecorec

SMALL = "synthetic:block?users=60&items=40&per_user=8"
LARGE = "synthetic:block?users=60&items=120&per_user=8"


def study(data: str, **values: object) -> StudySettings:
    stated = {"datasets": [data], "models": ["popularity"]} | values
    return StudySettings.parse(stated, "the study")


@pytest.mark.parametrize("preset", ["recommended", "as-described"])
def test_a_default_cut_off_that_the_catalogue_is_too_small_for_is_left_out(preset: str) -> None:
    settings = study(SMALL, preset=preset, epochs=[5])
    jobs = plan(settings, 1)
    checked = check_data(jobs, None, names_cutoffs=settings.names_cutoffs)
    assert [job.longest.topk for job in checked.jobs] == [(10,)]
    assert checked.fingerprints.keys() == {checked.jobs[0].longest.model_dump_json()}
    assert checked.datasets[0].notes == ("no lists of 100: there are fewer items (--topk)",)


def test_where_the_default_fits_runs_are_what_they_were() -> None:
    settings = study(LARGE)
    jobs = plan(settings, 1)
    checked = check_data(jobs, None, names_cutoffs=settings.names_cutoffs)
    assert checked.jobs == jobs
    assert checked.datasets[0].notes == ()
    assert jobs[0].longest.topk == (10, 100)


def test_a_cut_off_that_was_asked_for_is_refused() -> None:
    settings = study(SMALL, topk=[10, 100])
    with pytest.raises(InputError, match="K = 100 is larger than the catalogue of 38 items"):
        check_data(plan(settings, 1), None, names_cutoffs=settings.names_cutoffs)


def test_a_shop_with_few_products_is_run_and_forecast(tmp_path: Path) -> None:
    words = ["--datasets", SMALL, "--models", "popularity,itemknn"]
    done = ecorec("run", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no lists of 100: there are fewer items (--topk)" in done.stderr
    told = ecorec("forecast", *words, cwd=tmp_path)
    assert "every run is in the folder already" in told.stdout, told.stderr
    again = ecorec("run", *words, cwd=tmp_path)
    assert "2 of 2 trainings are in the folder already" in again.stderr


def test_runs_that_nothing_could_compare_with_those_of_the_folder_are_refused(
    tmp_path: Path,
) -> None:
    words = ["run", "--datasets", LARGE, "--models", "popularity", "--out", "s", "--topk"]
    assert ecorec(*words, "10,20", cwd=tmp_path).returncode == 0
    refused = ecorec(*words, "5", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.endswith(
        "error: --topk 5: the runs in s were tested at 10,20\n"
        "hint: add one of those, e.g. --topk 10,20, or give another --out\n"
    )
    assert len([*(tmp_path / "s").glob("runs/*/record.json")]) == 1
    more = ecorec(*words, "5,20", cwd=tmp_path)
    assert more.returncode == 0, more.stderr
    assert "NDCG@20" in more.stdout
