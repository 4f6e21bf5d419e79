"""A place in a changed text leads to where it comes from."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.source_map import (
    Edit,
    EditedText,
    forward_offsets,
    pack_pairs,
    source_offset,
    source_span,
    unpack_pairs,
)

EDITS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 6), st.text("xy\n", max_size=4)).map(
        lambda edit: Edit(edit[0], edit[0] + edit[1], edit[2])
    ),
    max_size=6,
)


def test_removed_and_inserted_text_moves_what_follows() -> None:
    """What stays leads to itself, what an edit puts in to what it replaces."""
    text, pairs, keeps_lines = EditedText("**Bold** and &amp; more.").edited(
        [Edit(0, 2), Edit(6, 8), Edit(13, 18, "&")]
    )
    assert text == "Bold and & more."
    assert [source_span(pairs, *span) for span in ((0, 4), (5, 8), (9, 10), (11, 15))] == [
        (2, 6), (9, 12), (13, 14), (19, 23),
    ]  # fmt: skip
    assert keeps_lines


@given(st.text("ab\n", min_size=50, max_size=60), EDITS, EDITS)
def test_what_is_copied_is_at_its_source_after_two_changes(source: str, first: list[Edit], second: list[Edit]) -> None:
    """Letters that no edit puts in are those of the source; the order of places is kept; packing loses nothing."""
    once = EditedText(source).edited(first)
    twice = once.edited(edit for edit in second if edit.end <= len(once.text))
    origins = [source_offset(twice.pairs, offset) for offset in range(len(twice.text))]
    assert origins == sorted(origins)
    for offset, letter in enumerate(twice.text):
        assert letter in "xy\n" or source[origins[offset]] == letter
    assert unpack_pairs(pack_pairs(twice.pairs)) == list(twice.pairs)
    assert all(0 <= offset <= len(twice.text) for offset in forward_offsets(twice.pairs, origins))


def test_changes_of_lines_are_noticed() -> None:
    """Whether lines keep their numbers is known after several changes too."""
    text = EditedText("a\nb\nc")
    assert text.edited([Edit(0, 1, "x")]).keeps_lines
    assert not text.edited([Edit(1, 2, " ")]).edited([Edit(0, 1, "\n")]).keeps_lines
