"""A study run under a progress display, and what is printed once it is through."""

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ecorec.cli import console
from ecorec.cli.stopping import stoppable

if TYPE_CHECKING:
    from ecorec.study.settings import StudySettings
    from ecorec.study.store import StoredStudy


def run_and_report(settings: "StudySettings", out: Path, data_path: Path | None) -> None:
    """Run what a study lacks, print what came of it, and write its report.

    Args:
        settings: The study.
        out: Its folder.
        data_path: Where catalogue data sets are looked for.
    """
    from ecorec.cli.progress import StudyProgress
    from ecorec.data.catalogue import CATALOGUE
    from ecorec.report.budget import budget_note
    from ecorec.report.page import write_report
    from ecorec.report.terminal import summary
    from ecorec.study.attempt import kept_epoch
    from ecorec.study.execute import run_study
    from ecorec.study.follower import Follower
    from ecorec.study.processes import joined

    began = time.time()

    def under_way() -> str:
        epoch = kept_epoch(out / "states", began) if settings.checkpoint_every else None
        return f"the training that was under way goes on after epoch {epoch}" if epoch else ""

    with (
        stoppable(f"finished runs are kept in {out}", "runs what is missing", under_way),
        joined(settings.device) as ranks,
    ):
        if not ranks.leads:
            Follower(ranks, settings, data_path).follow()
            return
        with StudyProgress() as progress:
            study = run_study(settings, out, data_path=data_path, listener=progress, ranks=ranks)
    if not study.records:
        console.note("\n".join(budget_note(study.info)) or "nothing was run")
        return
    console.out(summary(study))
    page = write_report(out)
    own = any(name not in CATALOGUE for name in settings.datasets)
    then = which_to_deploy(study) if own else "Again, with your own file: ecorec run my.csv"
    console.note(f"\nReport: {page}     {then}")


def which_to_deploy(study: "StoredStudy") -> str:
    """Return the next command, as it can be typed, and with the option without which it refuses."""
    beside = all(record.contaminated for record in study.records)
    option = " --with-contaminated" if beside else ""
    return f"Which to deploy: ecorec choose {shlex.quote(str(study.path))}{option}"
