"""What makes a run: the settings that change its quality, and those that change its energy."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

from pydantic import PositiveInt, model_serializer

from ecorec.config import Config
from ecorec.data.dataset import DataSettings
from ecorec.data.protocols import SplitSettings
from ecorec.data.reduction import ReductionSettings
from ecorec.graph.kernels import Kernel
from ecorec.training.settings import TrainingSettings


class RunSettings(Config):
    """Everything that changes the quality of one run; its hash is the run's id."""

    dataset: str
    data: DataSettings
    split: SplitSettings
    split_seed: int
    model: str
    model_settings: dict[str, Any]
    """The model's whole configuration."""
    training: TrainingSettings | None
    """`None` for training-free models."""
    seed: int | None
    """`None` for training-free models."""
    dtype: Literal["float32", "float64"]
    topk: tuple[PositiveInt, ...]
    reduction: ReductionSettings | None = None
    """`None` where all training interactions are used, and then not part of the hash."""

    @model_serializer(mode="wrap")
    def _without_what_is_not_reduced(
        self, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        # Leave it out, so that runs from before this setting existed keep their ids.
        values = handler(self)
        if self.reduction is None:
            values.pop("reduction", None)
        return values

    def run_id(self, data_fingerprint: str) -> str:
        """Return the hash of these settings and of the data."""
        values = self.model_dump(mode="json")
        return short_hash({"settings": values, "data": data_fingerprint})


class MeasurementSettings(Config):
    """How a run is executed: what changes its energy but not what it computes."""

    threads: PositiveInt
    device: str
    kernel: Kernel | None
    repeat: PositiveInt
    users_per_call: PositiveInt | None = None
    """`None` where as many users are scored at a time as fit a block; then not part of a hash."""
    shards: PositiveInt = 1
    """Processes that share the model's columns; where there is one, not part of a hash."""
    memory_map: str | None = None
    """Folder of the files that graph and embeddings are mapped from; not part of a hash, if
    not given."""

    @model_serializer(mode="wrap")
    def _without_what_is_not_stated(
        self, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        # Leave them out, so that states from before these settings existed are found again.
        values = handler(self)
        if self.users_per_call is None:
            values.pop("users_per_call", None)
        if self.shards == 1:
            values.pop("shards", None)
        if self.memory_map is None:
            values.pop("memory_map", None)
        return values


def short_hash(value: Any) -> str:
    """Return twelve hexadecimal digits that stand for a JSON-like value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
