"""Pages that are pictures of text are read by Tesseract, if it is installed, in limits and as their page shows them."""

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from retrieval.child_process import python_path
from retrieval.reading.formats.pdf.scans import recognized_page
from retrieval.reading.isolated import ocr
from retrieval.reading.isolated.limited_program import CPU_S, MEMORY_BYTES
from retrieval.types import Rejected
from tests.support import samples
from tests.support.reading import placed_sentences, read_content, read_path, rejection_reason
from tests.support.scanned_pdf import scanned_pdf

needs_tesseract = pytest.mark.skipif(not ocr.is_installed(), reason="Tesseract is not installed (tesseract-ocr)")
LINES = ["The ferry crosses the lake twice a day, and the", "journey takes an hour. Dogs travel free of charge."]
PRINTED = samples.pdf(
    [
        [(72.0, 100.0, 20.0, "Ferry times"), *((72.0, 140.0 + 16 * n, 12.0, line) for n, line in enumerate(LINES))],
        [(72.0, 100.0, 12.0, "Bicycles cost two euros on every ferry of the lake.")],
    ]
)
READ = [
    ("The ferry crosses the lake twice a day, and the journey takes an hour.", 1, "Ferry times"),
    ("Dogs travel free of charge.", 1, "Ferry times"),
    ("Bicycles cost two euros on every ferry of the lake.", 2, "Ferry times"),
]
REASON = "contains only pictures of text; install tesseract-ocr, or run OCR on it first"


@needs_tesseract
@pytest.mark.parametrize(("turns", "stamp"), [((), ""), ((1, 0), "Downloaded from the archive of the lake")])
def test_scans_are_read_with_their_pages(tmp_path: Path, turns: tuple[int, ...], stamp: str) -> None:
    """With headings by their size, also turned or with a stamp in letters, and the same each time."""
    scan = scanned_pdf(PRINTED, turns, stamp)
    read = read_content(tmp_path, "a.pdf", scan)
    assert placed_sentences(read)[: len(READ)] == READ
    assert read.unread == "read by OCR: pages 1, 2"
    assert read_content(tmp_path, "b.pdf", scan).document.text == read.document.text


@needs_tesseract
def test_only_pages_without_a_text_are_recognized(tmp_path: Path) -> None:
    """The others are read as ever."""
    mixed = pypdfium2.PdfDocument(PRINTED)
    mixed.del_page(1)
    mixed.import_pages(pypdfium2.PdfDocument(scanned_pdf(PRINTED)), [1])
    mixed.save(tmp_path / "a.pdf")
    read = read_content(tmp_path, "a.pdf", (tmp_path / "a.pdf").read_bytes())
    assert (placed_sentences(read), read.unread) == (READ, "read by OCR: page 2")


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the program unknown."""
    monkeypatch.setattr(ocr, "PROGRAM", "no-such-program")


@pytest.mark.usefixtures("no_tesseract")
def test_without_tesseract_a_scan_says_what_to_do(tmp_path: Path) -> None:
    """Of a file with other pages these are read, and the scanned ones are named."""
    assert rejection_reason(tmp_path, "a.pdf", scanned_pdf(PRINTED)) == REASON
    rejected = read_path(tmp_path / "a.pdf")
    assert isinstance(rejected, Rejected)
    assert rejected.missing_library == "tesseract"
    mixed = pypdfium2.PdfDocument(PRINTED)
    mixed.import_pages(pypdfium2.PdfDocument(scanned_pdf(PRINTED)), [1])
    mixed.save(tmp_path / "b.pdf")
    read = read_content(tmp_path, "b.pdf", (tmp_path / "b.pdf").read_bytes())
    assert (placed_sentences(read), read.unread) == (READ, "pictures of text: page 3")


def test_a_scan_in_an_archive_is_named(tmp_path: Path) -> None:
    """It is not recognized there."""
    archive = samples.zip_archive({"a.md": "The ferry leaves at noon.", "scan.pdf": scanned_pdf(PRINTED)})
    assert read_content(tmp_path, "a.zip", archive).unread.startswith(f"scan.pdf: {REASON}; unpack it")


@pytest.mark.parametrize("does", ["exit 1", "head -c 5000000 /dev/zero"])
def test_a_program_that_fails_loses_its_pages_only(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exit code, too much output."""
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ntest "$1" = --list-langs && echo eng && exit 0\n{does}\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(ocr, "PROGRAM", str(program))
    assert ocr.is_installed()
    reason = rejection_reason(tmp_path, "a.pdf", scanned_pdf(PRINTED))
    assert reason == "contains only pictures, in which OCR found no text"


def test_the_program_runs_in_limits() -> None:
    """Of memory, time and written files."""
    asked = "ulimit -v; ulimit -t; ulimit -f"
    command = [sys.executable, "-P", "-m", ocr.LIMITED, "/bin/sh", "-c", asked]
    done = subprocess.run(command, env={"PYTHONPATH": python_path()}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(MEMORY_BYTES // 1024), str(CPU_S), "0"]


def word(left: int, right: int, text: str, confidence: int = 95) -> str:
    """Write a word of hOCR."""
    return f"<span class='ocrx_word' title='bbox {left} 0 {right} 30; x_wconf {confidence}'>{text}</span>"


def line(top: int, size: float, *words: str, angle: str = "") -> str:
    """Write a line of hOCR."""
    box = f"bbox 0 {top} 900 {top + 30}; baseline 0 -7; x_size {size}{angle}"
    return f"<span class='ocr_line' title=\"{box}\">{''.join(words)}</span>"


def test_what_ocr_is_unsure_of_is_left_out() -> None:
    """A word, and a line that is mostly noise; the others have the usual size, and a wide gap divides columns."""
    found = line(0, 30, word(0, 90, "Tom &amp; <em>Ann</em>"), word(100, 200, "rn", 30), word(500, 600, "left"))
    found += (
        line(40, 33, word(0, 90, "again")) + line(80, 60, word(0, 90, "Title")) + line(120, 30, word(0, 9, "~", 40))
    )
    page = recognized_page(1, 595.0, 842.0, found)
    assert [(run.text, round(run.size / page.runs[0].size, 1)) for run in page.runs] == [
        ("Tom & Ann", 1.0), ("left", 1.0), ("again", 1.0), ("Title", 1.8),
    ]  # fmt: skip


@pytest.mark.parametrize("piece", ["<span class='ocr_line' title=\"", "<span class='ocrx_word' title='x'>a", "bbox 1 "])
def test_any_output_is_read_in_linear_time(piece: str) -> None:
    """Also what no program writes."""
    assert recognized_page(1, 595.0, 842.0, piece * 100_000).runs == []


@pytest.mark.parametrize("drawn", [b"", b"P5 9 9 255\n", b"P6 1 1 255\n0", b"P5 99999 99999 255\n0", b"x"])
def test_pictures_that_are_none_are_left_out(drawn: bytes) -> None:
    """What draws them read a hostile file."""
    assert ocr.recognize(lambda _: drawn, [1], None) == {}
