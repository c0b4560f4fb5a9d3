"""What the parts of one configuration take, and from them the parts of any run like it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecorec.energy.reading import Reading
from ecorec.models.cost import Cost
from ecorec.planning.calibration import Calibration
from ecorec.planning.forecast import UNBOOKED, Part
from ecorec.planning.roofline import least_seconds
from ecorec.study.run_settings import RunSettings
from ecorec.study.samples.ground import Ground
from ecorec.training import fit


@dataclass(frozen=True, eq=False)
class Sample:
    """What the parts of one configuration took, each once."""

    ground: Ground
    cost: Cost
    init: tuple[Reading, ...]
    epoch: tuple[Part, ...]
    """All of one epoch; of a fit in closed form, the whole fit."""
    embed: Reading | None
    """Making the embeddings that score; `None` where there are none."""
    rank: Reading
    """What a validation computes for the sampled users."""
    test: Reading
    """Every metric for them."""
    save: Reading

    def parts(self, run: RunSettings, cost: Cost, rates: Calibration) -> tuple[Part, ...]:
        """Return all parts of a run of this configuration, or of a like one by formula.

        Args:
            run: Of the same model on the same data.
            cost: Of that run.
            rates: Of the machine.
        """
        epochs = run.training.epochs if run.training else 1
        least, sampled = least_seconds(cost, rates), least_seconds(self.cost, rates)
        reach = least / sampled if sampled > 0 and least > 0 else 1.0
        wide = _ratio(cost.bytes_per_recommendation, self.cost.bytes_per_recommendation)
        ground = self.ground
        parts = [Part(name, ground.readings[name], 1) for name in ("load", "split", "graph")]
        parts += [Part("init", reading, 1) for reading in self.init]
        parts += [
            replace(
                part,
                times=part.times * epochs,
                reach=1.0 if part.phase == UNBOOKED else part.reach * reach,
            )
            for part in self.epoch
        ]
        n_ranked = self.ground.held_out.users.size
        validations = n_validations(run)
        if run.training is None:
            parts.append(Part("validate", ground.readings["lists"], 1))
        parts += self._embed("validate", validations, reach)
        parts.append(
            Part("validate", self.rank, validations * ground.n_valid_users / n_ranked, wide)
        )
        parts += self._embed("test", 1, reach)
        parts.append(Part("test", ground.readings["lists"], 1))
        parts.append(Part("test", self.test, ground.n_test_users / n_ranked, wide))
        n_saved = _ratio(cost.n_parameters, self.cost.n_parameters)
        parts.append(Part("checkpoint", self.save, n_saved))
        return tuple(parts)

    def _embed(self, phase: str, times: int, reach: float) -> list[Part]:
        return [] if self.embed is None else [Part(phase, self.embed, times, reach)]


def mean_parts(
    samples: Sequence[Sample], run: RunSettings, cost: Cost, rates: Calibration
) -> tuple[Part, ...]:
    """Return all parts of a run from several samples of it, whose mean it is.

    Args:
        samples: Of one configuration at several moments.
        run: Of the same model on the same data.
        cost: Of that run.
        rates: Of the machine.
    """
    return tuple(
        replace(part, times=part.times / len(samples))
        for sample in samples
        for part in sample.parts(run, cost, rates)
    )


def _ratio(value: int | float, of: int | float) -> float:
    return value / of if value > 0 and of > 0 else 1.0


def n_validations(run: RunSettings) -> int:
    """Return how often a run validates if it trains all its epochs; a fit does so once."""
    if run.training is None:
        return 1
    return fit.n_validations(run.training.epochs, run.training.validate_every)
