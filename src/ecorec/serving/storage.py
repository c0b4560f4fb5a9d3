"""An index on disk: arrays as safetensors, a manifest with hashes, never a pickle.

FOLDER/manifest.json           what it is, and the hash of every other file
FOLDER/index.safetensors       what scores
FOLDER/catalogue.safetensors   outside ids, and what users have seen
FOLDER/graph.usearch           the graph of the kind `approximate`
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists
from ecorec.folders import write_whole
from ecorec.serving.approximate import GRAPH_FILE, ApproximateIndex
from ecorec.serving.exact import VectorIndex
from ecorec.serving.ids import OutsideIds
from ecorec.serving.index import Index, Kind, Seen
from ecorec.serving.lists import ListIndex
from ecorec.serving.manifest import FILE, REBUILD, Manifest, describe_files, read_manifest
from ecorec.serving.sparse import SparseIndex
from ecorec.serving.tables import Table

INDEX_FILE, CATALOGUE_FILE = "index.safetensors", "catalogue.safetensors"
OWN_FILES = (FILE, INDEX_FILE, CATALOGUE_FILE, GRAPH_FILE)
"""All that an index's folder holds."""


def check_folder(folder: Path) -> None:
    """Make sure that an index may be put here: what is replaced is nothing but an index.

    Raises:
        InputError: It is a file, a folder that holds something else, or the present folder, which
            would be gone.
    """
    hint = "give a new folder, or one that holds an index"
    if folder.resolve() == Path.cwd():
        message = f"--out {folder} is the folder that you are in, which would be replaced"
        raise InputError(message, hint="give a new folder in it, e.g. --out index")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder} is a file", hint=hint)
    present = sorted(file.name for file in folder.iterdir()) if folder.exists() else []
    others = [name for name in present if name not in OWN_FILES]
    if others:
        raise InputError(f"--out {folder} holds `{others[0]}`, which is no index", hint=hint)


@dataclass(frozen=True, eq=False)
class StoredIndex:
    """An index with the ids that its indices stand for."""

    index: Index
    manifest: Manifest
    users: OutsideIds
    items: OutsideIds


def save_index(
    folder: Path,
    index: Index,
    seen: Seen,
    users: OutsideIds,
    items: OutsideIds,
    about: dict[str, Any],
) -> Manifest:
    """Write an index; the folder appears whole or not at all, in place of an earlier one.

    Args:
        folder: Where it will be.
        index: What is stored.
        seen: What users have seen.
        users: Outside ids of users.
        items: Outside ids of items.
        about: Other fields of the manifest: run, model, data, time, version.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _save(unfinished / INDEX_FILE, index.arrays())
    catalogue = {
        **users.arrays("users"),
        **items.arrays("items"),
        "seen_indptr": torch.from_numpy(seen.lists.indptr),
        "seen_items": torch.from_numpy(seen.lists.items),
    }
    _save(unfinished / CATALOGUE_FILE, catalogue)
    names = [INDEX_FILE, CATALOGUE_FILE]
    if isinstance(index, ApproximateIndex):
        index.save_graph(unfinished / GRAPH_FILE)
        names.append(GRAPH_FILE)
    manifest = Manifest(
        kind=index.kind,
        n_users=index.n_users,
        n_items=index.n_items,
        tie_seed=seen.tie_seed,
        list_length=index.longest_k if isinstance(index, ListIndex) else None,
        of_histories=index.product.of_histories if isinstance(index, SparseIndex) else None,
        fold_in=index.fold_in_rule if isinstance(index, VectorIndex | ApproximateIndex) else None,
        index_bytes=index.size_bytes,
        files=describe_files(unfinished, names),
        **about,
    )
    _write(unfinished, manifest)
    _replace(unfinished, folder)
    return manifest


def annotate(folder: Path, manifest: Manifest, **fields: Any) -> Manifest:
    """Add to a stored manifest what is known only after the index was built."""
    told = manifest.model_copy(update=fields)
    _write(folder, told)
    return told


def _write(folder: Path, manifest: Manifest) -> None:
    write_whole(folder / FILE, manifest.model_dump_json(indent=1))


def _replace(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    os.replace(new, folder)  # noqa: PTH105  of a folder, which Path.replace does not promise
    shutil.rmtree(old, ignore_errors=True)


def _save(file: Path, arrays: dict[str, Tensor]) -> None:
    save_file({name: part.contiguous() for name, part in arrays.items()}, file)


def load_index(folder: Path) -> StoredIndex:
    """Read an index after its files were checked against their hashes.

    Raises:
        InputError: It is missing, damaged, or not what was written.
    """
    manifest = read_manifest(folder)
    try:
        arrays = load_file(folder / INDEX_FILE)
        catalogue = load_file(folder / CATALOGUE_FILE)
        seen = Seen(
            ItemLists(catalogue["seen_indptr"].numpy(), catalogue["seen_items"].numpy()),
            manifest.tie_seed,
        )
        index = _restored(folder, manifest, arrays, seen)
        users = OutsideIds.from_arrays(catalogue, "users")
        items = OutsideIds.from_arrays(catalogue, "items")
    except (SafetensorError, KeyError) as error:
        raise InputError(f"{folder} is damaged: {error}", hint=REBUILD) from None
    return StoredIndex(index, manifest, users, items)


def _restored(folder: Path, manifest: Manifest, arrays: dict[str, Tensor], seen: Seen) -> Index:
    kind = manifest.kind
    if kind == "lists":
        unseen = (arrays["unseen"].numpy(), arrays["unseen_scores"].numpy())
        every = (arrays["every"].numpy(), arrays["every_scores"].numpy())
        return ListIndex(unseen, every, manifest.n_items, seen)
    if kind == "sparse":
        of_histories = bool(manifest.of_histories)
        return SparseIndex.from_arrays(arrays, manifest.n_items, seen, of_histories=of_histories)
    users, items = (Table.from_arrays(arrays, name) for name in ("users", "items"))
    stored: Kind = "exact" if kind == "approximate" else kind
    index = VectorIndex(stored, users, items, seen, manifest.fold_in or "unit-sum")
    if kind == "approximate":
        return ApproximateIndex.load(folder / GRAPH_FILE, index)
    return index
