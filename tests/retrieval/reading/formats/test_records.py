"""The records of .csv and .jsonl files are quoted with the names of their fields."""

from pathlib import Path

import pytest

from tests.support.reading import placed_sentences, read_content, rejection_reason


def test_answers_are_quoted_below_their_questions(tmp_path: Path) -> None:
    """A question is the heading of its answer; rows are numbered as in a spreadsheet."""
    content = 'question,answer,note\n"When do you open?","At nine. Not on Sunday.",old\nWho pays?,The town.,\n'
    assert placed_sentences(read_content(tmp_path, "faq.csv", content.encode())) == [
        ("At nine.", 2, "When do you open?"),
        ("Not on Sunday.", 2, "When do you open?"),
        ("The town.", 3, "Who pays?"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faq.csv", "question,answer,shown\nMay dogs come in?,,no\nWho pays?,The town.,yes\n"),
        ("faq.jsonl", '{"question": "May dogs come in?", "answer": "", "shown": "no"}\n{"question": "Who pays?", '
                      '"answer": "The town.", "shown": "yes"}\n'),
    ],
)  # fmt: skip
def test_nothing_answers_a_question_without_an_answer(tmp_path: Path, name: str, content: str) -> None:
    """What else its record says would be read as the answer: "May dogs come in? – shown: no"."""
    sentences = placed_sentences(read_content(tmp_path, name, content.encode()))
    assert [sentence for sentence, _, _ in sentences] == ["The town."]


def test_a_record_without_its_text_still_has_facts(tmp_path: Path) -> None:
    """Below a title that asks nothing, they say something."""
    content = "title,description,price\nSledge,,5\nSkates,For ice.,3\n"
    assert [sentence for sentence, _, _ in placed_sentences(read_content(tmp_path, "a.csv", content.encode()))] == [
        "price: 5.",
        "For ice.",
        "price: 3.",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bus-faq.csv", "question,answer\nWhen do you open?,At nine.\nWho pays?,The town.\n"),
        (
            "bus-faq.jsonl",
            '{"title": "Opening", "text": "It opens at nine."}\n{"title": "Fares", "text": "Dogs pay."}\n',
        ),
    ],
)
def test_the_first_record_does_not_name_the_document(tmp_path: Path, name: str, content: str) -> None:
    """Otherwise a quote from the last row would be shown under the title of the first."""
    assert read_content(tmp_path, name, content.encode()).document.title == "Bus faq"


def test_rows_are_sentences_with_the_names_of_their_columns(tmp_path: Path) -> None:
    """With any delimiter; full stops inside a value do not end the sentence."""
    content = "Day;Opens;Who\nMonday;9:00;Dr. A. Lee\nTuesday;;\n"
    assert placed_sentences(read_content(tmp_path, "a.csv", content.encode("utf-8-sig"))) == [
        ("Day: Monday; Opens: 9:00; Who: Dr. A. Lee.", 2, None),
        ("Day: Tuesday.", 3, None),
    ]


def test_lines_of_json_are_records(tmp_path: Path) -> None:
    """A text is prose, other fields are facts; rows are lines of the file."""
    content = (
        '{"name": "Ferry", "price": 5, "open": true}\n\n{"title": "Fares", "text": "Adults pay five. Dogs do not."}\n'
    )
    assert placed_sentences(read_content(tmp_path, "a.jsonl", content.encode())) == [
        ("name: Ferry; price: 5; open: yes.", 1, "Ferry"),
        ("Adults pay five.", 3, "Fares"),
        ("Dogs do not.", 3, "Fares"),
    ]
    assert rejection_reason(tmp_path, "b.jsonl", b'{"a": 1}\n[1]\n') == "line 2 is not a JSON object"


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n'])
def test_a_line_that_names_the_delimiter_for_excel_is_no_row(tmp_path: Path, first: str) -> None:
    """Excel does not count it, either."""
    read = read_content(tmp_path, "a.csv", f"{first}Room;Beds\nTower;2\nHall;8\n".encode())
    assert [(text, row) for text, row, _ in placed_sentences(read)] == [
        ("Room: Tower; Beds: 2.", 2),
        ("Room: Hall; Beds: 8.", 3),
    ]


def test_numbers_are_quoted_as_written(tmp_path: Path) -> None:
    """They are neither rounded nor reformatted, whatever their size."""
    content = f'{{"price": 9.50, "rate": 1e5, "open": true, "large": {"9" * 30}, "list": [1.0, 2]}}\n'
    (row,) = placed_sentences(read_content(tmp_path, "a.jsonl", content.encode()))
    assert row[0] == f"price: 9.50; rate: 1e5; open: yes; large: {'9' * 30}; list: 1.0, 2."


def test_a_title_groups_and_notes_of_a_spreadsheet(tmp_path: Path) -> None:
    """Lines of one cell do not hide the delimiter; rows keep their numbers in the file, with empty lines counted."""
    content = (
        "Fees of the hut;;\n\nRoom;Beds;Fee\nGround floor\nHall;4;20 euros\nKitchen;2;9 euros\n\nFirst floor\n"
        "Hall;6;25 euros\n;;\nDogs pay one euro each.\n"
    )
    assert placed_sentences(read_content(tmp_path, "a.csv", content.encode())) == [
        ("Fees of the hut — Ground floor — Room: Hall; Beds: 4; Fee: 20 euros.", 5, None),
        ("Fees of the hut — Ground floor — Room: Kitchen; Beds: 2; Fee: 9 euros.", 6, None),
        ("Fees of the hut — First floor — Room: Hall; Beds: 6; Fee: 25 euros.", 9, None),
        ("Fees of the hut — Dogs pay one euro each.", 11, None),
    ]


def test_facts_of_a_spreadsheet_are_named_by_their_first_cell(tmp_path: Path) -> None:
    """Whatever stands in the first row; a long fact is a text."""
    history = "It was dug by the river club in a dry summer. " * 6
    content = f'Warden,Ines Falk\nColour,green\nBuilt,1931\nHistory,"{history}"\nOwner,\n'
    assert [text for text, _, _ in placed_sentences(read_content(tmp_path, "a.csv", content.encode()))] == [
        "Warden: Ines Falk.",
        "Colour: green.",
        "Built: 1931.",
        *["It was dug by the river club in a dry summer."] * 6,
        "Owner.",
    ]


def test_a_column_of_questions_keeps_its_role_below_any_header(tmp_path: Path) -> None:
    """A question may be the name of a column, and its text a sentence."""
    content = "Frage,Antwort\nWann?,Um neun.\n"
    assert placed_sentences(read_content(tmp_path, "a.csv", content.encode())) == [("Um neun.", 2, "Wann?")]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_html_in_cells_is_read(tmp_path: Path, delimiter: str) -> None:
    """As browsers show it, with its lines apart; brackets that are no tags, and Markdown, stay."""
    rows = [
        ["Item", "Effect", "Seller"],
        ["Wand", "Slows for 3&nbsp;s<br/>Costs <i>8 mana</i>.<br>Breaks", "Bram &amp; Sons"],
        ["Quill", "<ul><li>Revives</li><li>Once per day</li></ul>", 'Mira\'s <a href="/a">Shop</a>'],
        ["Map", "/give <player> <map>", "**Ann**"],
    ]
    content = "\n".join(delimiter.join(row) for row in rows)
    name = "items.csv" if delimiter == "," else "items.tsv"
    assert [text for text, _, _ in placed_sentences(read_content(tmp_path, name, content.encode()))] == [
        "Item: Wand; Effect: Slows for 3 s; Costs 8 mana. Breaks; Seller: Bram & Sons.",
        "Item: Quill; Effect: Revives; Once per day; Seller: Mira's Shop.",
        "Item: Map; Effect: /give <player> <map>; Seller: **Ann**.",
    ]


def test_a_text_in_html_has_its_paragraphs_and_lists(tmp_path: Path) -> None:
    """Also all of it on one line, as help desks export it."""
    content = (
        "question,answer\nHow do I reset it?,<p>Open <b>Settings</b> &rarr; Account.</p>"
        "<ol><li>Press Reset.</li><li>Wait.</li></ol>\n"
    )
    read = read_content(tmp_path, "faq.csv", content.encode())
    assert [(block.kind, block.number, read.document.text[block.start : block.end]) for block in read.blocks] == [
        ("heading", 0, "How do I reset it?"),
        ("prose", 0, "Open Settings → Account."),
        ("item", 1, "Press Reset."),
        ("item", 2, "Wait."),
    ]


def test_a_text_is_below_the_name_of_its_row(tmp_path: Path) -> None:
    """A description says nothing without what it describes; the facts beside it can be quoted, too."""
    content = "name,cost,description\nBlink,8,It moves you ten metres.\nFrost,5,It slows your enemies.\n"
    assert placed_sentences(read_content(tmp_path, "spells.csv", content.encode())) == [
        ("It moves you ten metres.", 2, "Blink"),
        ("cost: 8.", 2, "Blink"),
        ("It slows your enemies.", 3, "Frost"),
        ("cost: 5.", 3, "Frost"),
    ]


@pytest.mark.parametrize(
    ("header", "heading"),
    [("room,price,description", "Attic"), ("topic,price,text", "Attic"), ("title,price,content", "Attic")],
)
def test_facts_beside_the_text_of_what_has_a_name_can_be_quoted(tmp_path: Path, header: str, heading: str) -> None:
    """Else a question for one of them would be answered with the text, which says something else."""
    read = read_content(tmp_path, "a.csv", f"{header}\nAttic,20,The room is quiet.\n".encode())
    assert placed_sentences(read) == [("The room is quiet.", 2, heading), ("price: 20.", 2, heading)]


@pytest.mark.parametrize("header", ["id,author,text", "question,author,answer", "id,author,summary"])
def test_facts_beside_what_names_nothing_stay_asides(tmp_path: Path, header: str) -> None:
    """Who wrote an answer is none."""
    read = read_content(tmp_path, "a.csv", f"{header}\n7,Ines,The room is quiet.\n".encode())
    assert [text for text, _, _ in placed_sentences(read)] == ["The room is quiet."]
