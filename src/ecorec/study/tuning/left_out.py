"""Models whose tuning was begun and then thought better of, before any trial counted."""

from ecorec.study.tuning import journal
from ecorec.study.tuning.folder import TuningFolder
from ecorec.study.tuning.record import ModelTuning, TuningRecord
from ecorec.study.tuning.settings import TuningSettings
from ecorec.study.tuning.trials import read_trials


def leave_out(record: TuningRecord, settings: TuningSettings, folder: TuningFolder) -> TuningRecord:
    """Set models aside of which no trial counts and that are not asked for; they stay billed.

    One that is asked for again comes back. Where that changes the record, the folder has it.

    Args:
        record: What the folder holds.
        settings: What is asked for now.
        folder: Its journal tells what the interrupted trials drew.

    Raises:
        StudyError: Another tuning is writing to the folder, or it cannot be written.
    """
    asked = {(task.model, task.embedding_size) for task in settings.tasks()}

    def wanted(model: ModelTuning) -> bool:
        return model.n_trials > 0 or (model.model, model.embedding_size) in asked

    unwanted = [model for model in record.models if not wanted(model)]
    come_back = [model for model in record.left_out if wanted(model)]
    if not unwanted and not come_back:
        return record
    with folder.locked():
        billed = [_with_what_it_drew(model, settings, folder) for model in unwanted]
        models = [model for model in record.models if wanted(model)] + come_back
        left_out = [model for model in record.left_out if not wanted(model)] + billed
        record = record.model_copy(update={"models": tuple(models), "left_out": tuple(left_out)})
        folder.write(record)
    return record


def _with_what_it_drew(
    model: ModelTuning, settings: TuningSettings, folder: TuningFolder
) -> ModelTuning:
    search = journal.open_search(
        journal.open_journal(folder.journal),
        model.label,
        weighs_energy=settings.weighs_energy,
        last_epoch=settings.study.epochs[0],
    )
    return model.model_copy(update={"trials": read_trials(search)})
