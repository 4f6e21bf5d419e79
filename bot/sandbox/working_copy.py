"""Copy the documents and the index to a temporary folder, so that nothing in the sandbox changes the real ones."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from bot.sandbox.temporary_folder import temporary_folder
from config.settings import ConfigError, Settings
from retrieval.store import layout

MAX_COPIED_BYTES = 2_000_000_000  # of documents; the files of an index are linked where the file system can
DATABASE_FILE = "sandbox.sqlite"
PREFIX = "footnote-sandbox-"


@contextmanager
def working_copy(settings: Settings) -> Iterator[Settings]:
    """Yield settings for a copy of the documents and of the live generation, which is deleted in the end.

    Nobody but the user who runs this can read it. Raises ConfigError if the documents are too large.
    """
    with temporary_folder(PREFIX) as folder:
        _copy_documents(settings.seeds_folder, folder / "documents")
        _copy_index(settings.index_folder, folder / "index")
        discord = replace(
            settings.discord,
            database=f"sqlite+aiosqlite:///{folder / DATABASE_FILE}",
            servers={},
            collections="all",
            maintenance="all",
        )
        yield replace(settings, seeds=str(folder / "documents"), index=str(folder / "index"), discord=discord)


def _copy_documents(source: Path, target: Path) -> None:
    """Copy the regular files of a folder; links are left out, as they are when documents are read."""
    left = MAX_COPIED_BYTES
    for folder, names, files in os.walk(source):
        names[:] = [name for name in names if not name.startswith(".")]
        copied = target / Path(folder).relative_to(source)
        copied.mkdir(parents=True, exist_ok=True)
        for name in files:
            file = Path(folder, name)
            if file.is_symlink() or not file.is_file():
                continue
            left -= file.stat().st_size
            if left < 0:
                raise ConfigError(
                    f"the sandbox works on a copy of the documents, and {source} has more than "
                    f"{MAX_COPIED_BYTES // 1_000_000:,} MB; name a smaller folder with --seeds"
                )
            shutil.copy2(file, copied / name)


def _copy_index(source: Path, target: Path) -> None:
    """Copy the live generation and the models; their files never change, so that links to them are enough."""
    live = layout.current(source)
    target.mkdir()
    for folder in ("models", live):
        if folder is not None and (source / folder).is_dir():
            shutil.copytree(source / folder, target / folder, copy_function=_link_or_copy)
    for file in source.iterdir():
        if file.is_file() and file.suffix == ".json" and not file.name.startswith("writer"):
            shutil.copy2(file, target / file.name)
    if live is not None:
        (target / layout.CURRENT).write_text(f"{live}\n", "ascii")


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
