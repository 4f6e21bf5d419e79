"""How the bot is put together: its token, its older generations, and what a start without either says."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from bot.answering_stack import AnsweringStack
from bot.discord_bot import run
from bot.discord_bot.corpus.generation import LiveGeneration
from bot.discord_bot.corpus.older_generations import OlderGenerations
from config.settings import ConfigError, Settings
from retrieval.errors import StoreError
from retrieval.store import opening
from tests.support.simulated_server import MEETING_ID

CANARY = "canary.token.value"


def test_token_comes_from_the_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is named holds the token; else the environment does; space around it is no part of it."""
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    monkeypatch.setenv(run.TOKEN, " of.the.environment ")

    assert run.read_token(str(file)) == CANARY
    assert run.read_token("") == "of.the.environment"


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_no_token_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """Without a token one line says where to get it and where to put it."""
    if given is None:
        monkeypatch.delenv(run.TOKEN, raising=False)
    else:
        monkeypatch.setenv(run.TOKEN, given)

    with pytest.raises(ConfigError) as raised:
        run.read_token("")

    assert str(raised.value) == run.NO_TOKEN
    assert "\n" not in run.NO_TOKEN
    for named in ("https://discord.com/developers/applications", "DISCORD_TOKEN", "discord.token_file"):
        assert named in run.NO_TOKEN


@pytest.mark.parametrize("token", ["canary token", "canary\ntoken", "canary\u200btoken", "canary\x00token"])
def test_token_that_was_copied_wrongly_is_not_repeated(tmp_path: Path, token: str) -> None:
    """A token that cannot be one is refused without being shown."""
    file = tmp_path / "token"
    file.write_text(token)

    with pytest.raises(ConfigError) as raised:
        run.read_token(str(file))

    assert "canary" not in str(raised.value)


def test_token_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is no text are errors of one line."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    for name in ("missing", "", "binary"):
        with pytest.raises(ConfigError, match="cannot be read"):
            run.read_token(str(tmp_path / name))


def test_an_older_generation_is_opened_only_for_what_it_holds(
    shipped: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that were never there cost one opening in all, and the generation in use is not looked into."""
    settings, opened = shipped
    live = LiveGeneration(settings.index_folder, lambda _: opened, opened)
    older = OlderGenerations(settings.index_folder, live)
    opened_one = MagicMock(wraps=opening.open_generation)
    monkeypatch.setattr(opening, "open_generation", opened_one)
    assert older.search(MEETING_ID, lambda one: one.quote(MEETING_ID, None)) is None
    assert opened_one.call_count == 0

    live.generation.stack = replace(opened, retriever=Renamed())  # type: ignore[arg-type]
    for number in range(5):
        assert older.search("aaaaaaaaa" + "abcde"[number], lambda _: True) is (True if number == 0 else None)
    assert opened_one.call_count == 1
    assert older.search(MEETING_ID, lambda one: one.quote(MEETING_ID, None)) is not None
    assert opened_one.call_count == 2


def test_a_damaged_older_generation_is_opened_once(
    shipped: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has nothing to tell, now or later."""
    opened_one = MagicMock(side_effect=StoreError("damaged"))
    monkeypatch.setattr(opening, "open_generation", opened_one)
    older = OlderGenerations(shipped[0].index_folder, MagicMock())
    assert [older.search(MEETING_ID, lambda _: True) for _ in range(3)] == [None, None, None]
    assert opened_one.call_count == 1


class Renamed:
    """Stands for the retriever of another generation."""

    class index:  # noqa: N801
        """Its index."""

        generation = "gen-2"


def test_a_server_that_is_not_named_by_its_id_is_an_error() -> None:
    """A name where an id belongs would otherwise silently grant nothing."""
    with pytest.raises(ConfigError, match=r"discord\.servers names 'my server', which is not the id of a server"):
        run.check_server_ids("servers", {"my server": ["a"]})
