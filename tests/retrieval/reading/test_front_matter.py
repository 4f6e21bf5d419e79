"""The front matter of site generators gives title, date and address, is never quoted, and loses no document."""

from pathlib import Path

import pytest

from retrieval.reading.front_matter import front_matter_fault, parse_front_matter
from retrieval.text.sentences import split_sentences
from tests.support.reading import read_content, sentences_of

TEXT = "The ferry leaves the pier at noon."


@pytest.mark.parametrize(
    ("front", "title", "published"),
    [
        ("---\ntitle: Ferry times\npublished: true\nurl: /boats/ferry/\n---", "Ferry times", None),
        ("---\nlayout: post\ntitle: Ferry times\ndate: 2024-05-01 10:00:00 +0200\n---", "Ferry times", "2024-05-01"),
        ('+++\ntitle = "Ferry times"\ndate = 2024-05-01\ntags = ["a"]\n+++', "Ferry times", "2024-05-01"),
        ("+++\ndate = 2024-05-01T10:00:00Z\n[params]\ntitle = 'other'\n+++", "A", "2024-05-01"),
        ('{\n  "title": "Ferry times",\n  "date": "2024-05-01"\n}', "Ferry times", "2024-05-01"),
        ("---\nid: ferry\nsidebar_label: Ferry\ntitle: Ferry times\nslug: /ferry\nlast_update:\n  date: 1/1/2024\n---",
         "Ferry times", None),
        ("---\ntitle: Ferry times\nhead:\n  - - meta\n    - name: a\noutline: [2, 3]\n---", "Ferry times", None),
        ("---\ntags: [boats]\naliases:\n  - boat\ncreated: 2024-05-01T10:00\n---", "A", "2024-05-01"),
        ("---\ntitle: Ferry: times\ndate: 1 May 2024\n---", "Ferry: times", "2024-05-01"),
        ("---\ntitle: {{title}}\ndate: {{date}}\n---", "A", None),
        ("---\ntitle: [a\n---", "A", None),
        ("---\n---", "A", None),
        ("---\ndate: soon\npubDate: May 1, 2024\n---", "A", "2024-05-01"),
        ("---\ndate: Wed, 1 May 2024 10:00:00 GMT\n---", "A", "2024-05-01"),
        ("---\ndate: 2024-02-30\n---", "A", None),
        ("---\ndate: 2024/5/1\n---", "A", "2024-05-01"),
        ("---\ndate: May 2024\n---", "A", "2024-05"),
        ("+++\ntitle = broken\n+++", "A", None),
        ("title: Ferry times\ndate: 2024-05-01 10:00:00\ntags:\n- a\n---", "Ferry times", "2024-05-01"),
        ("Title: Ferry times\nDate: 2024-05-01 10:20\nAuthors: Ann,\n    Ben", "Ferry times", "2024-05-01"),
        ("% Ferry times\n% Ann; Ben\n% 1 May 2024", "Ferry times", "2024-05-01"),
        ('---json\n{"title": "Ferry times", "date": "2024-05-01"}\n---', "Ferry times", "2024-05-01"),
        ('---toml\ntitle = "Ferry times"\ndate = 2024-05-01\n---', "Ferry times", "2024-05-01"),
        ("title:\tFerry times\nstate:\tCLOSED\nlabels:\tbug, pier\nprojects:\t\nnumber:\t7\n--", "Ferry times", None),
        ("---yaml\ntitle: Ferry times\ndate: 2024-05-01\n---", "Ferry times", "2024-05-01"),
    ],
)  # fmt: skip
def test_front_matter_gives_what_it_says(tmp_path: Path, front: str, title: str, published: str | None) -> None:
    """Values with another meaning and malformed ones are passed over, and nothing of it is quoted."""
    read = read_content(tmp_path, "a.md", f"{front}\n\n{TEXT}\n".encode())
    assert (read.document.title, read.document.published, read.document.url) == (title, published, None)
    assert sentences_of(read) == [TEXT]


@pytest.mark.parametrize(
    "text",
    [
        "{a: b} is a set.",
        '{"a": 1}',
        "+++ more +++\n\nText.",
        "---\n\nA rule.\n\n---\n",
        "--- a\n",
        '{"a": 1} is JSON.',
        "Title: Ferry times\n\nText.",
        "Title: Ferry times\nCaptain: Ann\n\nText.",
        "% A remark.\n\nText.",
    ],
)
def test_text_that_begins_like_front_matter_is_body(text: str) -> None:
    """Braces, rules and plus signs of the text stay in it."""
    assert parse_front_matter(text) == ({}, 0)


@pytest.mark.parametrize("suffix", [".markdown", ".mdx", ".mkd", ".mdown", ".text", ".MD"])
def test_other_suffixes_are_read(tmp_path: Path, suffix: str) -> None:
    """Those of Markdown have its headings, .text is plain text."""
    read = read_content(tmp_path, f"ferry{suffix}", f"# Times\n\n{TEXT}\n".encode())
    assert read.document.title == ("# Times" if suffix == ".text" else "Times")
    assert sentences_of(read)[-1] == TEXT


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("---\ntitle: A: b\n---\nText.", "its front matter: invalid YAML in line 2"),
        ("---\na: 1\ntags: [a, b\n---\nText.", "its front matter: invalid YAML in line 4"),
        ("+++\ntitle = A\n+++\nText.", "its front matter: invalid TOML"),
        ("---\ntitle: A\n\nText.", 'its front matter: no line of "---" ends it'),
        ("---\ntitle: A\n---\nText.", ""),
        ("---\n\nText.", ""),
        ("Text.", ""),
    ],
)
def test_what_is_wrong_with_front_matter_is_said(text: str, fault: str) -> None:
    """Its good lines are read all the same."""
    assert front_matter_fault(text) == fault


@pytest.mark.parametrize(
    ("front", "language"),
    [("lang: de", "de"), ("language: de-AT", "de"), ("lang: German", None), ("lang: [de]", None), ("title: A", None)],
)
def test_the_language_of_a_page_decides_where_its_sentences_end(tmp_path: Path, front: str, language: str) -> None:
    """It counts more than that of the folder."""
    read = read_content(tmp_path, "a.md", f"---\n{front}\n---\nDie 12. Auflage ist da.\n".encode())
    assert read.language == language
    assert len(split_sentences(read, 0, "en")) == (1 if language else 2)
