"""Forms of `ecorec results`, and the options that go with each: none is ignored in silence."""

from ecorec.errors import InputError

GO_WITH: dict[str, tuple[str, ...]] = {
    "--reach": (),
    "--front": ("--effects", "--metric", "--cost", "--with-contaminated"),
    "--effects": ("--metric", "--with-contaminated"),
    # Rows are of all runs, of those beside other work as well.
    "--columns": ("--format", "--sort", "--with-contaminated"),
    "--all-columns": ("--format", "--sort", "--with-contaminated"),
    "--format": ("--all-columns", "--sort", "--with-contaminated"),
    "the table": ("--metric", "--sort", "--with-contaminated"),
}
"""Form, by the option that asks for it -> options that say more about it. An earlier form is what
is printed where several are asked for."""

IS_FOR = {
    "--format": "rows of runs",
    "--columns": "rows of runs",
    "--all-columns": "rows of runs",
    "--sort": "the table and rows of runs",
    "--metric": "the table, --front and --effects",
    "--with-contaminated": "the table, --front and --effects",
    "--cost": "--front",
}


def refuse_unused(stated: dict[str, str]) -> None:
    """Make sure that the form which the options of `ecorec results` ask for uses all of them.

    Args:
        stated: Every option that was given, and how it was written with its value.

    Raises:
        InputError: One of them would have been ignored.
    """
    form = next((name for name in GO_WITH if name in stated), "the table")
    for option, written in stated.items():
        if option == form or option in GO_WITH[form]:
            continue
        others = GO_WITH[form]
        fitting = f"with {form} go {', '.join(others)}" if others else f"{form} stands alone"
        purpose = f"; {option} is for {IS_FOR[option]}" if option in IS_FOR else ""
        message = f"{written} does not go with {stated.get(form, form)}"
        raise InputError(message, hint=fitting + purpose)
