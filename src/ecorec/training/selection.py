"""Which epoch of a training is tested."""

from dataclasses import dataclass, field, replace
from typing import Literal

from torch import Tensor, nn

RECBOLE_DECIMALS = 4
"""To which RecBole (1.2.1) rounds metrics before it compares them."""


@dataclass
class Selection:
    """The epoch that will be tested: the best so far by the validation metric, or the last."""

    epoch: int | None = None
    value: float = float("-inf")
    parameters: dict[str, Tensor] = field(default_factory=dict)
    stale: int = 0
    """Validations since the best one."""
    takes_last: bool = False
    """Keep the last validated epoch, whatever its value."""
    comparison: Literal["exact", "recbole"] = "exact"
    """Exact, or rounded, and then the last of equals is kept."""

    def observe(self, epoch: int, value: float, model: nn.Module) -> None:
        """Keep this epoch's parameters if it is better than all before it, or the last."""
        if self.takes_last or self._is_better(value):
            self.epoch, self.value, self.stale = epoch, value, 0
            self.parameters = parameters_of(model)
        else:
            self.stale += 1

    def _is_better(self, value: float) -> bool:
        if self.comparison == "exact":
            return value > self.value
        return round(value, RECBOLE_DECIMALS) >= round(self.value, RECBOLE_DECIMALS)

    def copy(self) -> "Selection":
        """Return a selection that later observations do not touch."""
        return replace(self)


def parameters_of(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a model's parameters, by name."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
