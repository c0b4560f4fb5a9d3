"""What a budget left out, in words."""

from ecorec.study.info import NotRun, StudyInfo


def budget_note(info: StudyInfo) -> list[str]:
    """Return a line on the budget and one for each training that it left out or stopped."""
    if info.budget is None:
        return []
    head = f"Budget {info.budget}"
    lines = [f"{head}: {info.budget_words}" if info.budget_words else head]
    if info.not_run:
        n = len(info.not_run)
        lines[0] += f"; {n} training{'s' if n > 1 else ''} not run to the end:"
        lines += [f"  {in_words(item)}" for item in info.not_run]
        enough = f": about {info.budget_needed}" if info.budget_needed else ""
        lines.append(f"hint: the same command with a larger --budget goes on from there{enough}")
    return lines


def in_words(item: NotRun) -> str:
    """Return e.g. `lightgcn d=64 seed 1: stopped after 12 of 30 epochs, tested at its best`."""
    if item.epochs_done:
        done = f"stopped after {item.epochs_done} of {item.epochs} epochs"
        return f"{item.label}: {done}, tested at the best of them"
    return f"{item.label}: not run"
