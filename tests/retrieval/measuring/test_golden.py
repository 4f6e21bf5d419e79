"""Golden questions: which cases pass, and which files are refused."""

from pathlib import Path

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.errors import DataError
from retrieval.measuring.golden import golden_json, read_golden, run_golden
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

GOLDEN = """
- question: museum sleeps
  document: library.md
  fragment: "the MUSEUM   sleeps"
- question: closes monday
  document: ferry.txt
  fragment: monday
- question: who
  expect: none
- question: museum
  expect: none
"""


def test_a_case_passes_with_the_right_fragment_or_a_right_refusal(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """The four cases: right document and fragment, wrong document, rightly refused, wrongly answered."""
    (tmp_path / "golden.yaml").write_text(GOLDEN)
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    result = golden_json(run_golden(read_golden(tmp_path / "golden.yaml"), retriever.ask))
    assert [case["passed"] for case in result["cases"]] == [True, False, True, False]
    assert (result["passed"], result["failed"]) == (2, 2)
    assert result["cases"][3]["given"] == {"document": "library.md", "text": "The museum sleeps."}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "golden.yaml is not a list of questions"),
        ("{}", "golden.yaml is not a list of questions"),
        ("- a", "golden.yaml, entry 1: expected .*; got 'a'"),
        ("- question: a", "golden.yaml, entry 1: expected"),
        ("- {question: a, expect: none}\n- {question: a, expect: something}", "golden.yaml, entry 2: expected"),
        ("- {question: 1, expect: none}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: null}", "golden.yaml, entry 1: expected"),
        ("- {question: a, document: b, fragment: c, more: d}", "golden.yaml, entry 1: expected"),
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
