"""The terminal: lists, JSON, replies and progress as they are printed."""

import json
import time

import pytest

from bot.showing import terminal
from bot.showing.pieces import MAX_INDENT, Piece
from bot.showing.reply import Excerpt, Reply
from retrieval.progress import ProgressEvent, Task
from retrieval.types import Rejected

Capture = pytest.CaptureFixture[str]


def print_passage(*pieces: Piece, message: str = "") -> None:
    """Print a reply with one excerpt, on 80 columns unless COLUMNS says otherwise."""
    excerpt = Excerpt(
        pieces, "Title", "Source", "2023", "https://a.example/", "a.md:3", "a.md:3", "abc", 0.876,
        ("Other (b.md:1, def)",), 1,
    )  # fmt: skip
    terminal.print_reply(Reply(message, (excerpt,)))


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


def test_files_of_unsupported_formats_are_counted_by_suffix(capsys: Capture) -> None:
    """After all others, which may be documents; a single one by its path."""
    picture, unknown = "unsupported format: a picture", "unsupported format"
    files = [("a.png", picture), ("b/c.PNG", picture), ("d.exe", unknown), ("e.md", "contains nothing quotable")]
    terminal.print_rejected([Rejected(*file) for file in files])
    assert capsys.readouterr().out.splitlines() == [
        "4 files are not used:",
        "  e.md: contains nothing quotable",
        "  2 × .png: unsupported format: a picture",
        "  d.exe: unsupported format",
    ]
    terminal.print_rejected([Rejected(name, unknown) for name in ("Makefile", "run")])
    assert capsys.readouterr().out.splitlines()[1:] == ["  2 × without a suffix: unsupported format"]


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
    print_passage(Piece("prose", "Before. The quote. After.", (8, 18)), message="The sources differ.")
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


def test_pieces_of_each_kind_are_on_lines_of_their_own(capsys: Capture) -> None:
    """A heading, steps with numbers, items inside them, code in its own lines, and rows; a gap shows."""
    print_passage(
        Piece("heading", "Quick Connect"),
        Piece("prose", "To switch it off, follow these steps:"),
        Piece("item", "Open the dashboard, " + "then wait, " * 8 + "and log in.", label="1."),
        Piece("item", "Uncheck the box. Done.", (0, 16), "2.", after_gap=True),
        Piece("item", "It is green.", label="•", indent=3),
        Piece("prose", "Or run this:", indent=3),
        Piece("code", "if off:\n    pass\n\n" + "x" * 120, language="python"),
        Piece("row", "Day: Monday; Opens: 9:00.", label="•"),
        Piece("prose", "Short."),
        Piece("prose", "Shorter."),
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[: lines.index("  — Title, Source, 2023")] == [
        "  Quick Connect",
        "  To switch it off, follow these steps:",
        "  1. Open the dashboard, then wait, then wait, then wait, then wait, then",
        "     wait, then wait, then wait, then wait, and log in.",
        "  […]",
        "  2. “Uncheck the box.” Done.",
        "     • It is green.",
        "     Or run this:",
        "",
        "      if off:",
        "          pass",
        "",
        "      " + "x" * 120,
        "",
        "  • Day: Monday; Opens: 9:00.",
        "",
        "  Short.",
        "  Shorter.",
        "",
    ]


def test_quoted_sentence_and_code_are_bold_within_dimmed_text(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are bold."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_passage(
        Piece("heading", "Hours"),
        Piece("item", "Before. The quote.", (8, 18), "•"),
        Piece("code", "ls", (0, 2)),
        Piece("code", "cd"),
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines[:6] if line] == [
        "  \x1b[1mHours\x1b[0m",
        "\x1b[2m  • \x1b[0m\x1b[2mBefore. \x1b[0m\x1b[1;32m“The quote.”\x1b[0m",
        "\x1b[1;32m      ls\x1b[0m",
        "\x1b[2m      cd\x1b[0m",
    ]


def test_narrow_terminal_leaves_room_for_text(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that is indented more than a narrow terminal allows is still wrapped at words."""
    monkeypatch.setenv("COLUMNS", "10")
    print_passage(Piece("item", "one two three four five six", (0, 3), "•", MAX_INDENT))
    words = capsys.readouterr().out.split("—")[0].split()
    assert words == ["•", "“one”", "two", "three", "four", "five", "six"]


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


def test_unanswered_parts_come_last(capsys: Capture) -> None:
    """Each is named on a line of its own."""
    terminal.print_reply(Reply("Hello.", (), ("how much is it?", "who made it?")))
    assert capsys.readouterr().out.splitlines() == [
        "Hello.", "", "No answer found to: how much is it?", "", "No answer found to: who made it?",
    ]  # fmt: skip
