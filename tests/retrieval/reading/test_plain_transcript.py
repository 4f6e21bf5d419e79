"""A transcript that was copied into a text file is read as speech, and a timetable is not."""

from pathlib import Path

import pytest

from tests.support import samples
from tests.support.reading import placed_sentences, read_content

SAID = ("the mill was built in", "seventeen eleven and it has", "two stones of which", "one is new", "then we go home")
SENTENCES = ("The mill is old.", "It has two stones.", "One is new.", "A tour costs", "three euros.")
SPOKEN = [
    ("The mill is old.", "0:00:00"), ("It has two stones.", "0:00:03"), ("One is new.", "0:00:06"),
    ("A tour costs three euros.", "0:00:09"),
]  # fmt: skip


def written(form: str, texts: tuple[str, ...] = SENTENCES, first: int = 0) -> str:
    """Write what is said every three seconds in a form."""
    return "".join(form.format(start=first + 3 * n, end=first + 3 * n + 3, text=text) for n, text in enumerate(texts))


@pytest.mark.parametrize(
    "form",
    [
        "0:{start:02}\n{text}\n",
        "00:00:{start:02}\n{text}\n\n",
        "[00:{start:02}]\n{text}\n",
        "[00:00:{start:02}.000 --> 00:00:{end:02}.000]  {text}\n",
        "[00:{start:02}.000 --> 00:{end:02}.000] {text}\n",
        "00:00:{start:02},000 --> 00:00:{end:02},000\n{text}\n\n",
    ],
)
def test_a_copied_transcript_is_speech_with_its_times(tmp_path: Path, form: str) -> None:
    """From YouTube, Whisper or a file of subtitles, also below a title and in an archive."""
    content = "The old mill\n\n" + written(form)
    read = read_content(tmp_path, "a.txt", content.encode())
    assert [(text, at) for text, at, _ in placed_sentences(read)] == SPOKEN
    packed = read_content(tmp_path, "b.zip", samples.zip_archive({"a.txt": content}))
    assert [(text, at) for text, at, _ in placed_sentences(packed)] == SPOKEN


def test_a_transcript_without_full_stops_has_no_times_in_its_text(tmp_path: Path) -> None:
    """Its cues are joined."""
    read = read_content(tmp_path, "a.txt", written("0:{start:02}\n{text}\n", SAID).encode())
    assert read.document.text == " ".join(SAID)


@pytest.mark.parametrize(
    "content",
    [
        written("{start}:00\n{text}\n", first=9),  # a timetable
        written("0:{start:02}\n{text}\n").replace("0:09", "0:01"),  # times go back
        written("0:{start:02}\n{text}\n", SENTENCES[:4]),  # too few
        written("0:{start:02} {text}\n"),  # chapters of a film
        "0:00\n0:03\n0:06\n0:09\n0:12\nThese are the times.\n",
    ],
)
def test_other_times_make_no_transcript(tmp_path: Path, content: str) -> None:
    """Their lines stay as they are."""
    read = read_content(tmp_path, "a.txt", content.encode())
    assert (read.document.unit, read.document.text) == ("", content)
