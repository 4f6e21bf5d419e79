"""Golden files: the forms of an entry, and which files are refused."""

from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion, read_golden, read_valid_golden

YAML = """
- {question: a, document: b.md, fragment: c}
- {question: a, kind: steps, document: b.md, parts: [c, d]}
- question: a
  kind: yes-no
  answers:
    - {document: b.md, fragment: c}
    - {document: d.md, parts: [e]}
- {question: a, expect: none}
"""
LINES = """
{"question": "a", "kind": "code", "source": "x", "answers": [{"document": "b", "fragment": "c", "quotable": false}]}

{"question": "a", "kind": "none", "source": "x", "verified_absent": "b|c"}
{"question": "a", "expect": "none"}
"""


def test_every_form_of_an_entry_is_read(tmp_path: Path) -> None:
    """One passage, one in several parts, several passages, and none."""
    (tmp_path / "golden.yaml").write_text(YAML)
    assert read_golden(tmp_path / "golden.yaml") == [
        GoldenQuestion("a", (GoldenAnswer("b.md", ("c",)),)),
        GoldenQuestion("a", (GoldenAnswer("b.md", ("c", "d")),), "steps"),
        GoldenQuestion("a", (GoldenAnswer("b.md", ("c",)), GoldenAnswer("d.md", ("e",))), "yes-no"),
        GoldenQuestion("a"),
    ]


def test_lines_may_have_notes_and_say_what_cannot_be_quoted(tmp_path: Path) -> None:
    """Empty lines do not count, and the kind "none" alone means a refusal."""
    (tmp_path / "golden.jsonl").write_text(LINES)
    assert read_golden(tmp_path / "golden.jsonl") == [
        GoldenQuestion("a", (GoldenAnswer("b", ("c",), quotable=False),), "code"),
        GoldenQuestion("a", (), "none"),
        GoldenQuestion("a"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "golden.yaml is not a list of questions"),
        ("{}", "golden.yaml is not a list of questions"),
        ("- a", "golden.yaml, entry 1: expected .*; got 'a'"),
        ("- question: a", "golden.yaml, entry 1: expected"),
        ("- {question: a, expect: none}\n- {question: a, expect: something}", "golden.yaml, entry 2: expected"),
        ("- {question: 1, expect: none}", "golden.yaml, entry 1: expected"),
        ("- {question: ' ', expect: none}", "golden.yaml, entry 1: expected"),
        ("- {question: a, kind: 1, expect: none}", "golden.yaml, entry 1: expected"),
        ("- {question: a, kind: none}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: null}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: '**'}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: c, more: d}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: c, parts: [d]}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, parts: []}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, parts: c}", "golden.yaml, entry 1: expected"),
        ("- {question: a, answers: []}", "golden.yaml, entry 1: expected"),
        ("- {question: a, answers: [b]}", "golden.yaml, entry 1: expected .*; got 'b'"),
        ("- {question: a, answers: [{document: b}]}", "golden.yaml, entry 1: expected"),
        ("- {question: a, answers: [{document: b, fragment: c}], document: d}", "golden.yaml, entry 1: expected"),
        ("- {question: a, answers: [{document: b, fragment: c, quotable: false}]}", "golden.yaml, entry 1: expected"),
        ("- {question: a, source: b, expect: none}", "golden.yaml, entry 1: expected"),
        ("- {1: a}", "golden.yaml, entry 1: expected"),
        ("[", "cannot read .*golden.yaml as YAML"),
        ("\x00", "cannot read .*golden.yaml as YAML"),
    ],
)
def test_a_malformed_golden_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """The message names the file, and the entry if one is wrong."""
    (tmp_path / "golden.yaml").write_text(content)
    with pytest.raises(DataError, match=message):
        read_golden(tmp_path / "golden.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n \n", "golden.jsonl contains no questions"),
        ("\n[", "golden.jsonl, line 2: not valid JSON"),
        ("[" * 100_000, "golden.jsonl, line 1: not valid JSON"),
        ('"a"', "golden.jsonl, line 1: expected .*; got 'a'"),
        ('{"question": "a", "kind": "code"}', "golden.jsonl, line 1: expected"),
        (
            '{"question": "a", "answers": [{"document": "b", "fragment": "c", "quotable": 1}]}',
            "golden.jsonl, line 1: expected",
        ),
    ],
)
def test_a_malformed_line_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """The message names the file and the line."""
    (tmp_path / "golden.jsonl").write_text(content)
    with pytest.raises(DataError, match=message):
        read_golden(tmp_path / "golden.jsonl")


def test_a_file_of_lines_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """It is missing, or not in UTF-8."""
    with pytest.raises(DataError, match=r"cannot read .*none\.jsonl"):
        read_golden(tmp_path / "none.jsonl")
    (tmp_path / "golden.jsonl").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"cannot read .*golden\.jsonl"):
        read_golden(tmp_path / "golden.jsonl")


def test_well_formed_lines_are_read_beside_malformed_ones(tmp_path: Path) -> None:
    """A line that guards nothing costs no other one; whatever is no JSON is still an error."""
    path = tmp_path / "golden.jsonl"
    path.write_text('{"question": "Why?", "kind": "none"}\n{"question": "?"}\n', "utf-8")
    assert read_valid_golden(path) == [GoldenQuestion("Why?", (), "none")]
    path.write_text("{\n", "utf-8")
    with pytest.raises(DataError, match="not valid JSON"):
        read_valid_golden(path)
