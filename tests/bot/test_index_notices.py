"""Notices about an index: out of date in which way, limited by what, and in which words."""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from bot.index_notices import LANGUAGE_NAMES, quality_notices, stale_notice, unread_notice
from config.settings import Settings, load_settings
from retrieval.reading.folder import list_files
from retrieval.reading.metadata import digest_of
from retrieval.store.manifest import FORMAT, Calibration, Counts, Manifest, SourceState
from retrieval.text.function_words import FUNCTION_WORDS
from retrieval.types import Rejected
from retrieval.upkeep import changes
from tests.support.small_index import PROVENANCE

SOUND = Manifest(
    **asdict(PROVENANCE), format=FORMAT, generation="gen-4", fingerprint="f", language="en",
    counts=Counts(1, 1, 1, 1), recall=1.0, files={},
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings for a folder of one document."""
    (tmp_path / "zoo.txt").write_text("The zoo opened in 1931.")
    return load_settings(seeds=str(tmp_path))


def manifest_of(settings: Settings) -> Manifest:
    """Return a manifest as if the folder had been indexed as it is now."""
    documents = settings.documents
    entries, _ = list_files(settings.seeds_folder)
    sources = {
        entry.id: SourceState(entry.size, entry.mtime_ns, "0" * 64, digest_of(entry.metadata), entry.ctime_ns)
        for entry in entries
    }
    built_with = changes.build_settings(documents.language, documents.max_bytes, None, settings.answer.precision)
    return replace(SOUND, model=settings.model, settings=built_with, sources=sources)


def notice(settings: Settings, manifest: Manifest) -> str | None:
    return stale_notice(settings, manifest, lambda: list_files(settings.seeds_folder))


def test_unchanged_index_is_not_stale(settings: Settings) -> None:
    """Nothing is said about an index that matches folder, settings and model."""
    assert notice(settings, manifest_of(settings)) is None


def test_changed_documents_are_counted(settings: Settings) -> None:
    """Added and changed files are told apart."""
    manifest = manifest_of(settings)
    (settings.seeds_folder / "pool.txt").write_text("The pool opened in 1950.")
    (settings.seeds_folder / "zoo.txt").write_text("The zoo of the town opened in 1931.")
    assert notice(settings, manifest) == (
        "the documents changed since the index was built (1 added, 1 changed); run: footnote rebuild"
    )


def test_other_settings_come_before_changed_documents(settings: Settings) -> None:
    """A rebuild reads every document then, so counts would say too little."""
    manifest = replace(manifest_of(settings), settings=SOUND.settings)
    (settings.seeds_folder / "pool.txt").write_text("The pool opened in 1950.")
    assert notice(settings, manifest) == (
        "the index was built with other settings or by another version of Footnote; run: footnote rebuild"
    )


def test_another_model_is_named(settings: Settings) -> None:
    """Both models are in the line: the one of the index and the one of the settings."""
    assert notice(replace(settings, model="other"), manifest_of(settings)) == (
        f"the index was built with the model {settings.model}, not other; run: footnote rebuild"
    )


def test_missing_folder_is_told_with_what_answers(settings: Settings) -> None:
    """The index goes on answering, so the line says which generation does."""
    manifest = manifest_of(settings)
    (settings.seeds_folder / "zoo.txt").unlink()
    settings.seeds_folder.rmdir()
    assert notice(settings, manifest) == (
        f"answering from gen-4 of {SOUND.created}: "
        f"the seeds folder {settings.seeds_folder} does not exist; name one with --seeds"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"calibration": Calibration(30, 0.0, 20, 9, 0.5, True)}, "of 20 golden questions .* only 9 get the right one"),
        (
            {"knows_language": False, "letters_per_piece": 1.24},
            "the model words hardly knows the language .* pieces of 1.2 letters",
        ),
        (
            {"likely_language": "pt"},
            "most of these documents are in Portuguese, but documents.language is 'en', whose rules .* with 'pt'$",
        ),
        ({"language": "de", "likely_language": "en"}, "are in English, but documents.language is 'de', .* with 'en'$"),
        ({"cut_sentences": 1}, "the ends of 1 long sentence are beyond"),
        (
            {"unread": {"b.pdf": "pages 1, 7", "a.pdf": "page 3"}},
            r"2 files were read without what is damaged: a.pdf \(page 3\), b.pdf \(pages 1, 7\)$",
        ),
        (
            {"unread": {"a.pdf": "read by OCR: pages 1, 2", "b.pdf": "read by OCR: page 4"}},
            r"2 files were read by OCR, which mistakes some letters: a.pdf \(pages 1, 2\), b.pdf \(page 4\)$",
        ),
        (
            {"unread": {"a.pdf": "pictures of text: page 3"}},
            r"1 file was read without pages that are pictures of text: a.pdf \(page 3\); install tesseract-ocr and run",
        ),
        ({"unread": {f"{n}.pdf": "page 3" for n in range(11, 23)}}, r"20.pdf \(page 3\), and 2 more$"),
        ({"cut_sentences": 2_000}, "the ends of 2,000 long sentences are beyond"),
    ],
)
def test_each_limit_of_an_index_is_one_line(changed: dict[str, Any], expected: str) -> None:
    """Each is told by itself."""
    (line,) = quality_notices(replace(SOUND, **changed))
    assert re.search(expected, line)


def test_what_is_damaged_and_what_was_read_by_ocr_are_two_lines() -> None:
    """Of one file, too."""
    damaged, recognized = quality_notices(replace(SOUND, unread={"a.pdf": "page 3; read by OCR: pages 1, 2"}))
    assert damaged == "1 file was read without what is damaged: a.pdf (page 3)"
    assert recognized == "1 file was read by OCR, which mistakes some letters: a.pdf (pages 1, 2)"


def test_sound_index_has_no_limit_to_tell() -> None:
    """With golden questions that are told apart, and without any."""
    assert quality_notices(SOUND) == []
    assert quality_notices(replace(SOUND, language="de", likely_language="de")) == []
    assert quality_notices(replace(SOUND, calibration=Calibration(30, 0.0, 20, 19, 0.9, False))) == []


def rejected(**counts: int) -> list[Rejected]:
    """Return as many files as a word says, with the reason that goes with it."""
    reasons = {
        "old": "unsupported format: save it as .docx",
        "scans": "contains only pictures of text; install tesseract-ocr, or run OCR on it first",
        "bytes": "not UTF-8 (byte 0xe9 in line {}); save it as UTF-8",
        "pictures": "unsupported format: a picture; if it shows text, make a .pdf of it with OCR",
        "unknown": "unsupported format",
    }
    return [Rejected(f"{word}-{n}", reasons[word].format(n)) for word, count in counts.items() for n in range(count)]


def test_a_folder_that_is_mostly_read_needs_no_notice() -> None:
    """Pictures beside documents and files of unknown formats are no loss."""
    assert unread_notice([], 5) is None
    assert unread_notice(rejected(old=1), 20) is None
    assert unread_notice(rejected(pictures=20, unknown=9), 40) is None


def test_much_that_is_unread_is_said_with_its_reasons() -> None:
    """The commonest first; reasons that differ in a number or a name count as one."""
    assert unread_notice(rejected(old=1, scans=2, bytes=3), 14) == (
        "Not read: 6 of 20 files (30%): 3 × not UTF-8 (byte 0xe9 in line 0); save it as UTF-8; 2 × contains only "
        "pictures of text; install tesseract-ocr, or run OCR on it first; 1 for other reasons."
    )
    assert (
        unread_notice(rejected(old=1), 0) == "Not read: 1 of 1 file (100%): 1 × unsupported format: save it as .docx."
    )


def test_a_folder_of_pictures_is_no_folder_of_documents() -> None:
    """They count where there are more of them than of documents."""
    notice = unread_notice(rejected(pictures=3), 1)
    assert notice is not None
    assert notice.startswith("Not read: 3 of 4 files (75%): 3 × unsupported format: a picture; if it shows text")


def test_each_language_that_can_be_likely_has_a_name() -> None:
    """The notice about it says it in a word."""
    assert LANGUAGE_NAMES.keys() == FUNCTION_WORDS.keys()
