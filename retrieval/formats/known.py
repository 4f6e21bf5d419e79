"""The formats that are read besides plain text and Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """Which module reads a format, and the library and extra that it needs, if any."""

    module: str
    library: str = ""
    extra: str = ""


RECORDS = (".csv", ".jsonl", ".srt", ".vtt")  # hold no headings, whatever a line looks like
FORMATS = {
    ".csv": Format("csv_file"),
    ".docx": Format("word", "docx", "docx"),
    ".epub": Format("ebook", "lxml", "epub"),
    ".htm": Format("webpage", "trafilatura", "html"),
    ".html": Format("webpage", "trafilatura", "html"),
    ".jsonl": Format("json_lines"),
    ".pdf": Format("pdf", "pypdfium2", "pdf"),
    ".rst": Format("restructured", "docutils", "rst"),
    ".srt": Format("captions"),
    ".vtt": Format("captions"),
}
