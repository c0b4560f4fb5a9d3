"""Everything that is known of a finished run; written once, never rewritten."""

from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from ecorec.config import Config
from ecorec.energy.arithmetic import subtract_readings
from ecorec.energy.hardware import Hardware
from ecorec.energy.isolation import Isolation
from ecorec.energy.reading import Reading
from ecorec.models.cost import Cost
from ecorec.study.without_gpu import gpu_left_out

SCHEMA_VERSION: Literal[1] = 1
"""Raised whenever a field changes its meaning; readers refuse versions they do not know."""


class EpochRecord(Config):
    """One pass over the training interactions."""

    epoch: PositiveInt
    """Counted from 1."""
    train_s: NonNegativeFloat
    """Seconds of the training steps alone."""
    train_cpu_s: NonNegativeFloat
    """CPU seconds of the training steps alone."""
    train_j: NonNegativeFloat | None
    """Central joules of the training steps alone; the method is that of the `train` phase."""
    loss: float
    """Mean of the batches' losses."""
    validation: float | None
    """The selecting metric, where this epoch was validated."""


class DataRecord(Config):
    """The data in use, after every filter: the columns of the paper's Table 1, and more."""

    name: str
    """Catalogue name, or the path that was given."""
    fingerprint: str
    """Hash of the filtered interactions and, where there is one, of the source's own split."""
    n_users: PositiveInt
    n_items: PositiveInt
    n_interactions: PositiveInt
    density: float
    """Share of the user x item matrix that is filled, 0 to 1."""
    sparsity: float
    """One minus the density."""
    filters: tuple[str, ...]
    """What was filtered, in order and in words, e.g. `10-core over all interactions`."""
    from_cache: bool = False
    """Whether `load` read what had been parsed earlier, for a fraction of the joules."""


class SplitRecord(Config):
    """Sizes of the split and who dropped out of it."""

    protocol: str
    """`ratio`, `leave-one-out`, `temporal` or `given`, with its parameters, in words."""
    seed: int | None
    """Seed of the split; `None` where nothing of it was drawn."""
    n_train: NonNegativeInt
    n_valid: NonNegativeInt
    n_test: NonNegativeInt
    n_users_without_train: NonNegativeInt
    n_users_without_test: NonNegativeInt


class CodeCarbonRecord(Config):
    """CodeCarbon's own reading of the whole run, kept for comparison with the literature."""

    version: str
    duration_s: NonNegativeFloat
    energy_j: NonNegativeFloat
    cpu_j: NonNegativeFloat
    gpu_j: NonNegativeFloat
    ram_j: NonNegativeFloat
    cpu_w: NonNegativeFloat
    """The watts it billed the CPU with on average."""
    ram_w: NonNegativeFloat
    emissions_g: NonNegativeFloat | None
    """`None` when no country was stated."""
    country: str | None
    """ISO 3166 alpha-3 code, as stated."""
    intensity_g_per_kwh: NonNegativeFloat | None
    method: str
    """How it says it obtained the CPU's power, e.g. `cpu_load model, TDP 240 W`."""
    startup_s: NonNegativeFloat
    """Seconds of starting and stopping it; not part of any phase."""


class RunRecord(Config):
    """One run: what was asked, on what, where, how well it did and what it drew."""

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    """Hash of all that changes quality."""
    measurement_id: str
    """Hash of the run, the machine, its boot, threads, device, kernel, versions and repeat."""
    repeat: PositiveInt
    created_at: str
    """ISO 8601, UTC."""
    model: str
    preset: str
    embedding_size: PositiveInt | None
    """`None` for models without embeddings."""
    n_layers: NonNegativeInt | None
    max_epochs: PositiveInt | None
    """Epochs asked for; `None` for training-free models."""
    seed: int | None
    """`None` for models without randomness."""
    settings: dict[str, Any]
    """The whole resolved configuration, from which the run can be repeated."""
    command: str
    """A command line that repeats this run."""
    data: DataRecord
    split: SplitRecord
    machine: Hardware
    threads: PositiveInt
    device: str
    dtype: str
    kernel: str
    """Which propagation kernel ran; `none` for models that do not propagate."""
    users_per_call: PositiveInt | None = None
    """Users that evaluation scored at a time; `None` for as many as fit a block."""
    memory_mapped: bool = False
    """Whether graph and embeddings were in files that are mapped into memory."""
    shards: PositiveInt = 1
    """Processes that shared the model's columns."""
    n_machines: PositiveInt | None = None
    """Machines that those processes were on; `None` where that was not noted."""
    exchanged_bytes: NonNegativeFloat | None = None
    """Bytes that each process sent during training, if collectives go round a ring; `None` for one
    process, and for a run that was continued."""
    versions: dict[str, str]
    n_parameters: NonNegativeInt
    cost: Cost | None = None
    """Multiply-adds and bytes by formula; `None` where the model has no formula."""
    epochs: tuple[EpochRecord, ...]
    """One entry per epoch that was trained; empty for training-free models."""
    best_epoch: PositiveInt | None
    """The epoch that was tested; `None` for training-free models."""
    undertrained: bool
    """The best epoch is the last: more epochs may give more."""
    ended_by: Literal["patience", "gain"] | None = None
    """Which rule ended the training before its last epoch; `None` if none did."""
    selection_metric: str
    """The validation metric that chose the epoch, e.g. `ndcg@10`."""
    validation: dict[str, float] = Field(default_factory=dict)
    """Metric -> value on validation, for a model without epochs; otherwise see `epochs`."""
    phases: tuple[Reading, ...]
    """In order of first occurrence; they sum to `total` up to the unbooked rest."""
    total: Reading
    """The whole run, CodeCarbon's start and stop excluded."""
    attempts: PositiveInt
    """How many times it was started; the energy of all of them is in `total`."""
    isolation: Isolation | None = None
    """What else the machine did meanwhile; `None` where the system does not tell."""
    shared: bool = False
    """Whether other runs of the study could be on the machine at the same time (`--shared`)."""
    metering_s: NonNegativeFloat = 0.0
    """Seconds of the run that went into reading sensors."""
    builds: dict[str, str] = Field(default_factory=dict)
    """How the numeric libraries were built, in their own words."""
    peak_memory_bytes: PositiveInt
    """Highest resident memory of all its processes together."""
    codecarbon: CodeCarbonRecord | None
    n_eval_users: PositiveInt
    """Users with at least one test item."""
    metrics: dict[str, float]
    """Test metrics by name, e.g. `ndcg@10`, `coverage@10`."""

    @property
    def unbooked(self) -> Reading:
        """The part of `total` that no phase accounts for; shown, never spread."""
        whole = self.total.model_copy(update={"name": "unbooked"})
        return subtract_readings(whole, [*self.phases]).part_of(whole)

    @property
    def lacks_gpu(self) -> bool:
        """Whether it ran on a GPU whose joules are not in `total`: that is a part of its energy."""
        return gpu_left_out(self.device, self.total)

    @property
    def contaminated(self) -> bool:
        """Whether other work on the machine makes the energy not the run's own.

        A counter or meter of the machine bills the runs beside it, however little of a large
        machine they take. Apart from that, it is decided by the other work that was seen or, if the
        system does not show it, by whether other runs were allowed.
        """
        if self.shared and self.total.scope == "machine":
            return True
        return self.shared if self.isolation is None else self.isolation.contaminated
