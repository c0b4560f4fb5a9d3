"""Does the paper agree with itself, with its protocol and with arithmetic? All checks."""

from ecorec.analysis.paper.check import Check
from ecorec.analysis.paper.emission_checks import emission_checks
from ecorec.analysis.paper.protocol_checks import protocol_checks
from ecorec.analysis.paper.published import Published


def run_checks(data: Published) -> list[Check]:
    """Return every check: first of protocol and data, then of emissions.

    Args:
        data: The published figures.
    """
    return [*protocol_checks(data), *emission_checks(data)]
