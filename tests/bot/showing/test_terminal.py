"""The terminal: lists, JSON, replies and progress as they are printed."""

import json
import time

import pytest

from bot.showing import terminal
from bot.showing.reply import Excerpt, Reply
from retrieval.progress import ProgressEvent, Task
from retrieval.types import Rejected

Capture = pytest.CaptureFixture[str]


def test_long_list_is_cut_and_says_how_much_is_missing(capsys: Capture) -> None:
    """Each entry is on one line after the prefix."""
    terminal.print_list([f"file {number}\n" for number in range(1_025)], "added  ")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "added  file 0"
    assert lines[terminal.LIST_LIMIT :] == ["added  … and 1,005 more (--json lists all)"]


def test_rejected_files_are_listed_with_their_reasons(capsys: Capture) -> None:
    """The heading agrees with their number; without any, nothing is printed."""
    terminal.print_rejected([])
    terminal.print_rejected([Rejected("a.txt", "is not UTF-8")])
    terminal.print_rejected([Rejected("a.txt", "is not UTF-8"), Rejected("b.txt", "is empty")])
    assert capsys.readouterr().out.splitlines() == [
        "1 file is not used:",
        "  a.txt: is not UTF-8",
        "2 files are not used:",
        "  a.txt: is not UTF-8",
        "  b.txt: is empty",
    ]


def test_json_escapes_misleading_characters_and_keeps_the_others(capsys: Capture) -> None:
    """A program reads the same text; a terminal is not told to turn it around."""
    content = {"text": "é \u202e 🏴"}
    terminal.print_json(content)
    printed = capsys.readouterr().out
    assert json.loads(printed) == content
    assert "é" in printed
    assert "\\u202e" in printed


def test_excerpt_shows_quote_origin_place_and_other_places(capsys: Capture) -> None:
    """A message comes before it, after an empty line."""
    excerpt = Excerpt(
        "Before.", "The quote.", "After.", "Title", "Source", "2023", "https://a.example/", "a.md:3", "a.md:3", "abc",
        0.876, ("Other (b.md:1, def)",), 1,
    )  # fmt: skip
    terminal.print_reply(Reply("The sources differ.", (excerpt,)))
    assert capsys.readouterr().out.splitlines() == [
        "The sources differ.",
        "",
        "  Before. “The quote.” After.",
        "",
        "  — Title, Source, 2023",
        "  a.md:3  [abc]  88% sure",
        "  also in: Other (b.md:1, def)",
        "  also in: 1 more place",
        "  https://a.example/",
    ]


def test_progress_without_a_terminal_is_a_line_every_ten_seconds(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that is done sooner prints nothing; one that begins again starts its time again."""
    times = iter((0.0, 9.0, 11.0, 12.0, 30.0, 31.0, 40.0, 41.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    with terminal.progress() as show:
        for done in (0, 900, 1_100, 1_200, 2_000, 0, 900, 2_000):
            show(ProgressEvent(Task.ENCODE, done, 2_000))
    assert capsys.readouterr().err == "footnote: encoding: 1,100 of 2,000, 100.0 per second, about 9 s left\n"


def test_compiling_is_announced_at_once(capsys: Capture) -> None:
    """It reports no steps, so people are told beforehand how long it takes."""
    with terminal.progress() as show:
        show(ProgressEvent(Task.COMPILE_ENCODER, 0, 1))
        show(ProgressEvent(Task.COMPILE_ENCODER, 1, 1))
    assert capsys.readouterr().err == "footnote: compiling the model (about 20 seconds, once)\n"
