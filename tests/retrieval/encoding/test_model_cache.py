"""Index folders share compiled models through a cache, which saves time and decides nothing."""

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from retrieval import files
from retrieval.encoding import index_cross_encoder, model_cache, models
from retrieval.progress import Progress, silent
from retrieval.upkeep.plan import RebuildOptions, preview
from retrieval.upkeep.rebuild import rebuild

FINGERPRINT = "0123456789abcdef"
CONTENTS = {"model.onnx": b"graph", "model.weights": bytes(range(256)) * 9_000, "tokenizer.json": b"{}"}


class CountingCompiler:
    """Writes a small compiled model instead of compiling one, and counts how often."""

    def __init__(self) -> None:
        self.runs = 0
        self.barrier: threading.Barrier | None = None

    def __call__(self, _: Path, target: Path, __: Progress, role: models.Role = "encoder") -> bool:
        if self.barrier:
            self.barrier.wait(10)
        self.runs += 1
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        facts = {name: files.write(target / name, content) for name, content in CONTENTS.items()}
        (target / models.MANIFEST).write_text(json.dumps({"role": role, "files": facts}))
        return True


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> CountingCompiler:
    """Replace the compiler."""
    counting = CountingCompiler()
    monkeypatch.setattr(models, "compile_model", counting)
    return counting


@pytest.fixture
def cache(tmp_path: Path, compiler: CountingCompiler) -> Path:
    """Return a cache that has an entry of the small model."""
    folder = tmp_path / "cache" / "models"
    assert prepare(tmp_path / "first", folder)
    compiler.runs = 0
    return folder


def prepare(index: Path, cache: Path | None) -> bool:
    """Prepare the small model for an index folder; check that the folder contains it."""
    compiled = model_cache.prepare(Path("source"), index, FINGERPRINT, silent, cache=cache)
    folder = models.compiled_folder(index, FINGERPRINT)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != models.MANIFEST} == CONTENTS
    assert [path.name for path in folder.parent.iterdir()] == [FINGERPRINT]
    return compiled


def entry_of(cache: Path) -> Path:
    """Return the only entry of a cache; nothing temporary is left beside it."""
    (entry,) = cache.iterdir()
    return entry


def test_a_second_index_folder_compiles_nothing(tmp_path: Path, cache: Path, compiler: CountingCompiler) -> None:
    """It gets its own copies, the same to the byte; an index that has the model does not touch the cache."""
    assert model_cache.would_compile(tmp_path / "second", FINGERPRINT)
    assert not model_cache.would_compile(tmp_path / "second", FINGERPRINT, cache)
    assert not prepare(tmp_path / "second", cache)
    first, second = (models.compiled_folder(tmp_path / name, FINGERPRINT) for name in ("first", "second"))
    assert (first / models.MANIFEST).read_bytes() == (second / models.MANIFEST).read_bytes()
    assert {path.stat().st_nlink for path in second.iterdir()} == {1}
    shutil.rmtree(cache)
    assert not prepare(tmp_path / "second", cache)
    assert (compiler.runs, cache.exists()) == (0, False)


def test_a_damaged_model_of_an_index_is_replaced_from_the_cache(
    tmp_path: Path, cache: Path, compiler: CountingCompiler
) -> None:
    """What a killed process left beside it is removed as well."""
    folder = models.compiled_folder(tmp_path / "first", FINGERPRINT)
    (folder / "model.onnx").write_bytes(b"grape")
    (folder.parent / f"{FINGERPRINT}.tmp").mkdir()
    assert not prepare(tmp_path / "first", cache)
    assert compiler.runs == 0


def test_without_a_cache_each_index_folder_compiles(tmp_path: Path, compiler: CountingCompiler) -> None:
    """Nothing is written outside the index folders."""
    assert prepare(tmp_path / "first", None)
    assert prepare(tmp_path / "second", None)
    assert (compiler.runs, sorted(path.name for path in tmp_path.iterdir())) == (2, ["first", "second"])


def test_the_cache_is_private(cache: Path) -> None:
    """Folders are for the user only, and so are the files."""
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (cache, entry_of(cache))} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in entry_of(cache).iterdir()} == {0o600}


def _set_in_record(entry: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    record = json.loads((entry / model_cache.RECORD).read_text())
    change(record)
    (entry / model_cache.RECORD).write_text(json.dumps(record))


def _replace_by_link(entry: Path) -> None:
    """Put a link to the right content in the place of a file."""
    (entry / "model.weights").rename(entry.parents[1] / "elsewhere")
    (entry / "model.weights").symlink_to(entry.parents[1] / "elsewhere")


def _add_file_outside(entry: Path) -> None:
    """Name a file whose copy would lie outside the folder of the model."""
    facts = files.write(entry.parent / "outside", b"outside")
    _set_in_record(entry, lambda record: record["files"].update({"../outside": facts}))


def _replace_by_file(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("a file")


def _forge_manifest(entry: Path) -> None:
    """Let the record agree with a manifest that disagrees with the files."""
    manifest = (entry / models.MANIFEST).read_text().replace('"size": 5', '"size": 6')
    facts = files.write(entry / models.MANIFEST, manifest.encode())
    _set_in_record(entry, lambda record: record["files"].update({models.MANIFEST: facts}))


def _replace_by_pipe(entry: Path) -> None:
    """Put a pipe in the place of a file; opening it for reading would wait for a writer."""
    (entry / "tokenizer.json").unlink()
    os.mkfifo(entry / "tokenizer.json")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a changed byte": lambda entry: (entry / "model.weights").write_bytes(b"\1" + CONTENTS["model.weights"][1:]),
    "a truncated file": lambda entry: os.truncate(entry / "model.weights", 1_000),
    "a longer file": lambda entry: (entry / "model.onnx").write_bytes(b"graphs"),
    "a missing file": lambda entry: (entry / "tokenizer.json").unlink(),
    "a pipe": _replace_by_pipe,
    "a link": _replace_by_link,
    "a file that others can change": lambda entry: (entry / "model.onnx").chmod(0o620),
    "a folder that others can change": lambda entry: entry.chmod(0o777),
    "no record": lambda entry: (entry / model_cache.RECORD).unlink(),
    "a record that is not JSON": lambda entry: (entry / model_cache.RECORD).write_bytes(b'{"origin": \xff'),
    "a record of another form": lambda entry: (entry / model_cache.RECORD).write_text('{"origin": [], "files": 3}'),
    "a record of another model": lambda entry: _set_in_record(
        entry, lambda record: record["origin"].update(fingerprint="0" * 16)
    ),
    "a record without a manifest": lambda entry: _set_in_record(
        entry, lambda record: record["files"].pop(models.MANIFEST)
    ),
    "a file outside": _add_file_outside,
    "a file in the place of the entry": _replace_by_file,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_entry_that_cannot_be_trusted_is_made_again(
    damage: str, tmp_path: Path, cache: Path, compiler: CountingCompiler
) -> None:
    """The index gets what the compiler wrote, and the third index folder compiles nothing."""
    DAMAGES[damage](entry_of(cache))
    assert model_cache.would_compile(tmp_path / "second", FINGERPRINT, cache)
    assert prepare(tmp_path / "second", cache)
    assert not prepare(tmp_path / "third", cache)
    assert compiler.runs == 1
    assert not (tmp_path / "third" / "models" / "outside").exists()


def test_an_entry_of_another_user_is_ignored(
    tmp_path: Path, cache: Path, compiler: CountingCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checksums are right, but its owner chose them."""
    monkeypatch.setattr(os, "geteuid", lambda: cache.stat().st_uid + 1)
    assert prepare(tmp_path / "second", cache)
    assert compiler.runs == 1


def test_a_manifest_that_disagrees_with_its_files_is_not_copied(
    tmp_path: Path, cache: Path, compiler: CountingCompiler
) -> None:
    """Whoever made the entry, an index folder never gets a model that it would call damaged."""
    _forge_manifest(entry_of(cache))
    assert prepare(tmp_path / "second", cache)
    assert compiler.runs == 1


@pytest.mark.parametrize("package", model_cache.COMPILER_PACKAGES)
def test_another_version_of_what_compiles_makes_another_entry(
    package: str, tmp_path: Path, cache: Path, compiler: CountingCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both entries stay, for two installations that take turns."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.1" if name == package else version(name))
    assert prepare(tmp_path / "second", cache)
    assert not prepare(tmp_path / "third", cache)
    monkeypatch.undo()
    monkeypatch.setattr(models, "compile_model", compiler)
    assert not prepare(tmp_path / "fourth", cache)
    assert (compiler.runs, len(list(cache.iterdir()))) == (1, 2)


def test_a_model_that_could_not_be_compiled_here_is_not_taken_from_the_cache(
    tmp_path: Path, cache: Path, compiler: CountingCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one of the packages nobody can tell whether the result would be the same."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert prepare(tmp_path / "second", cache)
    assert (compiler.runs, len(list(cache.iterdir()))) == (1, 1)


def test_a_cache_that_can_only_be_read_is_read(tmp_path: Path, cache: Path, compiler: CountingCompiler) -> None:
    """Neither the folder nor the entry has to be writable."""
    for folder in (entry_of(cache), cache):
        folder.chmod(0o500)
    assert not prepare(tmp_path / "second", cache)
    assert compiler.runs == 0
    for folder in (cache, entry_of(cache)):
        folder.chmod(0o700)


def test_a_cache_that_cannot_be_made_costs_only_time(tmp_path: Path, compiler: CountingCompiler) -> None:
    """A file is in the place of one of its folders."""
    (tmp_path / "file").write_text("")
    assert prepare(tmp_path / "first", tmp_path / "file" / "models")
    assert compiler.runs == 1


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("written_files", range(len(CONTENTS) + 2))
def test_a_full_cache_costs_only_time(written_files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the disk becomes full, the index has its model and the cache has nothing half written."""
    cache, write = tmp_path / "cache", files.write_stream
    written: list[Path] = []

    def write_until_full(path: Path, fill: Callable[[Callable[[bytes | memoryview], object]], object]) -> object:
        if cache in path.parents:
            if len(written) == written_files:
                path.write_bytes(b"half")
                raise OSError(28, "No space left on device", str(path))
            written.append(path)
        return write(path, fill)

    monkeypatch.setattr(files, "write_stream", write_until_full)
    assert prepare(tmp_path / "first", cache)
    assert (len(written), list(cache.iterdir())) == (written_files, [])
    assert prepare(tmp_path / "second", cache)


def test_an_error_while_copying_to_the_index_leaves_the_entry(
    tmp_path: Path, cache: Path, compiler: CountingCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is compiled instead, and the next index folder takes it from the cache."""

    def fail(_: Path, target: Path) -> None:
        raise OSError(5, "Input/output error", str(target))

    monkeypatch.setattr(files, "rename", fail)
    assert prepare(tmp_path / "second", cache)
    monkeypatch.undo()
    monkeypatch.setattr(models, "compile_model", compiler)
    assert not prepare(tmp_path / "third", cache)
    assert compiler.runs == 1


def test_two_processes_that_compile_at_once_do_not_disturb_each_other(
    tmp_path: Path, compiler: CountingCompiler
) -> None:
    """Both compile, one entry stays, and it is whole."""
    cache, compiler.barrier = tmp_path / "cache", threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        compiled = list(pool.map(lambda name: prepare(tmp_path / name, cache), ("first", "second")))
    assert compiled == [True, True]
    assert entry_of(cache)
    assert not prepare(tmp_path / "third", cache)
    assert compiler.runs == 2


def test_an_entry_that_another_process_made_meanwhile_stays(tmp_path: Path, cache: Path) -> None:
    """A process that is copying it still finds the files that its record names."""
    entry = entry_of(cache)
    before = entry.stat().st_ino
    origin = json.loads((entry / model_cache.RECORD).read_text())["origin"]
    model_cache._copy_to_cache(models.compiled_folder(tmp_path / "first", FINGERPRINT), origin, entry)
    assert entry_of(cache).stat().st_ino == before


def test_entries_that_were_not_used_for_long_are_removed(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is what a killed process left; an entry in use and other files of the folder stay."""
    old, used, left, young, other = (
        cache / name
        for name in ("0" * 16 + "-" + "1" * 16, "2" * 16 + "-" + "3" * 16, "footnote-tmp-a", "footnote-tmp-b", "x")
    )
    for folder, age_s in ((old, 181 * 86_400), (used, 179 * 86_400), (left, 90_000), (young, 80_000), (other, 1e9)):
        folder.mkdir()
        (folder / "file").write_text("")
        os.utime(folder, (time.time() - age_s, time.time() - age_s))
    monkeypatch.setattr(metadata, "version", lambda _: "0.1")
    assert prepare(tmp_path / "second", cache)
    assert [folder.exists() for folder in (old, used, left, young, other)] == [False, True, False, True, True]


def test_using_an_entry_keeps_it(tmp_path: Path, cache: Path) -> None:
    """Its time is the time of the last use."""
    os.utime(entry_of(cache), (1, 1))
    assert not prepare(tmp_path / "second", cache)
    assert entry_of(cache).stat().st_mtime > 1


def test_a_cross_encoder_is_taken_from_the_cache(tmp_path: Path, compiler: CountingCompiler) -> None:
    """The second index folder names it as its cross-encoder, and another role makes another entry."""
    source, cache = tmp_path / "source", tmp_path / "cache"
    source.mkdir()
    (source / "model.safetensors").write_bytes(b"weights")
    arguments = (str(source), silent, cache)
    assert index_cross_encoder.prepare(tmp_path / "first", *arguments)
    assert index_cross_encoder.would_compile(tmp_path / "second", str(source))
    assert not index_cross_encoder.would_compile(tmp_path / "second", str(source), cache)
    assert not index_cross_encoder.prepare(tmp_path / "second", *arguments)
    assert index_cross_encoder.find(tmp_path / "second", str(source)) == models.fingerprint(source, "cross-encoder")
    assert model_cache.prepare(source, tmp_path / "second", models.fingerprint(source), silent, cache=cache)
    assert (compiler.runs, len(list(cache.iterdir()))) == (2, 2)


def test_a_rebuild_takes_the_model_from_the_cache(
    options: RebuildOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real model, made an entry by one index, serves the next, whose preview already says that it compiles none."""
    cache, compiled = tmp_path / "cache", options.index / "models"
    monkeypatch.setattr(
        models, "compile_model", lambda _, target, *__: bool(shutil.copytree(next(compiled.iterdir()), target))
    )
    first, second = (replace(options, index=tmp_path / name, model_cache=cache) for name in ("first", "second"))
    assert preview(first).compiles
    assert rebuild(first, silent).published
    monkeypatch.setattr(models, "compile_model", None)
    assert not preview(second).compiles
    assert rebuild(second, silent).published
