"""Word what people should know about an index: that it is out of date, or what limits its answers.

The manifest of a generation and a listing of the seeds folder come in, lines come out. Of the documents, only files
whose size or time changed are read. Rebuilding is left to `building`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.showing.wording import list_counts, many
from config.settings import Settings
from retrieval.errors import SeedsError
from retrieval.reading.isolated.protocol import LEFT_OUT, PICTURES, READ_BY_OCR
from retrieval.store.manifest import Manifest

if TYPE_CHECKING:
    from retrieval.reading.folder import Listing
    from retrieval.types import Rejected

MAX_LISTED = 10  # files in a notice
REBUILD = "run: footnote rebuild"
PICTURES_ADVICE = "; install tesseract-ocr and run: footnote rebuild --full"
MIN_UNREAD_SHARE = 0.1  # of the files, from which on people are told first
NAMED_REASONS = 2
BESIDES = re.compile(r"unsupported format(?:: a (?:picture|recording)|$)|a symbolic link")  # files beside documents
VARYING = re.compile(r"'[^']*'|\b[0-9][0-9.,]*\b")  # what differs in reasons of one kind


def stale_notice(settings: Settings, manifest: Manifest, list_documents: Callable[[], "Listing"]) -> str | None:
    """Say why the generation of a manifest is out of date; None while it is not.

    `list_documents` lists the seeds folder; its SeedsError becomes the notice.
    """
    from retrieval.reading.glossary import read_glossary
    from retrieval.upkeep import changes

    try:
        entries, _ = list_documents()
        glossary = read_glossary(settings.seeds_folder)
    except SeedsError as error:
        return f"answering from {manifest.generation} of {manifest.created}: {error}"
    documents, precision = settings.documents, settings.answer.precision
    current = changes.build_settings(documents.language, documents.max_bytes, settings.golden_file, precision)
    if current != manifest.settings:
        return f"the index was built with other settings or by another version of Footnote; {REBUILD}"
    if glossary != manifest.glossary:
        return f"the glossary changed since the index was built; {REBUILD}"
    if settings.model != manifest.model:
        return f"the index was built with the model {manifest.model}, not {settings.model}; {REBUILD}"
    difference = changes.find_changes(entries, manifest.sources)
    if difference:
        return f"the documents changed since the index was built ({list_counts(difference.counts)}); {REBUILD}"
    return None


def changed_since(settings: Settings, manifest: Manifest) -> Mapping[str, int] | None:
    """Count the files that changed since a generation was built, by kind; None if it is not out of date.

    There are no counts if it is so for another reason, such as the glossary or the settings.
    """
    from retrieval.reading.folder import list_files
    from retrieval.upkeep import changes

    if (
        settings.indexed_seeds is None
        or stale_notice(settings, manifest, lambda: list_files(settings.seeds_folder)) is None
    ):
        return None
    try:
        return changes.changes_since(settings.seeds_folder, manifest).counts
    except SeedsError:
        return {}


def unread_notice(rejected: Sequence["Rejected"], documents: int) -> str | None:
    """Say in one line that much of a folder is not read, the commonest reasons and what to do; None if it is little.

    Pictures, recordings and files of unknown formats only count if there are more of them than documents.
    """
    lost = [file for file in rejected if not BESIDES.match(file.reason)]
    besides = [file for file in rejected if BESIDES.match(file.reason)]
    counted = lost + (besides if len(besides) > documents else [])
    if len(counted) < MIN_UNREAD_SHARE * (documents + len(counted)) or not counted:
        return None
    groups: dict[str, list[str]] = {}
    for file in counted:
        groups.setdefault(VARYING.sub("…", file.reason), []).append(file.reason)
    common = sorted(groups.values(), key=len, reverse=True)[:NAMED_REASONS]
    reasons = [f"{len(group):,} × {group[0]}" for group in common]
    others = len(counted) - sum(map(len, common))
    total = documents + len(counted)
    more = f"; {others:,} for other reasons" if others else ""
    return (
        f"Not read: {len(counted):,} of {many(total, 'file')} ({len(counted) / total:.0%}): {'; '.join(reasons)}{more}."
    )


LANGUAGE_NAMES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
}  # fmt: skip


def quality_notices(manifest: Manifest) -> list[str]:
    """Word what limits the answers of an index: its golden questions, the language of its documents, and so on."""
    notices = []
    calibration = manifest.calibration
    if calibration and calibration.overlap:
        notices.append(
            f"of {calibration.answered} golden questions that get an answer, only {calibration.right} get the right "
            "one: right and wrong answers have the same confidence in these documents; raise answer.precision, and "
            "run footnote eval to see the wrong ones"
        )
    if not manifest.knows_language:
        notices.append(
            f"the model {manifest.model} hardly knows the language of these documents (it cuts their words into "
            f"pieces of {manifest.letters_per_piece:.1f} letters), so passages are found mostly by shared words; a "
            "multilingual model is one line in the settings (see docs/models.md)"
        )
    if manifest.likely_language not in ("", manifest.language):
        notices.append(
            f"most of these documents are in {LANGUAGE_NAMES[manifest.likely_language]}, but documents.language is "
            f"{manifest.language!r}, whose rules they are read by; docs/models.md says under Languages what changes "
            f"with {manifest.likely_language!r}"
        )
    if manifest.cut_sentences:
        count = many(manifest.cut_sentences, "long sentence")
        notices.append(f"the ends of {count} are beyond what the model reads, so they are found only by their words")
    return notices + _unread_notices(manifest.unread)


def _unread_notices(unread: Mapping[str, str]) -> list[str]:
    """Word what was not read of some files, or left out, and what was read by OCR, by the names of the files."""
    groups: dict[str, list[str]] = {"": [], PICTURES: [], READ_BY_OCR: [], LEFT_OUT: []}
    for name, what in sorted(unread.items()):
        clauses: dict[str, list[str]] = {}
        for clause in what.split("; "):
            label = next((label for label in (PICTURES, READ_BY_OCR, LEFT_OUT) if clause.startswith(label)), "")
            clauses.setdefault(label, []).append(clause.removeprefix(label))
        for label, named in clauses.items():
            groups[label].append(f"{name} ({'; '.join(named)})")
    wordings = {
        "": ("read without what is damaged", ""),
        PICTURES: ("read without pages that are pictures of text", PICTURES_ADVICE),
        READ_BY_OCR: ("read by OCR, which mistakes some letters", ""),
        LEFT_OUT: ("read without the pages of some namespaces", ""),
    }
    notices = []
    for label, listed in groups.items():
        if listed:
            said, advice = wordings[label]
            more = f", and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
            verb = "was" if len(listed) == 1 else "were"
            count = many(len(listed), "file")
            notices.append(f"{count} {verb} {said}: {', '.join(listed[:MAX_LISTED])}{more}{advice}")
    return notices
