"""How a model is trained: what changes the result, stated once."""

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.data.sampling import Sampling


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
    sampler: Sampling = "uniform"
    """Where negatives come from: all items alike, by popularity, or the batch's own positives."""
    n_negatives: PositiveInt = 1
    """Negatives of each training interaction."""
