"""Passages in Discord's Markdown: each kind as it should look, folded, and harmless whatever is in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord_bot.messages.passage_text import INCOMPLETE, MAX_FOLDED, format_passage
from bot.showing.discord_markdown import units
from bot.showing.pieces import MAX_INDENT, Piece
from bot.showing.safe_text import one_line, safe_lines
from tests.support.discord_client_markdown import kinds, parse, shown
from tests.support.hostile_answers import HostileExcerpts
from tests.support.hostile_texts import texts

MARKED = Piece("prose", "It is here.", (0, 11))


def test_pieces_of_each_kind() -> None:
    """Headings and the sentence are bold, steps and bullets are lists, code has its language, gaps are shown."""
    text = format_passage(
        [
            Piece("heading", "Quick *Connect*"),
            Piece("prose", "Follow these steps:"),
            Piece("item", "Open it.", label="1."),
            Piece("item", "- nested", label="•", indent=3),
            Piece("item", "Uncheck the box. Done.", (0, 16), "3.", after_gap=True),
            Piece("prose", "Or run this:", indent=3),
            Piece("code", "if off:\n    # 1. pass_\n\n*x*", language="python"),
            Piece("row", "Day: Monday.", label="•"),
            Piece("prose", "End."),
        ],
        4_096,
    )
    assert text.split("\n") == [
        r"**Quick \*Connect\***", r"Follow these steps\:", "1. Open it.", r"   - \- nested", r"\[…]",
        "3. **“Uncheck the box.”** Done.", r"   Or run this\:", "```python", "if off:", "    # 1. pass_", "", "*x*",
        "```", r"- Day\: Monday.", "", "End.",
    ]  # fmt: skip
    assert kinds(parse(text)) == {"bold", "list", "fence"}


@pytest.mark.parametrize("language", ["", "a b", "x" * 50, "```", "a\nb", "@everyone"])
def test_language_that_is_no_name_is_left_out(language: str) -> None:
    """It would be shown as code, or end the block."""
    assert format_passage([Piece("code", "ls", (0, 2), language=language)], 4_096) == "```\nls\n```"


def test_code_with_a_fence_in_it_is_shown_as_text() -> None:
    """It cannot end its block, and its lines stay indented."""
    text = format_passage([Piece("code", "````md\n  **a**\n```", (0, 18))], 4_096)
    assert text == "\\`\\`\\`\\`md\n\u00a0\u00a0\\*\\*a\\*\\*\n\\`\\`\\`"
    assert not kinds(parse(text))


def test_long_list_is_folded_at_the_end_of_an_item() -> None:
    """It begins with what introduces it, and an ellipsis stands for the rest; with more room there is more."""
    items = [Piece("item", f"Step {number} " + "x" * 90, label=f"{number}.") for number in range(1, 40)]
    items[2] = Piece("item", items[2].text, (0, 6), "3.")
    passage = [Piece("heading", "Steps"), Piece("prose", "Do this:"), *items]

    lines = format_passage(passage, 4_096).split("\n")
    assert lines[:3] == ["**Steps**", "Do this\\:", f"1. Step 1 {'x' * 90}"]
    assert lines[-2:] == [f"10. Step 10 {'x' * 90}", "…"]
    assert MAX_FOLDED - 200 < units("\n".join(lines)) <= MAX_FOLDED
    assert format_passage(passage, 4_096, 4_096).split("\n")[-2].startswith("38. ")


def test_what_governs_a_far_sentence_stays() -> None:
    """The heading, the lead-in and the items around it are shown before the others, with gaps between them."""
    fill = [Piece("item", "x" * 100, label="•") for _ in range(20)]
    passage = [
        Piece("heading", "Steps"), Piece("prose", "Never do this:"), *fill, Piece("item", "Outer", label="•"),
        *(Piece("item", "y" * 100, label="•", indent=2) for _ in range(20)),
        Piece("item", "Sit down.", (0, 9), "•", 2),
    ]  # fmt: skip
    lines = format_passage(passage, 4_096).split("\n")
    assert lines[:5] == ["**Steps**", "Never do this\\:", "\\[…]", "- Outer", "  \\[…]"]
    assert lines[-2:] == [f"  - {'y' * 100}", "  - **“Sit down.”**"]


def test_the_heading_nearest_above_the_sentence_stays() -> None:
    """Of two sections that are shown together; also if it does not stand right above."""
    passage = [
        Piece("heading", "Bikes"), Piece("prose", "We pay for every bike."), Piece("heading", "Not paid"),
        Piece("prose", "x" * 600), Piece("prose", f"{'y' * 700}.", (0, 701)),
    ]  # fmt: skip
    lines = format_passage(passage, 900).split("\n")
    assert "**Not paid**" in lines
    assert "x" * 600 not in lines


@pytest.mark.parametrize(
    "warning",
    [
        (Piece("prose", "Warning: never do this while the engine runs."),),
        (Piece("prose", "Warning"), Piece("prose", "Never do this while the engine runs.")),
        (Piece("heading", "Caution"), Piece("prose", "Never do this while the engine runs.")),
    ],
)
def test_warning_stays_however_long_the_passage_is(warning: tuple[Piece, ...]) -> None:
    """It counts more than what stands between it and the sentence, and more than the limit of a folded passage."""
    fill = [Piece("prose", f"{number} " + "x" * 300) for number in range(5)]
    text = format_passage([*warning, *fill, Piece("prose", f"{'y' * 1_190}.", (0, 1_191))], 4_096)
    assert "ever do this while the engine runs" in text
    assert INCOMPLETE() not in text


@pytest.mark.parametrize("beginning", ["However, not", "Except", "This does not apply", "Unless it is closed, not"])
def test_limit_after_the_sentence_stays(beginning: str) -> None:
    """A sentence that limits the quoted one is shown beyond the limit of a folded passage."""
    passage = [Piece("prose", "z" * 1_195, (0, 1_195)), Piece("prose", f"{beginning} on Mondays.")]
    assert format_passage(passage, 4_096).endswith(f"\n{beginning} on Mondays.")


def test_what_limits_but_does_not_fit_is_announced() -> None:
    """If even the message has no room for it, the last line names the button that shows it."""
    passage = [Piece("prose", "Warning: " + "w" * 1_000), Piece("prose", "x" * 500, (0, 500))]
    text = format_passage(passage, 800)
    assert text.split("\n") == ["…", f"**“{'x' * 500}”**", f"**{INCOMPLETE()}**"]
    assert units(text) <= 800


def test_ellipsis_stands_for_a_beginning_that_does_not_fit() -> None:
    """A piece before the sentence is shown whole or not at all."""
    assert format_passage([Piece("prose", "x" * 1_200), MARKED], 4_096) == "…\n**“It is here.”**"


def test_long_code_is_cut_at_the_end_of_a_line() -> None:
    """What introduces it stays; a line that does not fit by itself is cut."""
    code = "\n".join(["x" * 99] * 30)
    lines = format_passage([Piece("prose", "Run:"), Piece("code", code, (0, len(code)))], 4_096).split("\n")
    assert lines[:2] == ["Run\\:", "```"]
    assert lines[2:-2] == ["x" * 99] * 11
    assert lines[-2:] == ["```", "…"]
    long = format_passage([Piece("code", "y" * 2_000, (0, 2_000))], 4_096).split("\n")
    assert (long[0], long[1].strip("y"), long[2:]) == ("```", "…", ["```", "…"])


def test_long_sentence_is_complete() -> None:
    """A sentence may be longer than a folded passage, as long as Discord shows it."""
    sentence = "word " * 500 + "end."
    text = format_passage([Piece("prose", f"{sentence} And more.", (0, len(sentence)))], 4_096)
    assert text.startswith(f"**“{sentence}”**")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 100_000), st.integers(400, 4_096), st.sampled_from([MAX_FOLDED, 4_096]))
def test_hostile_passages_fit_and_show_their_sentence(seed: int, room: int, folded: int) -> None:
    """The text has at most `room` units, is never empty, and holds no construct but ours."""
    passage = HostileExcerpts(seed, 20).passage()
    text = format_passage(passage, room, folded)
    assert text.strip()
    assert units(text) <= room
    assert kinds(parse(text)) <= {"bold", "list", "fence"}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(list(texts(400))), min_size=1, max_size=6), st.integers(0, MAX_INDENT))
def test_hostile_code_stays_in_its_block(lines: list[str], indent: int) -> None:
    """Before it and after it, text is text; all of the code is shown, in its block or as text."""
    code = safe_lines("\n".join(lines)) or "x"
    text = format_passage([MARKED, Piece("code", code, indent=indent), Piece("prose", "End.")], 40_000, 40_000)
    nodes = parse(text)
    if "```" in code:
        assert kinds(nodes) == {"bold"}
        assert "".join(shown(nodes).split()) == "".join(f"“It is here.”{code}End.".split())
    else:
        assert kinds(nodes) == {"bold", "fence"}
        assert shown(nodes).replace("\n", "") == "“It is here.”End."
        assert f"```\n{code}\n```" in text
    assert one_line(shown(nodes)).endswith("End.")


def test_lines_of_a_message_stay_lines() -> None:
    """Each line of the sentence is bold by itself, its list is as it was written, and its code stays indented."""
    text = "mara: Bring this:\n- a *card*\n  ./go\n2. and a pen"
    shown_text = format_passage([Piece("row", text, (0, len(text)), "•"), Piece("prose", "Then\ngo.")], 4_096)
    assert shown_text.split("\n") == [
        r"- **“mara\: Bring this\:**", r"  **\- a \*card\***", "  **\u00a0\u00a0.\\/go**", r"  **2\. and a pen”**", "",
        "Then", "go.",
    ]  # fmt: skip
    assert kinds(parse(shown_text)) == {"bold", "list"}


@pytest.mark.parametrize("room", [120, 200, 300])
def test_lines_fit_into_the_room(room: int) -> None:
    """What each line needs more counts, and what does not fit is cut."""
    text = "\n".join(f"- step {number} of the long list" for number in range(20))
    passage = [Piece("item", text, (0, len(text)), "1."), Piece("item", text, label="2.")]
    assert units(format_passage(passage, room, room)) <= room
