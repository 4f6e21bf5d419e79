"""Safe text: one line, and nothing in it that hides, reorders or covers what a reader sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.showing.safe_text import one_line, safe_lines


def test_misleading_characters_are_replaced_and_joiners_stay() -> None:
    """Escape codes, bidirectional overrides and invisible marks never reach a reader."""
    assert (
        one_line("a\x1b[31mb\u202ec\u200bd\x9be\ufefff\U000e0041") == "a\ufffd[31mb\ufffdc\ufffdd\ufffde\ufffdf\ufffd"
    )
    family, persian = "\U0001f469\u200d\U0001f467", "می\u200cخواهم"
    assert one_line(f"{family} {persian}") == f"{family} {persian}"


@pytest.mark.parametrize(
    "blank", ["\u034f", "\u115f", "\u1160", "\u17b4", "\u3164", "\uffa0", "\ufff9", "\U0001d159", "\U000e0fff"]
)
def test_invisible_characters_are_replaced(blank: str) -> None:
    """Fillers and unassigned invisible characters can neither hide in a word nor make a title look empty."""
    assert one_line(f"a{blank}b") == "a\ufffdb"


def test_every_line_break_becomes_a_space() -> None:
    """So does a row of Braille blanks, which would wrap like one."""
    assert (
        one_line("Hours\u2028\u2029\x85\x0b\x0c\r\n\u2800\u2800\u2800\u3000Source: the Times")
        == "Hours Source: the Times"
    )


def test_only_flags_may_have_tag_characters() -> None:
    """The flags of England, Scotland and Wales are spelt with them; elsewhere they carry hidden text."""
    flags = "".join(
        "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
        for region in ("gbeng", "gbsct", "gbwls")
    )
    assert one_line(flags) == flags
    assert one_line("\U0001f3f4\U000e0067\U000e007f") == "\U0001f3f4\ufffd"


def test_marks_on_one_letter_are_limited() -> None:
    """A letter keeps eight, including joiners between them; U+FFFD stands for the rest. Real words keep all."""
    assert one_line("Z" + "\u0301" * 500 + "algo") == "Z" + "\u0301" * 8 + "\ufffdalgo"
    assert one_line("Z" + "\u0301\u200d" * 500) == "Z" + "\u0301\u200d" * 4 + "\ufffd"
    assert one_line("\u0e2a" + "\u0e47" * 40) == "\u0e2a" + "\u0e47" * 8 + "\ufffd"
    for word in ("ཧྐྵྨླྺྼྻྂ", "בְּרֵאשִׁ֖ית", "Việt", "क्षि", "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿" * 5, "葛\U000e0100"):
        assert one_line(word) == word


def test_only_the_first_of_several_variation_selectors_stays() -> None:
    """The others select nothing and could carry hidden text."""
    assert one_line("❤\ufe0f" + "\U000e0150\ufe01" * 90 + "a") == "❤\ufe0f\ufffda"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_one_line_is_idempotent(text: str) -> None:
    """Text that is safe already stays as it is."""
    assert one_line(one_line(text)) == one_line(text)


def test_code_keeps_its_lines_and_spaces() -> None:
    """Tabs become spaces; empty lines around it, common indentation and spaces at ends of lines are left out."""
    assert safe_lines("\n    if a:\n\tb  =  1 \n\n      c\n  \n") == "if a:\nb  =  1\n\n  c"


def test_code_cannot_mislead() -> None:
    """Each line is made harmless as one line is; whatever breaks lines breaks them here too."""
    assert safe_lines("a\x1b[31m\u202eb\r\nc\u2028d\u00a0\u2800e\u0301" + "\u0301" * 20) == (
        "a\ufffd[31m\ufffdb\nc\nd  e" + "\u0301" * 8 + "\ufffd"
    )


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_safe_lines_are_idempotent_and_safe(text: str) -> None:
    """Safe code stays as it is, and its lines have nothing that one_line would replace."""
    lines = safe_lines(text)
    assert safe_lines(lines) == lines
    for line in lines.split("\n"):
        assert one_line(line) == " ".join(line.split())
