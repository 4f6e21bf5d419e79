"""Marks of Markdown: what its readers do not see is left out, and nothing else."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.markdown_marks import find_marks, without_marks
from tests.support.hostile_texts import texts


def read(text: str) -> str:
    """Return a text as readers of Markdown see it."""
    return without_marks(text, find_marks(text), 0, len(text))


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("**Bold**, *italic*, ***both*** and __bold__, _italic_.", "Bold, italic, both and bold, italic."),
        ("**bold *italic* bold**", "bold italic bold"),
        ("*Stop **here*** now", "Stop here now"),
        ("Run `ls -l *.py` or ``a`b``.", "Run ls -l *.py or a`b."),
        (r"Five \* three, C:\Users\_me, \[x]", "Five * three, C:\\Users_me, [x]"),
        ('See [the *page*](https://a.b/c_d_(e) "Title") and ![a sign](x.png).', "See the page and a sign."),
        ("[a](<b c>) [![badge](x.svg)](https://y.z)", "a badge"),
        ("Write to <mail@a.example> or <https://a.b/c>.", "Write to mail@a.example or https://a.b/c."),
        ("one<br/>two <b>three</b> <kbd>Ctrl</kbd>", "one  \ntwo three Ctrl"),
        ("a quote\n> that goes on\n> > deeper", "a quote\nthat goes on\ndeeper"),
        ("It costs ~~four~~ five euros.", "It costs five euros."),
        ("It costs <del>four</del> <s>six</s> five euros.", "It costs five euros."),
        ("~~Dogs~~ Cats ride free.", "Cats ride free."),
        ("10<sup>6</sup> cells, the 5<sup>th</sup> H<sub>2</sub>O", "10⁶ cells, the 5th H2O"),
        ("Fish &amp; chips&nbsp;&lt; 5 &#8364; &unknown;", "Fish & chips < 5 € &unknown;"),
        ("See [[Boats/Ferry times|the times]] and [[Ferry]].![[map.png]]", "See the times and Ferry."),
        ("Use {ref}`the index <idx>` or {issue}`12`, not {a}.", "Use the index or 12, not {a}."),
        (r"See {file}`%HOME%\\boat\\a.ini`, not `C:\\a`.", r"See %HOME%\boat\a.ini, not C:\\a."),
        ("Times {#times .big}", "Times"),
        ('[Go](x){:target="_blank"} now {: .note}', "Go now"),
        ("It is ==very== old, a == b == c.", "It is very old, a == b == c."),
        (":material-clock: Open <!-- until when? -->at nine", " Open at nine"),
        ("Text<sup>[1](#f1)</sup> in [small *caps*]{.smallcaps} here", "Text1 in small caps here"),
        ("Press ++ctrl+shift+s++ or ++enter++.", "Press ctrl+shift+s or enter."),
        ("H~2~O in m^3^, x^-2^ and 2^n^", "H2O in m³, x⁻² and 2ⁿ"),
        ("{octicon}`report;1em` Open {fas}`star` at {material-regular}`clock;2em` nine", " Open  at  nine"),
        ("'`quoted`' and (**bold**)", "'quoted' and (bold)"),
    ],
)
def test_marks_are_left_out(written: str, seen: str) -> None:
    """Emphasis, code, backslashes, links, addresses, tags and the marks of lines."""
    assert read(written) == seen


@pytest.mark.parametrize(
    "text",
    [
        "snake_case_name of a_b", "2*3*4 = 24 and 2 * 3", "2**3**4", "*args and **kwargs", "a * b * c",
        "[1] and x[1][2] and [a][b]", "`never closed", "**never closed", "from ~5 to ~7", "a note[^1]", "AT&T; &x",
        "f{a} and {b}", "a==b==c",
        "run it with <path>, List<String>", "1 < 2 > 0", "C:\\Users\\me", "a :: b", "[a] (b)", "5 _ 6", "[](",
        "C++ and D++ or i++ + ++j", "a ^ b ^ c", "2^8 and 2^9", "{fas} and {octicon}", "x~1 and ~2~", "](a)",
    ],
)  # fmt: skip
def test_whatever_may_be_a_word_stays(text: str) -> None:
    """Marks inside words, calculations, links by reference, struck-out text and raised numbers are kept."""
    assert read(text) == text


def test_links_by_reference_need_a_target_in_the_document() -> None:
    """Their labels are compared without case; whatever has no target is text."""
    text = "See [the times][T], [Fares][] and [fares], [x] and [y][z]."
    marks = find_marks(text, {"T", "FARES"})
    assert without_marks(text, marks, 0, len(text)) == "See the times, Fares and fares, [x] and [y][z]."


def test_marks_of_a_part_are_those_of_the_whole() -> None:
    """Emphasis around two sentences is left out of each."""
    text = "**One. Two.** Three."
    marks = find_marks(text)
    assert [without_marks(text, marks, *span) for span in ((0, 6), (7, 13), (13, 20))] == ["One.", "Two.", " Three."]


@given(st.text(alphabet="*_`[]()<>\\!ab \n:>\"'br/", max_size=60))
def test_marks_are_apart_and_hold_no_letters_but_those_of_targets_and_tags(text: str) -> None:
    """Without marks, a text is what it was, less some characters."""
    marks = find_marks(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(marks))
    rest = iter(text)
    assert all(character in " \n" or character in rest for character in read(text))


def test_hostile_texts_are_read() -> None:
    """Whatever the marks, they lie in the text, in order."""
    for text in texts(2_000):
        marks = find_marks(text)
        assert marks == sorted(marks)
        assert all(0 <= mark.start <= mark.end <= len(text) for mark in marks)


@pytest.mark.parametrize(
    "unit",
    ["*a ", "a*", "**a _b ", "`", "`a``", "[", "](", "[a](", "](a (", "](a \"", "](<", "<a ", "<https://", "\\", "\n>",
     "\n" + " " * 50, ":::", "a_", "*_", "_*a", "![",
     "~~a", "<del>", "[[a", "[[a|", "<!--", "&a", " {#", "==a", "<sup>", "{a}`", ":material-", "[a][", "]["],
)  # fmt: skip
def test_finding_marks_takes_linear_time(unit: str) -> None:
    """Four times the text takes about four times the processor time, whatever is repeated."""
    short, long = (min(_seconds((unit * size)[:size]) for _ in range(3)) for size in (10_000, 40_000))
    assert long < 10 * short + 0.02  # quadratic time would be sixteen times as long


def _seconds(text: str) -> float:
    start = time.process_time()
    without_marks(text, find_marks(text), 0, len(text))
    return time.process_time() - start
