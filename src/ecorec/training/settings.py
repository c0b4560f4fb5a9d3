"""How a model is trained: what changes the result, stated once."""

from pydantic import PositiveFloat, PositiveInt

from ecorec.config import Config


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
