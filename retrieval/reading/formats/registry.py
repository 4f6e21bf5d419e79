"""The formats that are read besides plain text and Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """Which module reads a format, and the extra whose library it needs, if any."""

    module: str
    extra: str = ""


RECORD_SUFFIXES = (".csv", ".jsonl", ".srt", ".vtt")  # hold no headings, whatever a line looks like
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
