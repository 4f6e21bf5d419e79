"""A question above its answer is a heading, so that its answer is found by it and quoted whole."""

from pathlib import Path

import pytest

from tests.support import samples
from tests.support.reading import read_content, structure_of

QUESTION, ANSWER = ("heading", "Is it open?"), ("prose", "It is.")
CASES = [
    ("Q: Is it open?\n\nA: It is.", [("heading", "Q: Is it open?"), ANSWER]),
    ("Q: Is it open?\nA: It is.", [("heading", "Q: Is it open?"), ANSWER]),
    ("Question 2: Is it open?\nAnswer 2: It is.", [("heading", "Question 2: Is it open?"), ANSWER]),
    ("F: Is it open?\nA: It is.", [("heading", "F: Is it open?"), ANSWER]),
    ("P : Is it open?\n\nR : It is.", [("heading", "P : Is it open?"), ANSWER]),
    ("Vraag 1: Is it open?\nAntwoord 1: It is.", [("heading", "Vraag 1: Is it open?"), ANSWER]),
    ("Pergunta: Is it open? Resposta: It is.", [("heading", "Pergunta: Is it open?"), ANSWER]),
    ("P. Ross has it?\n\nR. Ross has it.", [("prose", "P. Ross has it?"), ("prose", "R. Ross has it.")]),
    ("Q. Opening hours\nA. It is.", [("heading", "Q. Opening hours"), ANSWER]),
    ("Q: Opening hours\n\nA: It is.", [("heading", "Q: Opening hours"), ANSWER]),
    ("Q: Is it open?\nIt is.", [("heading", "Q: Is it open?"), ANSWER]),
    (
        "Q: Is it open?\n\nIt is.\n\nEven at night.",
        [("heading", "Q: Is it open?"), ANSWER, ("prose", "Even at night.")],
    ),
    ("Is it open?\n\nIt is.\n\nIs it dry?\n\nIt is.", [QUESTION, ANSWER, ("heading", "Is it dry?"), ANSWER]),
    ("Is it open?\n\nIt is.", [("prose", "Is it open?"), ANSWER]),  # a single one may be rhetorical
    ("It is.\n\nQ: Is it open?", [ANSWER, ("prose", "Q: Is it open?")]),
    ("Q: Opening hours\n\nIt is.", [("prose", "Q: Opening hours"), ANSWER]),
    ("Q: Is plan A. open? It is.", [("prose", "Q: Is plan A. open? It is.")]),
    ("Myth: It is open.\n\nFact: It is.", [("heading", "Myth: It is open."), ("prose", "Fact: It is.")]),
    ("Myth 1: It is open. Fact: It is.", [("heading", "Myth 1: It is open."), ("prose", "Fact: It is.")]),
    ("Myth: It is open.\n\nIt is.", [("prose", "Myth: It is open."), ANSWER]),
    ("A: It is.\n\nA: It is.", [("prose", "A: It is."), ("prose", "A: It is.")]),
]
MARKDOWN_CASES = [
    ("**Q:** Is it open?\n\n**A:** It is.", [("heading", "Q: Is it open?"), ANSWER]),
    ("**Q: Is it open?**\n**A**: It is.", [("heading", "Q: Is it open?"), ANSWER]),
    ("**Is it open?**\n\nIt is.", [("heading", "Is it open?"), ANSWER]),
    ("__Is it open?__  \nIt is.", [("heading", "Is it open?"), ANSWER]),
    ("**Is it open?**\\\nIt is.", [("heading", "Is it open?"), ANSWER]),
    ("**Is it open?** It is.", [("prose", "Is it open? It is.")]),  # a single one may be rhetorical
    ("**Is it open?** It is.\n\n__Is it dry?__  It is.", [QUESTION, ANSWER, ("heading", "Is it dry?"), ANSWER]),
    (
        "**Is it open?** It is.\n\n- **Is it dry?** It is.",
        [("prose", "Is it open? It is."), ("item", "Is it dry? It is.")],
    ),
    ("**Is it open?**\n\n# Night\n\nIt is.", [("prose", "Is it open?"), ("heading", "Night"), ANSWER]),
    ("- Q: Is it open?\n- A: It is.", [("item", "Q: Is it open?"), ("item", "A: It is.")]),
]


def _blocks(folder: Path, name: str, content: str) -> list[tuple[str, str]]:
    """Return kind and text of each block."""
    read = read_content(folder, name, content.encode())
    return [(kind, text) for kind, _, _, _, text in structure_of(read)]


@pytest.mark.parametrize("suffix", ["md", "txt"])
@pytest.mark.parametrize(("text", "blocks"), CASES)
def test_questions_are_headings_above_their_answers(
    suffix: str, text: str, blocks: list[tuple[str, str]], tmp_path: Path
) -> None:
    """The label of an answer is in no block; what has no answer stays as it is."""
    text = f"The harbour is old and has a light.\n\n{text}"
    assert _blocks(tmp_path, f"a.{suffix}", text)[1:] == blocks


@pytest.mark.parametrize(("text", "blocks"), MARKDOWN_CASES)
def test_bold_questions_of_markdown_are_headings(text: str, blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    """A bold line that asks, above its answer; items stay items."""
    assert _blocks(tmp_path, "a.md", text) == blocks


def test_questions_of_other_formats_are_headings(tmp_path: Path) -> None:
    """One paragraph of a web page can hold both; the page keeps its title."""
    page = (
        "<html><body><h1>Harbour</h1><p>Q: Is it open?<br>A: It is.</p><p>Q: Is it dry?</p><p>A: No.</p></body></html>"
    )
    read = read_content(tmp_path, "a.html", page.encode())
    assert [(kind, level, text) for kind, level, _, _, text in structure_of(read)] == [
        ("heading", 1, "Harbour"),
        ("heading", 7, "Q: Is it open?"),
        ("prose", 0, "It is."),
        ("heading", 7, "Q: Is it dry?"),
        ("prose", 0, "No."),
    ]


LISTED = "- Is it open?\n  - It is.\n    - Or not.\n- Is it dry?\n\n  No.\n- It rains.\n  - Often.\n\nIt is old.\n"


def test_items_that_ask_are_headings_of_what_is_inside_them(tmp_path: Path) -> None:
    """Where most items of a list ask and several do; other items and what is behind the list are below none."""
    read = read_content(tmp_path, "a.md", LISTED.encode())
    assert [row[:2] + row[4:] for row in structure_of(read)] == [
        ("heading", 7, "Is it open?"), ("item", 1, "It is."), ("item", 2, "Or not."), ("heading", 7, "Is it dry?"),
        ("prose", 0, "No."), ("heading", 7, ""), ("item", 1, "It rains."), ("item", 2, "Often."),
        ("prose", 0, "It is old."),
    ]  # fmt: skip


def test_a_list_of_questions_in_html_has_its_answers_below_them(tmp_path: Path) -> None:
    """As AsciiDoc writes them."""
    items = "".join(
        f"<li><p><em>Is it {what}?</em></p><p>It is {what} in every month of the year, {when}.</p></li>"
        for what, when in (("open", "but not at night"), ("dry", "but not in May"))
    )
    read = read_content(
        tmp_path, "a.html", f"<main><h1>Lake</h1><ol>{items}</ol><p>It is an old lake.</p></main>".encode()
    )
    assert [row[:2] + row[4:] for row in structure_of(read)] == [
        ("heading", 1, "Lake"),
        ("heading", 7, "Is it open?"), ("prose", 0, "It is open in every month of the year, but not at night."),
        ("heading", 7, "Is it dry?"), ("prose", 0, "It is dry in every month of the year, but not in May."),
        ("heading", 7, ""), ("prose", 0, "It is an old lake."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "- Is it open?\n- Is it dry?\n- Ask.\n",  # without anything inside
        "- Is it open?\n  - It is.\n",  # a single one
        "- Is it open?\n  - Yes.\n- Is it dry?\n  - No.\n- Wait.\n- Row.\n- Sail.\n",  # few of many
        "- It rains. Is it open?\n  - Yes.\n- So: is it dry?\n  - No.\n",  # more than a question
    ],
)
def test_other_lists_keep_their_items(text: str, tmp_path: Path) -> None:
    """A question may be one step of several, or only rhetorical."""
    assert {row[0] for row in structure_of(read_content(tmp_path, "a.md", text.encode()))} == {"item"}


def test_a_question_is_no_title(tmp_path: Path) -> None:
    """A document of questions alone is called by its file."""
    body = "".join(map(samples.docx_paragraph, ("Q: Is it open?", "A: It is.")))
    assert read_content(tmp_path, "harbour.docx", samples.docx(body)).document.title == "Harbour"


BOX = "<details>\n<summary>Is it <b>open</b>?</summary>\n\nIt is.\n\n</details>"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (BOX, [("heading", "Is it open?"), ANSWER]),
        (
            f"{BOX}\n\n## Night",
            [("heading", "Is it open?"), ANSWER, ("heading", "Night")],
        ),
        (
            f"{BOX}\n\nThis is old.",
            [QUESTION, ANSWER, ("heading", ""), ("prose", "This is old.")],
        ),
        ("<details><summary>Hours</summary>\n<p>It is.</p>\n</details>", [("heading", "Hours"), ANSWER]),
        (
            "<details><summary>Hours</summary>It is.</details>\n<details><summary>Night</summary>It is.</details>",
            [("heading", "Hours"), ANSWER, ("heading", "Night"), ANSWER],
        ),
        (
            "<details><summary>Hours</summary>\n\nIt is.\n\n</details> This is old.",
            [("heading", "Hours"), ANSWER, ("heading", ""), ("prose", "This is old.")],
        ),
        ("<details><summary>Hours</summary>\n\nIt is.", [("heading", "Hours"), ANSWER]),
        ("<details>\n<summary></summary>\n\nIt is.\n\n</details>", [ANSWER]),
        ("<div>\n<summary>Hours\n</div>\n\nIt is.", [("prose", "Hours"), ANSWER]),
    ],
)
def test_summaries_of_markdown_are_headings(text: str, blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    """Of what is inside the box; text that follows behind it is not below the summary."""
    assert _blocks(tmp_path, "a.md", text) == blocks
