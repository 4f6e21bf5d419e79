"""Each sentence is an own sentence of exactly one window, with the context that fits."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.windows import pack_windows
from retrieval.types import Sentence, Window


def sentences(layout: list[tuple[int, int]]) -> list[Sentence]:
    """Make a sentence for each (section, paragraph)."""
    return [Sentence(0, section, paragraph, 1, 0, 1) for section, paragraph in layout]


def own(window: Window) -> list[str]:
    """Return the own sentences of a window."""
    return [window.text[start:end] for start, end in window.spans]


def test_short_paragraphs_of_a_section_share_a_window() -> None:
    """Paragraphs are joined until the window has enough tokens; a heading always ends it."""
    texts = ["a", "b", "c", "d"]
    packed = pack_windows("T. ", texts, sentences([(0, 1), (0, 2), (0, 3), (1, 4)]), [40, 40, 5, 5], 200, 10)
    assert [(window.text, window.first, own(window)) for window in packed] == [
        ("T. a b", 10, ["a", "b"]),
        ("T. c", 12, ["c"]),
        ("T. d", 13, ["d"]),
    ]


def test_a_paragraph_that_does_not_fit_goes_on_with_left_context() -> None:
    """The window after a full one gets as many of the sentences before it as fit."""
    packed = pack_windows("T. ", ["a", "b", "c"], sentences([(0, 1)] * 3), [60, 60, 30], 125, 0)
    assert [(window.text, own(window)) for window in packed] == [("T. a b", ["a", "b"]), ("T. b c", ["c"])]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 300)), max_size=30),
    st.integers(1, 300),
)
def test_own_sentences_are_a_partition_and_windows_fit(drawn: list[tuple[int, int, int]], room: int) -> None:
    """Each sentence is own once, in order; only a single sentence may exceed the limit."""
    layout = sorted((section, section * 10 + paragraph) for section, paragraph, _ in drawn)
    tokens = [count for _, _, count in drawn]
    texts = [f"s{i}" for i in range(len(drawn))]
    packed = pack_windows("", texts, sentences(layout), tokens, room, 0)
    assert [text for window in packed for text in own(window)] == texts
    for window in packed:
        used = sum(tokens[texts.index(word)] for word in window.text.split())
        assert used <= room or len(window.text.split()) == 1
        assert len({layout[window.first + i][0] for i in range(len(window.spans))}) == 1
