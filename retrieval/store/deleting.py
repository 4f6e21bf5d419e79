"""Delete the generations that are no longer kept, and that nobody reads.

The only place where a published generation is deleted. The folder of an index comes in; the live generation and the one
before it remain.
"""

from contextlib import suppress
from pathlib import Path

from retrieval import files
from retrieval.store import layout
from retrieval.store.read_lock import exclusive


def delete_old_generations(folder: Path, live: str, before: str | None) -> None:
    """Delete abandoned .tmp folders and all generations but the live one and the one before it.

    A generation that is being read is deleted by a later rebuild, and so is one that cannot be deleted now.
    """
    with suppress(OSError):
        for path in folder.glob("gen-*.tmp"):
            files.remove_tree(path, quietly=True)
        names = layout.generations(folder)
        keep = {live, before if before in names else next((name for name in names if name != live), live)}
        for name in set(names) - keep:
            with exclusive(folder / name) as free:
                if free:
                    files.discard(folder / name)
