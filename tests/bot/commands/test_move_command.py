"""`footnote move-database` from the command line: what it prints, and that it prints no password."""

import asyncio
from pathlib import Path

import pytest

from bot.commands import cli
from bot.discord_bot.storage.database import Database, ServerSettings, file_address
from tests.support.postgresql_server import PASSWORD

SETTING = "FOOTNOTE_DISCORD__DATABASE"


async def make_file(path: Path) -> None:
    database = await Database.open(file_address(path))
    await database.save(1, ServerSettings(private=True))
    await database.close()


def test_rows_are_counted(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file beside the index is moved by default; the second time there is nothing to do."""
    (tmp_path / "index").mkdir()
    asyncio.run(make_file(tmp_path / "discord-index.sqlite"))
    monkeypatch.setenv(SETTING, postgresql_url)
    assert cli.run(["move-database", "--index", str(tmp_path / "index")]) == 0
    out = capsys.readouterr().out
    assert "servers          1 row\n" in out
    assert out.endswith("Copied 2 rows; the bot uses them from its next start.\n")
    assert cli.run(["move-database", str(tmp_path / "discord-index.sqlite")]) == 0
    assert capsys.readouterr().out == "Nothing to do: the rows are there already.\n"


def test_what_cannot_be_moved_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No target, no file, SQLite as the target, and a server that is not there, without its password."""
    (tmp_path / "index").mkdir()
    asyncio.run(make_file(tmp_path / "bot.sqlite"))
    for target, file, line in (
        ("", "bot.sqlite", "nowhere to move to: set discord.database to the address of a PostgreSQL database"),
        ("postgresql://h/n", "", f"there is no database {tmp_path}/discord-index.sqlite to move"),
        (
            file_address(tmp_path / "other.sqlite"),
            "bot.sqlite",
            "discord.database does not name a PostgreSQL database, to which rows could be moved",
        ),
        (
            f"postgresql://u:{PASSWORD[:6]}@127.0.0.1:1/n",
            "bot.sqlite",
            "the database n on 127.0.0.1:1 cannot be used: Connection refused",
        ),
    ):
        monkeypatch.setenv(SETTING, target)
        arguments = [str(tmp_path / file)] if file else []
        assert cli.run(["move-database", "--index", str(tmp_path / "index"), *arguments]) == 2
        assert capsys.readouterr().err == f"footnote: {line}\n"
