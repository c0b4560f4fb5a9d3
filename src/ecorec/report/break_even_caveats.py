"""What to know before two deployed systems are compared: other machines, other work, one window."""

from ecorec.analysis.deployed.alike import asked
from ecorec.analysis.deployed.deployment import Deployed
from ecorec.analysis.words import listed
from ecorec.energy.isolation import MOST_FOREIGN
from ecorec.report.paragraphs import wrapped
from ecorec.serving.load.cautions import ALONE, HELD, answered_share


def caveats(pair: tuple[Deployed, Deployed]) -> list[str]:
    """Return a paragraph for each thing that makes the comparison less sure than it looks."""
    found = []
    machines = {item.latest.machine.machine_id for item in pair}
    machines |= {item.configuration.machine_id for item in pair}
    if len(machines) > 1:
        found.append("Measured on different machines: the range if they draw unalike is theirs.")
    if len({item.record.data.fingerprint for item in pair}) > 1:
        found.append("Trained on different data: what each recommends is not compared here.")
    found += filter(None, [_why_alone(pair)])
    if any(len(item.serving) == 1 for item in pair):
        found.append(
            "Slices of one window scatter less than windows of other days do: measure again "
            "(ecorec stress) for repeats."
        )
    if any(not item.configuration.clean for item in pair):
        found.append("Training was measured beside other work on the machine.")
    tuned = [item.tuning.tuned for item in pair if item.tuning is not None]
    beside = dict.fromkeys(one.beside_in_words for one in tuned if one.n_contaminated)
    if beside:
        found.append(f"! Measured beside other work on the machine: {listed([*beside])}.")
    found += filter(None, dict.fromkeys(map(_serving_caveat, pair)))
    return [wrapped(text) for text in found]


def _why_alone(pair: tuple[Deployed, Deployed]) -> str:
    """Return why the index alone stands for a server that was measured; empty if for none."""
    servers = [[asked(r)[0] for r in item.serving if r.steps] for item in pair]
    if not pair[0].alone or not any(servers):
        return ""
    if all(servers):
        how = servers[0][-1].against(servers[1][-1])
        return (
            f"The two servers were not asked alike ({how}), so that the index alone stands for "
            "both; ecorec stress with the same options for both compares the servers."
        )
    return (
        "One of the two was measured without HTTP, so that the index alone stands for both; "
        "ecorec stress without --no-http measures the servers."
    )


def _serving_caveat(item: Deployed) -> str:
    """Return what `ecorec stress` warned of at the load that is compared; empty if of nothing."""
    parts = []
    held = min(map(answered_share, item.steps), default=1.0)
    if held < HELD:
        parts.append(f"overloaded ({100 * held:.0f} % answered)")
    foreign = max((step.foreign_share or 0.0 for step in item.steps), default=0.0)
    if foreign > MOST_FOREIGN:
        parts.append(f"beside other work ({100 * foreign:.0f} % of the machine's CPU time)")
    if item.alone:
        said = dict.fromkeys(w for record in item.serving for w in record.warnings)
        parts += [text for text in said if text.startswith(ALONE)]
    if not parts:
        return ""
    was = "was measured with a warning: " if item.alone else "was "
    return f"Serving of {item.system.label} {was}{' and '.join(parts)}: measure again."
