"""What a person asks for: a study with its factors and its protocol."""

from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    model_validator,
)

from ecorec.config import Config, LowCentralHigh, Seed
from ecorec.data.protocols import SplitSettings
from ecorec.energy.detect import SensorSettings
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.energy.emissions import GridSettings
from ecorec.graph.kernels import Kernel
from ecorec.study import defaults
from ecorec.study.executors.settings import ExecutorSettings
from ecorec.study.presets import find_preset

SPLITS: dict[str, dict[str, str]] = {
    "ratio": {"protocol": "ratio", "order": "random"},
    "ratio-by-time": {"protocol": "ratio", "order": "time"},
    "leave-one-out": {"protocol": "leave-one-out"},
    "temporal": {"protocol": "temporal"},
    "given": {"protocol": "given"},
}
"""Name on the command line -> settings of the split."""


class GridSection(Config):
    """Factors of a study; every combination becomes a run."""

    models: tuple[str, ...] = defaults.MODELS
    """Names from `ecorec models`."""
    datasets: tuple[str, ...] = ("movietweetings",)
    """Catalogue names, paths of files or of folders in LightGCN's format, or `synthetic:…`."""
    embedding_sizes: tuple[PositiveInt, ...] = (64,)
    """Widths of the embeddings; ignored by models without any."""
    layers: tuple[int, ...] | None = None
    """Propagation steps; each model's own default if not given."""
    epochs: tuple[PositiveInt, ...] = (30,)
    """Passes over the training interactions; several values cost one training."""
    seeds: tuple[Seed, ...] = (1,)
    """Seeds of initialisation, batches and noise (not how many)."""
    train_shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (1.0,)
    """Shares of the training interactions to train on; validation and test stay as they are."""
    train_shares_by: tuple[Literal["random", "recent"], ...] = ("random",)
    """Which of them stay: random ones, nested and drawn with `split_seed`, or the latest."""
    vary: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    """Any other setting as a factor: `batch_size`, `lightgcn.l2_weight`, `threads`, `kernel`, …"""
    set: dict[str, Any] = Field(default_factory=dict)
    """Fixed values of any other setting, by the same names."""


class StudySettings(GridSection):
    """A study: its factors, its protocol, and where it is measured."""

    model_config = ConfigDict(allow_inf_nan=False)

    name: str = "study"
    """Title of the report."""
    description: str = ""
    """One or two sentences for the report."""
    preset: str = "recommended"
    """`recommended` (ours), `as-run` (the paper's public code) or `as-described` (its text)."""
    tuned: tuple[str, ...] = ()
    """Folders of `ecorec tune`; what the study states itself wins."""
    split: Literal["ratio", "ratio-by-time", "leave-one-out", "temporal", "given"] = "ratio"
    """`ratio` is random 80/10/10 of each user."""
    split_seed: Seed = 1
    """Seed of the split, apart from the seeds of the models."""
    repeats: PositiveInt = 1
    """How often each run is measured."""
    topk: tuple[PositiveInt, ...] = defaults.TOPK
    """Cut-offs of the test metrics; if not given, those of 10 and 100 that the catalogue has."""
    dtype: Literal["float32", "float64"] = "float32"
    """What models compute in."""
    threads: PositiveInt | None = None
    """Threads of every run; one for each CPU that may be used if not given."""
    device: str = "cpu"
    """`cpu` or `cuda`."""
    kernel: Kernel | None = None
    """Propagation kernel; the fastest for the device if not given."""
    users_per_call: PositiveInt | None = None
    """Users that evaluation scores at a time; as many as fit a block if not given."""
    memory_map: str | None = None
    """Folder for files that graph, embeddings and Adam's moments are mapped into memory from;
    all in memory if not given."""
    checkpoint_every: PositiveInt | None = None
    """Epochs between states from which an interrupted run continues; none, if not given."""
    watts_per_cpu: LowCentralHigh | None = None
    """Low, central and high watts of a busy logical CPU."""
    sensors: SensorSettings = Field(default_factory=SensorSettings)
    """Meters and recordings, beside what is found on the machine."""
    budget: str | None = None
    """The most that it may take over all its sessions: `200kJ`, `50g`, `2h`; no limit, if not
    given. Cheap runs come first."""
    halving: Annotated[int, Field(ge=2)] | None = None
    """Successive halving: train all a little, go on with the best one in so many by validation,
    and so on up to `epochs`; none, if not given."""
    cooldown_s: NonNegativeFloat = 0.0
    """Seconds of rest between two runs, so that one does not heat the next."""
    grid: GridSettings = Field(default_factory=GridSettings)
    """Where the electricity comes from."""
    embodied: EmbodiedSettings = Field(default_factory=EmbodiedSettings)
    """What is assumed of the machine's making."""
    executor: ExecutorSettings = Field(default_factory=ExecutorSettings)
    """Where its runs are, and how many at a time."""
    section: tuple[GridSection, ...] = ()
    """Several grids in one study. Only sections are run then: the study's own factors are their
    defaults, and replaced where a section names them."""

    @model_validator(mode="before")
    @classmethod
    def _say_what_the_preset_says(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("preset"), str):
            return find_preset(values["preset"]).study | values
        return values

    @property
    def split_settings(self) -> SplitSettings:
        """The split's settings behind its name."""
        return SplitSettings.model_validate(SPLITS[self.split])

    @property
    def names_cutoffs(self) -> bool:
        """Whether the cut-offs of the test were asked for, so that none may be left out."""
        return "topk" in self.model_fields_set

    def replaced_factors(self) -> dict[str, tuple[Any, ...]]:
        """Return the factors above `[[section]]` that every section replaces: they are not run."""
        of_preset = find_preset(self.preset).study
        return {
            name: tuple(getattr(self, name))
            for name in GridSection.model_fields
            if name != "set"
            and name in self.model_fields_set
            and of_preset.get(name) != getattr(self, name)
            and self.section
            and all(name in part.model_fields_set for part in self.section)
        }

    def varies(self, name: str) -> bool:
        """Return whether any section has this setting as a factor."""
        return any(name in section.vary for section in self.sections())

    def sections(self) -> list[GridSection]:
        """Return the grids, each with the study's own factors where it names none."""
        own = {name: getattr(self, name) for name in GridSection.model_fields}
        if not self.section:
            return [GridSection(**own)]
        sections = []
        for part in self.section:
            named = {name: getattr(part, name) for name in part.model_fields_set}
            # Settings add up; factors are replaced.
            named["set"] = self.set | part.set
            sections.append(GridSection(**(own | named)))
        return sections
