"""What one epoch of training needs and a checkpoint holds."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from ecorec.data.sampling import PairSampler
from ecorec.errors import TrainingError
from ecorec.graph.mapped import mapped_table
from ecorec.models.base import RedrawnEachEpoch
from ecorec.training.green_stopping import GreenStopping, StopRule
from ecorec.training.ranks import ALONE, Ranks
from ecorec.training.seeding import Generators
from ecorec.training.selection import Selection, parameters_of
from ecorec.training.settings import TrainingSettings

_TABLES = ("model.", "adam.", "best.")
"""Beginnings of the names of what a state holds of tables."""


class Trainer:
    """A model, its optimiser, its batches and the epoch that is to be tested.

    Where several processes share the model's columns, all of them hold a trainer: what one of
    them is asked to do, the first one has the others do too. Whole tables go to the first.
    """

    def __init__(
        self,
        model: nn.Module,
        batches: PairSampler,
        generators: Generators,
        settings: TrainingSettings,
        ranks: Ranks = ALONE,
        folder: Path | None = None,
    ) -> None:
        self.model = model
        self.folder = folder
        self.ranks = ranks
        self.batches = batches
        self.generators = generators
        self.settings = settings
        self.epoch = 0
        self.selection = Selection(
            takes_last=settings.select == "last", comparison=settings.comparison
        )
        self.green = (
            None
            if settings.stop_when is None
            else GreenStopping(StopRule.parse(settings.stop_when))
        )
        self.optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
        if folder is not None:
            self._map_moments(folder)

    def _map_moments(self, folder: Path) -> None:
        """Keep Adam's two moments of every table where the table is: in a mapped file."""
        for parameter in self.model.parameters():
            if parameter.ndim == 2:
                slots = self.optimizer.state[parameter]
                slots.setdefault("step", torch.zeros(()))
                for name in ("exp_avg", "exp_avg_sq"):
                    moment = slots.get(name, torch.zeros_like(parameter))
                    slots[name] = mapped_table(moment.detach(), folder)

    def train_epoch(self) -> float:
        """Take one step for each batch; return the mean of their losses.

        Raises:
            TrainingError: A loss is not a number.
        """
        self.ranks.tell("train_epoch")
        self.model.train()
        if isinstance(self.model, RedrawnEachEpoch):
            self.model.begin_epoch()
        device = next(self.model.parameters()).device
        losses = []
        for batch in self.batches.epoch():
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.model.loss(batch.to(device))  # type: ignore[operator]
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.epoch += 1
        mean = float(torch.stack(losses).mean())
        if not torch.isfinite(torch.tensor(mean)):
            rate = self.settings.learning_rate
            message = f"the loss became {mean} in epoch {self.epoch} at learning_rate = {rate:g}"
            raise TrainingError(message, hint=f"try --set learning_rate={rate / 10:g}")
        return mean

    def observe(self, value: float) -> None:
        """Take up a validation: the parameters as they are may be the ones that are tested."""
        self.ranks.tell("observe", value)
        self.selection.observe(self.epoch, value, self.model)

    def select(self) -> None:
        """Give the model the parameters that are tested."""
        self.ranks.tell("select")
        self.model.load_state_dict(self.selection.parameters)

    def parameters(self) -> dict[str, Tensor]:
        """Return a copy of the model's parameters, by name."""
        self.ranks.tell("parameters")
        return self.ranks.whole(parameters_of(self.model))

    def embeddings(self) -> list[Tensor]:
        """Return the users' and the items' embeddings that score, as they are now."""
        self.ranks.tell("embeddings")
        self.model.eval()
        with torch.no_grad():
            users, items = self.model.embed()  # type: ignore[operator]
        return [*self.ranks.whole({"users": users, "items": items}).values()]

    def state(self) -> dict[str, Tensor]:
        """Return everything that is needed to continue bitwise: tensors only, for safetensors."""
        self.ranks.tell("state")
        state = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            state |= {f"adam.{index}.{name}": value for name, value in slots.items()}
        state |= {f"best.{name}": value for name, value in self.selection.parameters.items()}
        state = self.ranks.whole(state)
        state["progress"] = torch.tensor(
            [self.epoch, self.selection.epoch or 0, self.selection.stale], dtype=torch.int64
        )
        state["best_value"] = torch.tensor([self.selection.value], dtype=torch.float64)
        if self.green is not None:
            state |= self.green.state()
        return state | self.generators.state()

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue from what `state` returned; whatever is given to the others is not used."""
        self.ranks.tell("restore", {})
        state = self.ranks.own(state, _TABLES)
        self.model.load_state_dict(_within("model.", state))
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in _within("adam.", state).items():
            index, _, name = key.partition(".")
            slots.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        if self.folder is not None:
            self._map_moments(self.folder)
        epoch, best_epoch, stale = state["progress"].tolist()
        self.epoch = epoch
        best = {name: value.clone() for name, value in _within("best.", state).items()}
        best_value = float(state["best_value"])
        self.selection = replace(
            self.selection,
            epoch=best_epoch or None,
            value=best_value,
            parameters=best,
            stale=stale,
        )
        if self.green is not None:
            self.green.restore(state)
        self.generators.restore(state)

    @property
    def ended_by(self) -> Literal["patience", "gain"] | None:
        """Which rule says that training should not go on; `None` if none does."""
        patience = self.settings.patience
        if patience is not None and self.selection.stale >= patience:
            return "patience"
        return "gain" if self.green is not None and self.green.says_stop else None


def _within(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }
