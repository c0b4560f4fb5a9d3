"""The report: one HTML file that opens offline and asks nothing of the network."""

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ecorec.analysis.study_analysis import analyse
from ecorec.folders import write_whole
from ecorec.report.page_data import as_script, page_data
from ecorec.study.store import read_study
from ecorec.version import VERSION

LIBRARIES = ("d3-7.9.2.min.js", "plot-0.6.17.umd.min.js")
"""Drawing: d3 and Observable Plot (both ISC), embedded in the page."""


def write_report(
    folder: Path, metric: str | None = None, *, with_contaminated: bool = False
) -> Path:
    """Write `report.html` into a study's folder and return its path.

    Args:
        folder: The study's folder.
        metric: Test metric to compare by; the study's own, if not given.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        InputError: Not all runs have the metric.
        StudyError: The folder holds no study with a finished run, or a record is damaged.
    """
    analysis = analyse(read_study(folder), metric, with_contaminated=with_contaminated)
    page = build_page(page_data(analysis))
    target = folder / "report.html"
    write_whole(target, page)
    return target


def build_page(data: dict[str, Any]) -> str:
    """Return the page for what `page_data` returned."""
    loader = PackageLoader("ecorec.report")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    assets = resources.files("ecorec.report") / "assets"
    return environment.get_template("page.html").render(
        data=data,
        # Both go into script elements unescaped: as_script leaves nothing that could end one.
        json=Markup(as_script(data)),
        libraries=[Markup((assets / name).read_text(encoding="utf-8")) for name in LIBRARIES],
        version=VERSION,
        today=datetime.now(UTC).date().isoformat(),
    )
