"""The manifest of a generation: its bytes, and what is detected when it is read."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from retrieval.errors import DamagedIndexError
from retrieval.store.manifest import (
    FORMAT,
    MANIFEST,
    SEAL,
    BuildSettings,
    Calibration,
    Counts,
    GoldenRecord,
    Manifest,
    Pace,
    SourceState,
    read_manifest,
    write_manifest,
)
from tests.support.small_index import write_as_manifest

FULL = Manifest(
    format=FORMAT, generation="gen-3", fingerprint="abc", language="en", counts=Counts(2, 5, 3, 40), recall=0.9975,
    created="2026-01-02T03:04:05+00:00", model="words", model_files={"compiler": "c1", "/m/a.bin": [7, 8]},
    settings=BuildSettings(5, "en", 1_000_000, "d" * 64, 0.85), cut_sentences=1, cut={"ü.md": 1},
    letters_per_piece=4.5, knows_language=True, calibration=Calibration(3, -0.25, 2, 1, None, True),
    golden=GoldenRecord(3, ("Who \u201cis\u201d it?",)), pace=Pace(64, 1.5, 0.25), rejected=(("bad.txt", "is empty"),),
    sources={"ü.md": SourceState(10, 1_767_322_800_123_456_789, "e" * 64, "", 42, (("b.md", "f" * 64),))},
    files={"texts.utf8": {"size": 10, "sha256": "f" * 64}},
)  # fmt: skip
JSON = {
    "format": FORMAT,
    "generation": "gen-3",
    "fingerprint": "abc",
    "language": "en",
    "counts": {"documents": 2, "sentences": 5, "windows": 3, "terms": 40},
    "recall": 0.9975,
    "created": "2026-01-02T03:04:05+00:00",
    "model": "words",
    "model_files": {"compiler": "c1", "/m/a.bin": [7, 8]},
    "settings": {"builder": 5, "language": "en", "max_bytes": 1_000_000, "golden": "d" * 64, "precision": 0.85},
    "cut_sentences": 1,
    "cut": {"ü.md": 1},
    "letters_per_piece": 4.5,
    "knows_language": True,
    "sharpened": {"questions": 3, "shift": -0.25, "answered": 2, "right": 1, "auroc": None, "overlap": True},
    "golden": {"questions": 3, "failed": ["Who \u201cis\u201d it?"]},
    "pace": {"windows": 64, "encoding": 1.5, "rest": 0.25},
    "rejected": [["bad.txt", "is empty"]],
    "sources": {"ü.md": [10, 1_767_322_800_123_456_789, "e" * 64, "", 42, [["b.md", "f" * 64]]]},
    "files": {"texts.utf8": {"size": 10, "sha256": "f" * 64}},
}


def test_a_manifest_is_written_with_these_bytes(tmp_path: Path) -> None:
    """Keys, their order and the indentation are those of the format; reading gives the manifest back."""
    write_manifest(tmp_path, FULL)
    assert (tmp_path / MANIFEST).read_text("utf-8") == json.dumps(JSON, indent=1, ensure_ascii=False)
    assert (tmp_path / SEAL).read_text().endswith(f"  {MANIFEST}\n")
    assert read_manifest(tmp_path) == FULL


def test_what_could_not_be_read_is_kept(tmp_path: Path) -> None:
    """By document; where everything was read, the manifest has no word about it."""
    manifest = msgspec.structs.replace(FULL, unread={"ü.pdf": "page 3"}, likely_language="de")
    write_manifest(tmp_path, manifest)
    written = json.loads((tmp_path / MANIFEST).read_text("utf-8"))
    assert (written["unread"], written["likely_language"]) == ({"ü.pdf": "page 3"}, "de")
    assert read_manifest(tmp_path) == manifest


def test_settings_without_golden_questions_do_not_mention_them(tmp_path: Path) -> None:
    """Settings are compared as a whole, so both keys are left out together."""
    settings = {"builder": 5, "language": "en", "max_bytes": 1_000_000}
    write_as_manifest(tmp_path, JSON | {"settings": settings})
    manifest = read_manifest(tmp_path)
    assert manifest.settings == BuildSettings(5, "en", 1_000_000)
    write_manifest(tmp_path, manifest)
    assert json.loads((tmp_path / MANIFEST).read_text("utf-8"))["settings"] == settings


def test_sources_of_version_0_1_have_no_ctime(tmp_path: Path) -> None:
    """They are read with 0, which no file has, so that their content is compared."""
    write_as_manifest(tmp_path, JSON | {"sources": {"a.md": [10, 7, "e" * 64, ""]}})
    assert read_manifest(tmp_path).sources == {"a.md": SourceState(10, 7, "e" * 64, "", 0)}


@pytest.mark.parametrize("key", [key for key in JSON if key != "format"])
def test_a_missing_key_and_a_wrong_type_are_damage(tmp_path: Path, key: str) -> None:
    """The checksum does not help if the content was wrong from the beginning."""
    wrong: dict[str, Any] = {name: value for name, value in JSON.items() if name != key}
    for content in (wrong, JSON | {key: [{}, 1, "x"]}):
        write_as_manifest(tmp_path, content)
        with pytest.raises(DamagedIndexError, match=r"manifest.json cannot be read \(ValidationError\)"):
            read_manifest(tmp_path)
