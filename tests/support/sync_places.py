"""What tests of `footnote sync` share: where to sync to, sources on 127.0.0.1, and what a folder contains."""

from pathlib import Path
from typing import Any

import msgspec

from bot.sources.sync import Place
from config.settings import load_settings
from config.sync_settings import GitSource

LIMITS = load_settings().sync


def make_place(seeds: Path, max_file_bytes: int = 1_000_000, **limits: Any) -> Place:
    """Make a place with the default limits but those given."""
    seeds.mkdir(exist_ok=True)
    return Place(seeds, msgspec.structs.replace(LIMITS, **{"timeout_s": 5} | limits), max_file_bytes)


def git_source(address: str, **values: Any) -> GitSource:
    """Make a Git source named "manual" on 127.0.0.1."""
    defaults: dict[str, Any] = {"name": "manual", "address": address, "allow_private_addresses": True}
    return GitSource(**defaults | values)


def tree(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder that are not hidden, by path."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in named.items() if not any(p.startswith(".") for p in name.split("/"))}
