"""The formats besides plain text and Markdown: which module reads which suffix, and what it needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is read."""

    module: str  # below retrieval.reading.formats
    extra: str = ""  # the extra of the package that installs its library, if it needs one


ADVICE = {  # what to do with files of other formats, by suffix
    **dict.fromkeys((".doc", ".docm", ".dot", ".dotx", ".odf", ".pages", ".rtf", ".wpd", ".wps"), "save it as .docx"),
    **dict.fromkeys((".key", ".odp", ".pps", ".ppsx", ".ppt", ".pptm"), "save it as .pptx"),
    **dict.fromkeys((".numbers", ".ods", ".xls", ".xlsb", ".xlsm"), "save it as .xlsx"),
    **dict.fromkeys((".azw", ".azw3", ".fb2", ".mobi"), "convert it to .epub"),
    **dict.fromkeys((".creole", ".textile"), "convert it to .md, for example with pandoc"),
    **dict.fromkeys((".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz"), "unpack it"),
    **dict.fromkeys(
        (".cfg", ".conf", ".ini", ".log", ".properties", ".toml", ".yaml", ".yml"),
        "if it is a text to quote from, save it as .txt",
    ),
    **dict.fromkeys(
        (".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp"),
        "a picture; if it shows text, make a .pdf of it with OCR",
    ),
    **dict.fromkeys(
        (".avi", ".flac", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg", ".opus", ".wav", ".webm"),
        "a recording; put its subtitles or transcript beside it, as .vtt or .txt",
    ),
    **dict.fromkeys(
        (".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8"),
        "if it is a manual page, convert it to .html, for example with mandoc -T html",
    ),
    ".djvu": "convert it to .pdf",
    ".mbox": "save its messages as .eml",
    ".msg": "save it as .eml",
    ".one": "export it as .docx or .pdf",
}
RECORD_SUFFIXES = (
    ".csv",
    ".json",
    ".jsonl",
    ".sbv",
    ".srt",
    ".tsv",
    ".vtt",
    ".xlsx",
    ".xml",
    ".zip",
)  # have no headings, whatever a line looks like
FORMATS = {
    ".adoc": Format("asciidoc"),
    ".asciidoc": Format("asciidoc"),
    ".csv": Format("csv_rows"),
    ".docx": Format("docx", "docx"),
    ".eml": Format("eml", "html"),
    ".epub": Format("epub", "epub"),
    ".htm": Format("webpage", "html"),
    ".html": Format("webpage", "html"),
    ".ipynb": Format("ipynb"),
    ".json": Format("json_document"),
    ".jsonl": Format("jsonl"),
    ".mht": Format("mhtml", "html"),
    ".mhtml": Format("mhtml", "html"),
    ".odt": Format("odt", "office"),
    ".org": Format("org"),
    ".pdf": Format("pdf.letters", "pdf"),
    ".pptx": Format("pptx", "office"),
    ".rst": Format("rst", "rst"),
    ".sbv": Format("subtitles"),
    ".srt": Format("subtitles"),
    ".tex": Format("tex"),
    ".tsv": Format("csv_rows"),
    ".vtt": Format("subtitles"),
    ".xhtml": Format("webpage", "html"),
    ".xlsx": Format("xlsx", "office"),
    ".xml": Format("mediawiki_export", "html"),
    ".zip": Format("zip_members"),
}
