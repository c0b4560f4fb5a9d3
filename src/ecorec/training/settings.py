"""How a model is trained: what changes the result, stated once."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import PositiveFloat, PositiveInt, field_validator, model_serializer

from ecorec.config import Config
from ecorec.data.sampling import Sampling
from ecorec.training.green_stopping import StopRule


class TrainingSettings(Config):
    """Settings of the training loop."""

    epochs: PositiveInt = 30
    """Passes over the training interactions."""
    batch_size: PositiveInt = 2048
    """Training interactions a step."""
    learning_rate: PositiveFloat = 1e-3
    """Step size of Adam (Kingma and Ba 2015; betas 0.9 and 0.999, epsilon 1e-8)."""
    metric: str = "ndcg@10"
    """Validation metric that chooses the epoch that is tested."""
    validate_every: PositiveInt = 5
    """Epochs between validations; the last epoch is always validated."""
    patience: PositiveInt | None = None
    """Validations without improvement after which training stops; never, if not given."""
    select: Literal["best", "last"] = "best"
    """The epoch that is tested: the best validated one, or the last (which has no patience)."""
    comparison: Literal["exact", "recbole"] = "exact"
    """Of validations: exact, and the first of equals is kept; or as RecBole does, rounded to four
    decimals, and the last of equals is kept. Not part of the hash where exact."""
    sampler: Sampling = "uniform"
    """Where negatives come from: all items alike, by popularity, or the batch's own positives."""
    n_negatives: PositiveInt = 1
    """Negatives of each training interaction."""
    stop_when: str | None = None
    """Stop once energy buys too little: `gain<0.15% per 10%` of what was drawn before, or
    `gain<0.001 per kJ`, of the validation metric, over the last third of the validations so far (at
    least three, over at least ten or five epochs); never, if not given. Not part of the hash where
    not given."""

    @field_validator("stop_when")
    @classmethod
    def _is_a_rule(cls, text: str | None) -> str | None:
        if text is not None:
            StopRule.parse(text)
        return text

    @model_serializer(mode="wrap")
    def _without_rules_that_are_not_there(
        self, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        # As records were before there were such rules, so that they are found again.
        values = handler(self)
        if self.stop_when is None:
            values.pop("stop_when", None)
        if self.comparison == "exact":
            values.pop("comparison", None)
        return values
