"""The formats that are read besides plain text and Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """Which module reads a format, and the extra whose library it needs, if any."""

    module: str
    extra: str = ""


RECORDS = (".csv", ".jsonl", ".srt", ".vtt")  # hold no headings, whatever a line looks like
FORMATS = {
    ".csv": Format("csv_file"),
    ".docx": Format("word", "docx"),
    ".epub": Format("ebook", "epub"),
    ".htm": Format("webpage", "html"),
    ".html": Format("webpage", "html"),
    ".jsonl": Format("json_lines"),
    ".mht": Format("saved_page", "html"),
    ".mhtml": Format("saved_page", "html"),
    ".pdf": Format("pdf", "pdf"),
    ".rst": Format("restructured", "rst"),
    ".srt": Format("captions"),
    ".vtt": Format("captions"),
}
