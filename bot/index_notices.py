"""Word what people should know about an index: that it is out of date, or what limits its answers.

The manifest of a generation and a listing of the seeds folder come in, lines come out. Of the documents, only files
whose size or time changed are read. Rebuilding is left to `building`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.showing.wording import list_counts, many
from config.settings import Settings
from retrieval.errors import SeedsError
from retrieval.store.manifest import Manifest

if TYPE_CHECKING:
    from retrieval.reading.folder import Listing

MAX_LISTED = 10  # files in a notice
REBUILD = "run: footnote rebuild"


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
    if manifest.cut_sentences:
        count = many(manifest.cut_sentences, "long sentence")
        notices.append(f"the ends of {count} are beyond what the model reads, so they are found only by their words")
    if manifest.unread:
        listed = [f"{name} ({what})" for name, what in sorted(manifest.unread.items())]
        more = f", and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
        verb = "was" if len(listed) == 1 else "were"
        count = many(len(listed), "file")
        notices.append(f"{count} {verb} read without what is damaged: {', '.join(listed[:MAX_LISTED])}{more}")
    return notices
