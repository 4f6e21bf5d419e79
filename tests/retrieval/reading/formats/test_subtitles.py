"""Subtitles are joined to sentences that know their time."""

from pathlib import Path

import pytest

from tests.support.reading import asides_of, placed_sentences, read_content, sentences_of


@pytest.mark.parametrize(
    ("name", "head", "comma"), [("a.vtt", "WEBVTT\n\nNOTE hello\n\nSTYLE\n::cue {}\n\n", "."), ("a.srt", "", ",")]
)
def test_cues_are_joined_to_sentences_with_their_time(tmp_path: Path, name: str, head: str, comma: str) -> None:
    """Descriptions of sounds are asides, and markup is left out."""
    cues = [
        ("1:00:01", "<i>The ferry crosses</i> the lake"),
        ("1:00:04", "twice a day. It takes"),
        ("1:00:07", "an hour."),
    ]
    cues += [("1:02:00", "[Music]"), ("1:02:05", "The fare &amp; the tax are five euros.")]
    blocks = [f"{n}\n{time}{comma}000 --> {time}{comma}900\n{words}\n" for n, (time, words) in enumerate(cues, 1)]
    read = read_content(tmp_path, name, (head + "\n".join(blocks)).encode())
    assert placed_sentences(read) == [
        ("The ferry crosses the lake twice a day.", "1:00:01", None),
        ("It takes an hour.", "1:00:04", None),
        ("The fare & the tax are five euros.", "1:02:05", None),
    ]


def test_scrolling_captions_are_read_once(tmp_path: Path) -> None:
    """Each repeats the lines before it, and has lines of spaces; words that are repeated later are read again."""
    cues = [
        ("00:01.000 --> 00:03.000", " \nthe<00:01.500><c> ferry</c>"), ("00:03.000 --> 00:03.010", "the ferry\n "),
        ("00:03.010 --> 00:05.000", "the ferry\ncrosses<00:04.000><c> the lake.</c>"),
        ("00:05.000 --> 00:05.010", "crosses the lake.\n "), ("00:08.000 --> 00:09.000", "crosses the lake."),
    ]  # fmt: skip
    content = "WEBVTT\nKind: captions\n\n" + "\n\n".join(f"{times} align:start\n{words}" for times, words in cues)
    assert placed_sentences(read_content(tmp_path, "a.vtt", content.encode())) == [
        ("the ferry crosses the lake.", "0:00:01", None),
        ("crosses the lake.", "0:00:08", None),
    ]
    sloppy = "1\n00:00:01,000 --> 00:00:02,000\nIt rains.\n \n2\n00:00:02,000 --> 00:00:03,000\n12 boats left.\n"
    read = read_content(tmp_path, "a.srt", sloppy.encode())
    assert sentences_of(read) == ["It rains.", "12 boats left."]


def timed(*cues: str, seconds: float = 2.0, head: str = "WEBVTT\n\n") -> bytes:
    """Make a file of cues that follow each other."""
    times = [f"{number * seconds // 60:02.0f}:{number * seconds % 60:06.3f}" for number in range(len(cues) + 1)]
    blocks = [f"{start} --> {end}\n{cue}\n" for cue, start, end in zip(cues, times, times[1:], strict=False)]
    return (head + "\n".join(blocks)).encode()


@pytest.mark.parametrize(
    "content",
    [
        timed(  # Zoom
            "Mira Kern: The boathouse opens", "Mira Kern: at ten and closes", "Mira Kern: at six.",
            "Tomas Holt: Not at eleven?", "Mira Kern: No. Ask Dr. Lee.",
        ),
        timed(  # Teams
            "<v Mira Kern>The boathouse opens</v>", "<v Mira Kern>at ten and closes</v>",
            "<v Mira Kern>at six.</v>\n<v Tomas Holt>Not at eleven?</v>", "<v Mira Kern>No. Ask Dr. Lee.</v>",
        ),
        timed(  # only where the speaker changes
            "Mira Kern: The boathouse opens", "at ten and closes at six.", "- Tomas Holt: Not at eleven?",
            ">> Mira Kern: No. Ask", "Dr. Lee.",
        ),
        # Webex
        b'WEBVTT\n\n1 "Mira Kern" (301)\n00:01.000 --> 00:03.000\nThe boathouse opens at ten and closes at six.\n\n'
        b'2 "Tomas Holt" (302)\n00:04.000 --> 00:05.000\nNot at eleven?\n\n'
        b'3 "Mira Kern" (301)\n00:06.000 --> 00:07.000\nNo. Ask Dr. Lee.\n',
    ],
)  # fmt: skip
def test_a_speaker_is_named_once_and_first(tmp_path: Path, content: bytes) -> None:
    """However the file names speakers; a name opens each paragraph, and no sentence has it in its middle."""
    read = read_content(tmp_path, "a.vtt", content)
    text = read.document.text
    assert [text[block.start : block.end] for block in read.blocks] == [
        "Mira Kern: The boathouse opens at ten and closes at six.",
        "Tomas Holt: Not at eleven?",
        "Mira Kern: No. Ask Dr. Lee.",
    ]


def test_long_speech_is_divided_so_that_each_paragraph_names_its_speaker(tmp_path: Path) -> None:
    """A passage shows a paragraph of this length whole."""
    cues = [f"<v Ann>The rope of boat number {number} is long, and it was bought in spring." for number in range(20)]
    read = read_content(tmp_path, "a.vtt", timed(*cues))
    paragraphs = [read.document.text[block.start : block.end] for block in read.blocks]
    assert len(paragraphs) == 5
    assert all(paragraph.startswith("Ann: The rope of boat number") for paragraph in paragraphs)
    assert max(map(len, paragraphs)) <= 320


@pytest.mark.parametrize("words_per_cue", [3, 6, 11])
def test_captions_without_full_stops_are_divided(tmp_path: Path, words_per_cue: int) -> None:
    """Before words that often begin a sentence, into pieces of some cues, each with its own time."""
    spoken = (
        "so today we look at the old mill by the river and how it was built the wheel turns about eight times a minute "
        "in spring when the water is high then the grain is poured into the hopper and it takes roughly an hour to "
        "grind one sack after that the flour is sifted twice and packed into linen bags the mill was sold in nineteen "
        "thirty one to a baker from the next valley who kept it for twenty years "
    )
    words = (spoken * 4).split()
    cues = [" ".join(words[start : start + words_per_cue]) for start in range(0, len(words), words_per_cue)]
    pieces = placed_sentences(read_content(tmp_path, "a.vtt", timed(*cues, seconds=3)))
    assert " ".join(text for text, _, _ in pieces).split() == words
    assert all(80 <= len(text) <= 250 for text, _, _ in pieces[:-1])
    assert sum(text.split()[0] in ("so", "then", "after", "when", "who") for text, _, _ in pieces) > 0.7 * len(pieces)
    times = [time for _, time, _ in pieces]
    assert len(set(times)) == len(times)


def test_captions_are_divided_at_pauses(tmp_path: Path) -> None:
    """A pause of a second ends a sentence more likely than any word."""
    cues = [f"the boat number {number} lies at the pier beside the others" for number in range(12)]
    content = timed(*cues, seconds=5).replace(b"5.000\n", b"3.900\n")  # each second cue ends early
    pieces = [text for text, _, _ in placed_sentences(read_content(tmp_path, "a.vtt", content))]
    numbers = [[int(word) for word in piece.split() if word.isdecimal()] for piece in pieces]
    assert numbers == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [11]]  # a pause before each odd one


def test_sbv_has_its_times_on_one_line(tmp_path: Path) -> None:
    """As YouTube and Google Meet write them."""
    content = "0:00:00.599,0:00:04.160\nMira: The key hangs behind\n\n0:00:04.160,0:00:06.770\nMira: the door.\n"
    read = read_content(tmp_path, "a.sbv", content.encode())
    assert placed_sentences(read) == [("Mira: The key hangs behind the door.", "0:00:00", None)]


def test_a_cue_of_sounds_alone_is_an_aside(tmp_path: Path) -> None:
    """Also with several of them."""
    content = "1\n00:00:00,000 --> 00:00:03,000\nIt is open.\n\n2\n00:00:03,000 --> 00:00:06,000\n[MUSIC] ♪ la la ♪\n"
    read = read_content(tmp_path, "a.srt", content.encode())
    assert (sentences_of(read), asides_of(read)) == (["It is open."], ["[MUSIC] ♪ la la ♪"])
