"""The lines that readers of a file see are lines of its text, in whatever form it writes them."""

import json
from pathlib import Path

import pytest

from retrieval.reading.short_lines import are_wrapped
from retrieval.text.cleaning import LINE_BREAK
from tests.support.reading import read_content, sentences_of

MESSAGE = (
    "**Boat keys**\n1. ask Tomas\n2. sign the `book`\n\n## Return\n```sh\ncd shed\n    ./lock  -a\n# not a heading\n```"
)
LINES = "Boat keys\n1. ask Tomas\n2. sign the book\nReturn\ncd shed\n    ./lock  -a\n# not a heading"


def exported(text: str) -> list[dict[str, str]]:
    """Make the records of a short chat that ends with a text."""
    return [
        {"author": "mira", "date": f"2024-03-14T09:1{minute}:00Z", "content": content}
        for minute, content in enumerate(["where are the keys of the boat", text])
    ]


def test_a_message_keeps_its_lines_as_json_and_csv(tmp_path: Path) -> None:
    """Lists are lists and code has its indentation; marks that its readers do not see are left out."""
    as_json = read_content(tmp_path, "keys.json", json.dumps({"messages": exported(MESSAGE)}).encode())
    rows = "".join(f'{row["author"]},{row["date"]},"{row["content"]}"\n' for row in exported(MESSAGE))
    as_csv = read_content(tmp_path, "keys.csv", f"author,date,content\n{rows}".encode())
    assert sentences_of(as_json)[1] == sentences_of(as_csv)[1] == LINES


@pytest.mark.parametrize(
    ("inside", "lines"),
    [
        ("Bring this:<ul><li>a rope</li><li>two oars</li></ul>Wait.", "Bring this:\n- a rope\n- two oars\nWait."),
        ("Do this:<ol><li>sign</li><li>row</li></ol>", "Do this:\n1. sign\n2. row"),
        ("The key is\n   in the <b>shed</b>.<br>It is blue.", "The key is in the shed.\nIt is blue."),
        ('<span class="chatlog__markdown-preserve">One line\n  - and a list</span>', "One line\n  - and a list"),
    ],
)  # fmt: skip
def test_a_message_in_html_keeps_the_lines_that_a_browser_shows(tmp_path: Path, inside: str, lines: str) -> None:
    """Items have their marks, and white space of the file is no line unless the element preserves it."""
    messages = "".join(
        f'<div class="message"><span class="author">mira</span><span class="timestamp">14/03/2024 09:1{minute}</span>'
        f'<div class="content">{content}</div></div>'
        for minute, content in enumerate(["where are the keys of the boat", inside])
    )
    read = read_content(tmp_path, "chat.html", f"<html><body>{messages}</body></html>".encode())
    assert sentences_of(read)[1] == lines


def test_a_message_of_teams_keeps_its_paragraphs(tmp_path: Path) -> None:
    """Its tags end lines instead of joining words."""
    html = "<p>The ferry waits.</p><ul><li>north pier</li><li>south pier</li></ul>"
    read = read_content(tmp_path, "chat.json", json.dumps({"messages": exported(html)}).encode())
    assert sentences_of(read)[1] == "The ferry waits.\n- north pier\n- south pier"


ADDRESS = LINE_BREAK.join(["Old Quay 7", "Selmouth", "ring twice"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", "<main><h1>Boathouse</h1><p>Old Quay 7<br>Selmouth<br/>ring twice</p><p>It is red.</p></main>"),
        ("a.html", "<main><h1>Boathouse</h1><ul><li>Old Quay 7<br>Selmouth<br>\nring twice</li></ul></main>"),
        ("a.md", "# Boathouse\n\nOld Quay 7  \nSelmouth  \nring twice"),
        ("a.md", "# Boathouse\n\nOld Quay 7\\\nSelmouth\\\nring twice"),
        ("a.md", "# Boathouse\n\nOld Quay 7<br>Selmouth<br>\nring twice"),
        ("a.csv", 'question,answer\nWhere is it?,"Old Quay 7\nSelmouth\nring twice"\n'),
    ],
)
def test_breaks_inside_a_paragraph_are_kept(tmp_path: Path, name: str, content: str) -> None:
    """An address is read line by line."""
    assert sentences_of(read_content(tmp_path, name, content.encode()))[0] == ADDRESS


def test_a_break_in_a_cell_or_heading_is_a_space(tmp_path: Path) -> None:
    """A row stays a row."""
    content = "# Boat<br>house\n\n| Day | Opens |\n|---|---|\n| Monday<br>Tuesday | 9 |\n"
    read = read_content(tmp_path, "a.md", content.encode())
    assert (read.document.title, sentences_of(read)) == ("Boat house", ["Monday Tuesday | 9"])


def test_lines_that_were_filled_up_are_wrapped() -> None:
    """A short list, and lines behind which the next word had room, are not."""
    assert are_wrapped(
        ["The ferry leaves the northern pier every hour from nine", "o'clock until the last guest has left."]
    )
    assert not are_wrapped(["Mon–Thu 9–18", "Fri 9–14"])
    assert not are_wrapped(
        ["Come at ten.", "The ferry leaves the northern pier every hour from nine on", "Bring oars."]
    )
