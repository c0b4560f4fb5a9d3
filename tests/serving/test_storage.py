"""An index on disk: what comes back is what was stored, or is refused by name."""

import json
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ecorec.cli.main import app
from ecorec.errors import EcorecError, InputError
from ecorec.serving.approximate import GRAPH_FILE
from ecorec.serving.ids import OutsideIds
from ecorec.serving.index import VECTOR_KINDS
from ecorec.serving.manifest import describe_files, sha256
from ecorec.serving.storage import annotate
from ecorec.study.index import index_run, open_index
from tests.serving.conftest import Trained

pytestmark = pytest.mark.xdist_group("serving")
CASES = [("lightgcn", kind) for kind in (*VECTOR_KINDS, "lists")] + [("itemknn", "sparse")]


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_a_stored_index_answers_as_the_one_that_was_built(
    runs: dict[str, Trained], model: str, kind: str, tmp_path: Path
) -> None:
    run = runs[model]
    folder, manifest = index_run(run.folder, kind, 20, tmp_path / "index")
    stored = open_index(folder)
    built = run.index(kind)
    for found, expected in zip(
        stored.index.top(run.everyone, 20), built.top(run.everyone, 20), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert stored.manifest == manifest
    assert stored.index.size_bytes == built.size_bytes == manifest.index_bytes
    assert stored.users.ids == run.stored.split.whole.user_ids.tolist()
    assert stored.items.ids == run.stored.split.whole.item_ids.tolist()
    assert manifest.fingerprint == run.stored.record.data.fingerprint
    assert manifest.build.name == "index"
    assert manifest.build.energy_j > 0
    assert [item.k for item in manifest.recall] == [10, 20]
    exactly = kind in ("exact", "lists", "sparse")
    assert all(item.recall == 1.0 if exactly else item.recall > 0.9 for item in manifest.recall)
    assert not [file for file in folder.rglob("*") if file.suffix in (".pkl", ".pickle", ".npy")]


def test_a_changed_and_a_short_file_are_refused_by_name_and_both_hashes(
    runs: dict[str, Trained], tmp_path: Path
) -> None:
    folder, manifest = index_run(runs["bpr-mf"].folder, "exact", out=tmp_path / "index")
    for stored in manifest.files:
        file = folder / stored.name
        whole = file.read_bytes()
        flipped = bytearray(whole)
        flipped[-1] ^= 1
        for damaged in (bytes(flipped), whole[:-1], b""):
            file.write_bytes(damaged)
            with pytest.raises(InputError) as caught:
                open_index(folder)
            words = (str(file), stored.sha256, sha256(file))
            assert all(word in caught.value.message for word in words)
            assert "ecorec index" in caught.value.hint
        file.unlink()
        with pytest.raises(InputError, match="is missing from the index"):
            open_index(folder)
        file.write_bytes(whole)
    open_index(folder)


def test_a_folder_with_something_else_is_left_as_it_is(
    runs: dict[str, Trained], tmp_path: Path
) -> None:
    run = runs["popularity"].folder
    thesis = tmp_path / "mine" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years")
    before = sorted(file.name for file in run.iterdir())
    for out, message in (
        (thesis.parent, r"mine holds `thesis\.txt`, which is no index"),
        (thesis, r"thesis\.txt is a file"),
        (run, "which is no index"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            index_run(run, out=out)
        assert "a new folder" in caught.value.hint
    assert thesis.read_text() == "years"
    (tmp_path / "here").mkdir()
    with chdir(tmp_path / "here"), pytest.raises(InputError, match="that you are in") as caught:
        index_run(run, out=Path())
    assert "--out index" in caught.value.hint
    assert (tmp_path / "here").is_dir()
    assert sorted(file.name for file in run.iterdir()) == before
    # An index, an empty folder and none are replaced, taken and made.
    for _ in range(2):
        folder, manifest = index_run(run, out=tmp_path / "index")
    (tmp_path / "empty").mkdir()
    index_run(run, out=tmp_path / "empty")
    assert open_index(folder).manifest == manifest


def test_a_graph_that_the_library_cannot_read_is_refused(
    runs: dict[str, Trained], tmp_path: Path
) -> None:
    folder, manifest = index_run(runs["bpr-mf"].folder, "approximate", out=tmp_path / "index")
    (folder / GRAPH_FILE).write_bytes(b"another format")
    annotate(folder, manifest, files=describe_files(folder, [f.name for f in manifest.files]))
    with pytest.raises(InputError, match=r"graph\.usearch cannot be read by usearch: ") as caught:
        open_index(folder)
    assert "ecorec index" in caught.value.hint


def test_a_manifest_that_is_no_manifest_is_refused(
    runs: dict[str, Trained], tmp_path: Path
) -> None:
    folder, _ = index_run(runs["popularity"].folder, out=tmp_path / "index")
    file = folder / "manifest.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps(values | {"format_version": 2}))
    with pytest.raises(InputError, match=r"was written by a newer ecorec \(format 2; "):
        open_index(folder)
    file.write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        open_index(folder)
    with pytest.raises(InputError, match="holds no index"):
        open_index(tmp_path)


def test_ids_come_back_whatever_letters_they_have() -> None:
    ids = ["42", "", "Zoë", "日本", "a b\n", "🦉", "\x1f"]
    packed = OutsideIds(ids).arrays("users")
    back = OutsideIds.from_arrays(packed, "users")
    assert back.ids == ids
    assert back.index("日本") == 3
    assert back.index("nobody") is None
    assert OutsideIds.from_arrays(OutsideIds([]).arrays("x"), "x").ids == []


def test_the_command_says_what_it_built(runs: dict[str, Trained]) -> None:
    folder = runs["lightgcn"].folder
    result = CliRunner().invoke(app, ["index", str(folder), "--kind", "int8", "--k", "10"])
    assert result.exit_code == 0, result.output
    assert "lightgcn · movietweetings · index `int8`" in result.stdout
    assert "assumed" in result.stdout or "modelled" in result.stdout or "counter" in result.stdout
    assert "recall@10 0.9" in result.stdout
    assert (folder / "index" / "int8" / "manifest.json").is_file()
    refused = CliRunner().invoke(app, ["index", str(folder), "--kind", "lists", "--k", "5000"])
    assert isinstance(refused.exception, EcorecError)
    assert "k = 5000 does not fit the catalogue of 1099 items" in refused.exception.message
