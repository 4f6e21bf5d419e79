"""The copy that the sandbox works on: all that is read, nothing that leads elsewhere, and no trace in the end."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.sandbox import working_copy
from bot.sandbox.working_copy import working_copy as copied
from config.settings import ConfigError, Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings for a folder with a document, what belongs to it, a link and a hidden folder, and an index."""
    seeds, index = tmp_path / "seeds", tmp_path / "index"
    for name in ("a/pump.md", "a/.footnote-files.json", ".git/config", "glossary.toml"):
        (seeds / name).parent.mkdir(parents=True, exist_ok=True)
        (seeds / name).write_text(name)
    (seeds / "secret.md").symlink_to("/etc/hostname")
    os.mkfifo(seeds / "pipe.md")
    for name in ("gen-1/old", "gen-2/manifest.json", "models/abc/model", "writer.lock", "writer.json", "CURRENT"):
        (index / name).parent.mkdir(parents=True, exist_ok=True)
        (index / name).write_text("gen-2\n")
    (index / "cross-encoder.json").write_text("{}")
    base = load_settings(seeds=str(seeds), index=str(index))
    return replace(base, discord=replace(base.discord, servers={"1": ["a"]}, database="sqlite+aiosqlite:////real"))


def files(folder: Path) -> set[str]:
    """Return the paths of the files in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_documents_and_the_live_generation_are_copied(settings: Settings) -> None:
    """Regular files without what is hidden; of the index no lock, since two processes would share it."""
    with copied(settings) as copy:
        assert files(copy.seeds_folder) == {"a/pump.md", "a/.footnote-files.json", "glossary.toml"}
        expected = {"CURRENT", "cross-encoder.json", "gen-2/manifest.json", "models/abc/model"}
        assert files(copy.index_folder) == expected
        assert copy.index_folder.stat().st_mode & 0o777 == 0o755
        assert copy.index_folder.parent.stat().st_mode & 0o777 == 0o700
        (copy.seeds_folder / "a" / "pump.md").write_text("changed")
        (copy.index_folder / "CURRENT").write_text("gen-3\n")
    assert (settings.seeds_folder / "a" / "pump.md").read_text() == "a/pump.md"
    assert (settings.index_folder / "CURRENT").read_text() == "gen-2\n"
    assert not copy.index_folder.parent.exists()


def test_the_bot_in_the_copy_has_a_database_of_its_own_and_sees_everything(settings: Settings) -> None:
    """Whatever the real bot may do."""
    with copied(settings) as copy:
        assert copy.discord.database == f"sqlite+aiosqlite:///{copy.index_folder.parent / working_copy.DATABASE_FILE}"
        assert (copy.discord.servers, copy.discord.collections, copy.discord.maintenance) == ({}, "all", "all")


def test_where_files_cannot_be_linked_they_are_copied(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another file system."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with copied(settings) as copy:
        assert (copy.index_folder / "gen-2" / "manifest.json").read_text() == "gen-2\n"
        assert (copy.index_folder / "gen-2" / "manifest.json").stat().st_nlink == 1


def test_too_many_bytes_are_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to do."""
    monkeypatch.setattr(working_copy, "MAX_COPIED_BYTES", 10)
    with pytest.raises(ConfigError, match=r"has more than 0 MB; name a smaller folder with --seeds"), copied(settings):
        pass
