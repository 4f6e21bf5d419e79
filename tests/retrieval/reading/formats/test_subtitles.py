"""Subtitles are joined to sentences that know their time."""

from pathlib import Path

import pytest

from tests.support.reading import placed_sentences, read_content, sentences_of


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
