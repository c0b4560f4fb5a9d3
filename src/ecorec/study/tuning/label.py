"""What people call the tuning of one model at one embedding size."""


def label_of(model: str, embedding_size: int | None) -> str:
    """Return e.g. `lightgcn d=64`, or `ease` for a model without embeddings."""
    return model if embedding_size is None else f"{model} d={embedding_size}"
