"""The formats besides plain text and Markdown: which module reads which suffix, and what it needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is read."""

    module: str  # below retrieval.reading.formats
    extra: str = ""  # the extra of the package that installs its library, if it needs one


RECORD_SUFFIXES = (".csv", ".jsonl", ".srt", ".vtt")  # have no headings, whatever a line looks like
FORMATS = {
    ".csv": Format("csv_rows"),
    ".docx": Format("docx", "docx"),
    ".epub": Format("epub", "epub"),
    ".htm": Format("webpage", "html"),
    ".html": Format("webpage", "html"),
    ".jsonl": Format("jsonl"),
    ".mht": Format("mhtml", "html"),
    ".mhtml": Format("mhtml", "html"),
    ".pdf": Format("pdf.letters", "pdf"),
    ".rst": Format("rst", "rst"),
    ".srt": Format("subtitles"),
    ".vtt": Format("subtitles"),
}
