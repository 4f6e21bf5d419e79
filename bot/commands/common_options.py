"""Declare the options that several commands have, and the kinds of their values."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from config.settings import load_settings

FOLDER = click.Path(file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


def common(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options of every command, and call the command with the settings that follow from them."""

    @click.option("--seeds", type=FOLDER, help="Folder of the documents (default: the one in the settings).")
    @click.option("--index", type=FOLDER, help="Folder of the index (default: one for each folder of documents).")
    @click.option("--config", type=FILE, help="Settings file to read instead of config/footnote.toml.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(command)
    def wrapped(seeds: str | None, index: str | None, config: Path | None, debug: bool, **rest: Any) -> int | None:
        click.get_current_context().find_root().meta["debug"] = debug
        return command(load_settings(config, seeds=seeds, index=index), **rest)

    return wrapped


collection_option = click.option(
    "--collection", "collections", multiple=True, metavar="NAME",
    help="Search only this collection: a folder directly under the documents. May be repeated.",
)  # fmt: skip
