"""Golden questions: what passes, what fails, and what is no golden file."""

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


def test_a_case_passes_with_the_right_fragment_or_the_right_silence(tmp_path: Path, words: WordEncoder) -> None:
    """Right document and fragment, wrong document, rightly refused, wrongly answered."""
    (tmp_path / "golden.yaml").write_text(GOLDEN)
    retriever = Retriever(index_of(words), words, BY_LATE)
    result = golden_json(run_golden(read_golden(tmp_path / "golden.yaml"), retriever.ask))
    assert [case["passed"] for case in result["cases"]] == [True, False, True, False]
    assert (result["passed"], result["failed"]) == (2, 2)
    assert result["cases"][3]["given"] == {"document": "library.md", "text": "The museum sleeps."}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "- a",
        "- question: a",
        "- {question: a, expect: something}",
        "- {question: 1, expect: none}",
        "[",
        "\x00",
    ],
)
def test_what_is_no_golden_file_is_refused_with_the_entry(tmp_path: Path, content: str) -> None:
    """The message names the file, and the entry where one is wrong."""
    (tmp_path / "golden.yaml").write_text(content)
    with pytest.raises(DataError, match=r"golden\.yaml"):
        read_golden(tmp_path / "golden.yaml")
