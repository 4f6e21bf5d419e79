"""The command line as a whole: every error is one line, and the commands agree on the state of an index."""

import json
import os
import shutil
from pathlib import Path

import click
import pytest

from bot.commands.cli import cli
from tests.bot.conftest import RunFootnote


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "x", "--seeds", "/nowhere", "--index", "i"], "the seeds folder /nowhere does not exist"),
        (["status", "--index", "none"], "there is no index in"),
        (["verify", "--index", "none"], "there is no index in"),
        (["status", "--seeds", "mistyped"], "mistyped does not exist; name one with --seeds"),
        (["verify", "--seeds", "mistyped", "--index", "none"], "mistyped does not exist; name one with --seeds"),
        (["rollback", "--seeds", "mistyped"], "mistyped does not exist; name one with --seeds"),
        (["ask", "why?", "--seeds", "mistyped"], "mistyped does not exist; name one with --seeds"),
        (["diff", "gen-1", "--index", "none"], "there is no index in"),
        (["rollback", "--index", "none"], "there is no index in"),
        (["ask", "x", "--top", "0"], "Invalid value for '--top'"),
        (["ask", "x", "--config", "none.toml"], "Invalid value for '--config'"),
        (["eval", "none.json"], "Invalid value for 'FILE'"),
        (["rebuild", "--watch", "--dry-run"], "--watch and --dry-run cannot be combined (see footnote rebuild --help)"),
        (["frobnicate"], "No such command 'frobnicate' (see footnote --help)"),
        (["ask"], "Missing argument 'QUESTION'"),
    ],
)
def test_error_is_one_line_on_stderr_and_exit_code_2(footnote: RunFootnote, arguments: list[str], message: str) -> None:
    """The line says what is wrong."""
    done = footnote(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if "no index yet" not in line]
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_and_option_has_help(name: str) -> None:
    """The first sentence on a command fits into the list of commands, without an ellipsis."""
    command = cli.commands[name]
    assert not command.get_short_help_str(limit=78).endswith("...")
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_invalid_setting_is_one_line(footnote: RunFootnote) -> None:
    """A typo in the environment stops the command."""
    done = footnote("status", FOOTNOTE_SEEED="x")
    assert done.returncode == 2
    assert done.stderr.startswith("footnote: FOOTNOTE_SEEED in the environment is not a setting")


def test_life_of_an_index(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """It is built when it is missing, reported when it is stale, and status and verify agree with rebuild."""
    seeds, index = tmp_path / "docs", tmp_path / "ix"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    shutil.copytree(sample_index / "models", index / "models", copy_function=os.link)
    folders = ["--seeds", str(seeds), "--index", str(index)]

    done = footnote("ask", "When did the zoo of the town open?", *folders)
    assert (done.returncode, "1931" in done.stdout) == (0, True)
    assert "no index yet; building it from" in done.stderr

    (seeds / "pool.txt").write_text("The pool opened in 1950.")
    done = footnote("ask", "When did the zoo of the town open?", *folders)
    assert done.returncode == 0
    assert done.stderr == (
        "footnote: the documents changed since the index was built (1 added); run: footnote rebuild\n"
    )
    done = footnote("rebuild", "--dry-run", *folders)
    assert "added    pool.txt" in done.stdout
    assert json.loads(footnote("status", "--json", *folders).stdout)["stale"] is True

    report = json.loads(footnote("rebuild", "--json", *folders).stdout)
    assert (report["generation"], report["changes"]["added"]) == ("gen-2", ["pool.txt"])
    state = json.loads(footnote("status", "--json", *folders).stdout)
    assert (state["stale"], state["why_full"], state["counts"]["documents"]) == (False, None, 2)
    other = {"FOOTNOTE_DOCUMENTS__MAX_MEGABYTES": "9"}
    state = json.loads(footnote("status", "--json", *folders, **other).stdout)
    assert (state["stale"], state["why_full"]) == (True, "documents.max_megabytes changed")
    row = "documents.max_megabytes changed, so the next rebuild reads all documents again\n"
    assert row in footnote("status", *folders, **other).stdout
    missing = {"FOOTNOTE_GOLDEN": "missing.yaml"}
    assert json.loads(footnote("status", "--json", *folders, **missing).stdout)["stale"] is None

    done = footnote("verify", *folders)
    assert done.returncode == 0
    assert "in the stored text, character for character: 3 quotes.\n" in done.stdout
    assert f"in the documents in {seeds}: 3.\n" in done.stdout
    path = next((index / "models").rglob("tokenizer.json"))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b" ")
    assert footnote("verify", *folders).returncode == 1
