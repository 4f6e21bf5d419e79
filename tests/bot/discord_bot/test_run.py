"""How the bot is put together: its token, and the ids of servers in its settings."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from bot.discord_bot import run
from bot.discord_bot.access.visibility import parse_grants
from config.settings import ConfigError, load_settings

CANARY = "canary.token.value"


@pytest.mark.parametrize(
    ("key", "address", "expected"),
    [
        ("api", "http://example.com/api", "https, or with http"),
        ("gateway", "https://example.com", "wss, or with ws"),
        ("cdn", "nonsense", "https, or with http"),
    ],
)
def test_unsafe_address_is_named_with_its_setting(key: str, address: str, expected: str) -> None:
    """The error says which setting has which value, and what is expected instead."""
    settings = structs.replace(load_settings().discord, **{key: address})

    with pytest.raises(ConfigError) as raised:
        run.check_addresses(settings)

    beginning = f"setting discord.{key} = {address!r}: expected an address that begins with {expected} on this machine"
    assert str(raised.value).startswith(beginning)
    run.check_addresses(structs.replace(load_settings().discord, api="http://127.0.0.1:1/api"))


def test_unknown_collections_are_warned_of() -> None:
    """A granted collection that does not exist is logged with the setting that names it, and with those that do."""
    lines: list[dict[str, Any]] = []
    log = SimpleNamespace(warning=lambda event, **fields: lines.append({"event": event, **fields}))
    grants = parse_grants({"12": ["faq", "hanbook"], "13": ["faq"]}, ["rules", "faq"])

    run.warn_of_unknown_collections(grants, ["", "faq", "handbook"], log)

    event = "a setting names collections that do not exist"
    existing = ["", "faq", "handbook"]
    assert lines == [
        {"event": event, "setting": "discord.collections", "missing": ["rules"], "existing": existing},
        {"event": event, "setting": "discord.servers.12", "missing": ["hanbook"], "existing": existing},
    ]


def test_folder_that_cannot_be_written_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start says that nothing can be kept; a folder of kept answers that can be written is enough."""
    lines: list[dict[str, Any]] = []
    log = SimpleNamespace(warning=lambda event, **fields: lines.append({"event": event, **fields}))
    settings = structs.replace(load_settings(), seeds=str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)

    run.warn_of_read_only_documents(settings, log)
    (tmp_path / "answers").mkdir()
    run.warn_of_read_only_documents(settings, log)

    assert lines == [{"event": run.READ_ONLY, "folder": str(tmp_path)}]


def test_token_comes_from_the_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is read from the configured file, else from the environment, without surrounding space."""
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    monkeypatch.setenv(run.TOKEN_VARIABLE, " of.the.environment ")

    assert run.read_token(str(file)) == CANARY
    assert run.read_token("") == "of.the.environment"


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_missing_token_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """One line says where to get a token and where to put it."""
    if given is None:
        monkeypatch.delenv(run.TOKEN_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(run.TOKEN_VARIABLE, given)

    with pytest.raises(ConfigError) as raised:
        run.read_token("")

    assert str(raised.value) == run.NO_TOKEN
    assert "\n" not in run.NO_TOKEN
    for part in ("https://discord.com/developers/applications", "DISCORD_TOKEN", "discord.token_file"):
        assert part in run.NO_TOKEN


@pytest.mark.parametrize("token", ["canary token", "canary\ntoken", "canary\u200btoken", "canary\x00token"])
def test_invalid_token_is_not_repeated(tmp_path: Path, token: str) -> None:
    """A text that cannot be a token is rejected without being shown."""
    file = tmp_path / "token"
    file.write_text(token)

    with pytest.raises(ConfigError) as raised:
        run.read_token(str(file))

    assert "canary" not in str(raised.value)


def test_unreadable_token_file_is_an_error(tmp_path: Path) -> None:
    """A missing file, a folder and a binary file are errors of one line."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    for name in ("missing", "", "binary"):
        with pytest.raises(ConfigError, match="cannot be read"):
            run.read_token(str(tmp_path / name))


def test_server_that_is_not_named_by_its_id_is_an_error() -> None:
    """A name where an id belongs would otherwise silently grant nothing."""
    settings = load_settings().discord
    with pytest.raises(ConfigError, match=r"discord\.servers names 'my server', which is not the id of a server"):
        run.check_server_ids(structs.replace(settings, servers={"my server": ["a"]}))


def test_database_of_an_index_is_named_after_it(tmp_path: Path) -> None:
    """Only folders with a live generation count as other indexes, which leave an old database to all of them."""
    index = tmp_path / "index"
    for folder in (index, tmp_path / "seeds"):
        folder.mkdir()
    (index / "CURRENT").write_text("gen-1")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "discord.sqlite").touch()

    assert run.default_database(index) == f"sqlite+aiosqlite:///{tmp_path / 'discord-index.sqlite'}"

    shutil.copytree(index, tmp_path / "index-2")
    (tmp_path / "discord.sqlite").touch()
    assert run.default_database(index) == f"sqlite+aiosqlite:///{tmp_path / 'discord-index.sqlite'}"
    assert run.default_database(tmp_path / "index-2") == f"sqlite+aiosqlite:///{tmp_path / 'discord.sqlite'}"
