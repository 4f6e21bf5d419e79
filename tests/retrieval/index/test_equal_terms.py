"""Equal terms in lexical search: a row with another form is found and scored like a row with the term."""

import numpy as np

from retrieval.index.equal_terms import rows_with_form, unite_postings
from retrieval.index.lexical import MAX_EXHAUSTIVE_ROWS, build_lexical

MIXED = ["d2b opens", "driver buy", "driver sleeps", "buy bread", "d2b driver buy", "cat"]
SAME = ["d2b opens", "d2b xx", "driver sleeps", "buy bread", "d2b d2b yy", "cat"]  # d2b in place of each driver buy


def test_only_rows_with_every_term_have_a_form() -> None:
    """A driver who sleeps is no driver to buy."""
    assert rows_with_form(build_lexical(MIXED, "en"), ("driver", "buy")).tolist() == [1, 4]


def test_a_form_scores_like_the_term_in_its_place() -> None:
    """Rarity and frequency are those of both together."""
    united = unite_postings(build_lexical(MIXED, "en"), {"d2b": [("driver", "buy")]})
    mixed, same = build_lexical(MIXED, "en"), build_lexical(SAME, "en")
    rows, scores = same.postings("d2b")
    assert united["d2b"][0].tolist() == rows.tolist() == [0, 1, 4]
    # Row 4 has one word more and row 1 as many as in the other index, and so is the mean length.
    lengths = mixed.lengths.astype(float)
    tf, norm = np.array([1, 1, 2]), 1.2 * (0.25 + 0.75 * lengths[[0, 1, 4]] / lengths.mean())
    assert np.allclose(united["d2b"][1], np.log1p(3.5 / 3.5) * tf / (tf + norm))
    assert np.allclose(scores[:2], united["d2b"][1][:2], rtol=0.05)


def test_a_search_finds_rows_by_either_form() -> None:
    """The term alone finds one of them only."""
    index = build_lexical(["d2b opens", "driver buy opens", "cat opens"], "en")
    united = unite_postings(index, {"d2b": [("driver", "buy")]})
    assert index.search(["d2b"], 3)[0].tolist() == [0]
    assert index.search(["d2b"], 3, united=united)[0].tolist() == [0, 1]


def test_a_large_index_finds_the_same() -> None:
    """The search that stops early equals the exhaustive one."""
    texts = [
        "driver buy cat" if row % 1_000 == 7 else f"cat sleeps {row % 50}" for row in range(MAX_EXHAUSTIVE_ROWS + 1)
    ]
    index = build_lexical(texts, "en")
    united = unite_postings(index, {"d2b": [("driver", "buy")]})
    rows, scores = index.search(["d2b", "cat"], 5, united=united)
    assert rows.tolist() == [7, 1_007, 2_007, 3_007, 4_007]
    expected = united["d2b"][1][0] + index.postings("cat")[1][7]
    assert np.allclose(scores, expected)


def test_a_term_that_no_row_has_is_found_by_its_forms_alone() -> None:
    """And a term whose forms no row has either is not found."""
    index = build_lexical(["driver buy", "cat"], "en")
    united = unite_postings(index, {"d2b": [("driver", "buy")], "vip": [("very", "important")]})
    assert index.search(["d2b", "vip"], 2, united=united)[0].tolist() == [0]
    assert len(united["vip"][0]) == 0
