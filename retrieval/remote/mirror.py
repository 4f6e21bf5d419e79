"""Mirror what answering needs of a searcher's live generation: everything but the vectors.

The mirror is an index folder of its own, laid out like any other (see `retrieval.store.layout`): each file is compared
with the checksum in the manifest before CURRENT names the generation, so that a switch, or a rollback on the searcher's
side, is seen whole or not at all.
"""

import re
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from retrieval import files
from retrieval.errors import BusyError, DamagedIndexError, FootnoteError, StoreError
from retrieval.index.index import Index
from retrieval.index.search_engine import DenseSearch, TokenVectors
from retrieval.remote import search_messages as messages
from retrieval.remote.remote_searches import RemoteDense, RemoteTokens, SearchClient
from retrieval.store import layout, opening
from retrieval.store.deleting import delete_old_generations
from retrieval.store.manifest import MANIFEST, SEAL, Manifest, read_manifest
from retrieval.store.opening import SMALL_PARTS
from retrieval.store.write_lock import writing

MODEL = re.compile(r"\w+")  # the name of its folder
MAX_FILE_BYTES = 1 << 33  # of a manifest or a model; other files have the size in the manifest
INTERVAL_S = 2.0  # between two looks for a new generation; each asks for a name


def mirror_live(client: SearchClient, folder: Path, *, wait: bool = False, again: bool = False) -> bool:
    """Bring a mirror up to date with the searchers; return whether its live generation changed.

    `again` fetches the live generation even if it seems to be there, since it is damaged.

    Raises NoSearcherError, StoreError if it cannot be written, DamagedIndexError if what came is not whole, BusyError
    if another process is doing the same and `wait` is false.
    """
    live = client.ask(messages.AskLive(), messages.Live)
    if not layout.NAME.fullmatch(live.generation):
        raise DamagedIndexError(f"{live.generation[:80]!r} is not the name of a generation")
    if not again and layout.current(folder) == live.generation and _seal(folder / live.generation) == live.seal:
        return False
    try:
        with writing(folder, wait=wait, as_mirror=True):
            before = layout.current(folder)
            if again or _seal(folder / live.generation) != live.seal:
                _fetch_generation(client, folder, live)
            _fetch_model(client, folder, read_manifest(folder / live.generation).fingerprint)
            files.replace(folder / layout.CURRENT, f"{live.generation}\n".encode())
            delete_old_generations(folder, live.generation, before)
    except OSError as error:
        raise StoreError(f"cannot write {error.filename or folder}: {error.strerror or error}") from None
    return True


def lacks_model(folder: Path) -> bool:
    """Tell whether the model of a mirror's live generation is gone; one that was damaged is deleted to get it again."""
    name = layout.current(folder)
    try:
        return name is not None and not (folder / "models" / read_manifest(folder / name).fingerprint).is_dir()
    except StoreError:
        return False


def open_mirrored(client: SearchClient, folder: Path) -> tuple[Index, Manifest]:
    """Open the live generation of a mirror; the searchers search its vectors. Raises StoreError."""
    name = layout.current(folder)
    layout.check_generation(folder, name)
    seal = _seal(folder / str(name)) or b""

    def connect(manifest: Manifest, dimension: int) -> tuple[DenseSearch, TokenVectors]:
        count = manifest.counts.sentences
        return (
            RemoteDense(client, manifest.generation, seal, count, dimension),
            RemoteTokens(client, manifest.generation, seal, count),
        )

    return opening.open_without_vectors(folder / str(name), str(name), connect)


class MirrorThread(threading.Thread):
    """Keeps a mirror up to date while its process runs."""

    def __init__(self, client: SearchClient, folder: Path, failed: Callable[[str], None] = lambda _: None) -> None:
        """Prepare to mirror; `failed` gets one line when the mirror can no longer follow."""
        super().__init__(name="mirror", daemon=True)
        self._client, self._folder, self._failed = client, folder, failed
        self._stopping = threading.Event()

    def run(self) -> None:
        """Mirror at intervals until stopped."""
        last = ""
        while not self._stopping.wait(INTERVAL_S):
            try:
                mirror_live(self._client, self._folder)
                last = ""
            except BusyError:
                continue
            except FootnoteError as error:
                if str(error) != last:
                    last = str(error)
                    self._failed(last)

    def stop(self) -> None:
        """Stop after the look that may be under way."""
        self._stopping.set()


def _seal(folder: Path) -> bytes | None:
    """Return the checksum file of a generation's manifest, None without one."""
    try:
        return (folder / SEAL).read_bytes()
    except OSError:
        return None


def _fetch_generation(client: SearchClient, folder: Path, live: messages.Live) -> None:
    """Fetch the small parts of a generation, verify them, and give the folder its name."""
    name = live.generation
    building = folder / f"{name}.tmp"
    files.remove_tree(building)
    building.mkdir()
    for part in (SEAL, MANIFEST):
        _fetch(client, messages.ReadFile(name, part, 0, live.seal), building)
    manifest = read_manifest(building)
    if _seal(building) != live.seal or not manifest.files.keys() >= set(SMALL_PARTS):
        raise DamagedIndexError(f"what came of {name} is not the generation that was announced")
    for part in SMALL_PARTS:
        _fetch(client, messages.ReadFile(name, part, 0, live.seal), building, manifest.files[part]["size"])
    if manifest.generation != name or (damaged := opening.damaged_files(building, manifest, set(SMALL_PARTS))):
        raise DamagedIndexError(f"what came of {name} is damaged ({', '.join(damaged) or manifest.generation})")
    files.remove_tree(folder / name)  # of another index, with the same name
    files.rename(building, folder / name)


def _fetch_model(client: SearchClient, folder: Path, fingerprint: str) -> None:
    """Fetch the compiled model of an index unless it is there; opening it compares its checksums."""
    if not MODEL.fullmatch(fingerprint):
        raise DamagedIndexError(f"{fingerprint[:80]!r} is not the name of a model")
    final = folder / "models" / fingerprint
    if final.is_dir():
        return
    building = folder / "models" / f"{fingerprint}.tmp"
    files.remove_tree(building)
    files.make_folder(building)
    for name in client.ask(messages.ListFiles(f"models/{fingerprint}"), messages.Files).names:
        _fetch(client, messages.ReadFile(f"models/{fingerprint}", name, 0), building)
    files.rename(building, final)


def _fetch(client: SearchClient, file: messages.ReadFile, target: Path, max_bytes: int = MAX_FILE_BYTES) -> None:
    """Fetch a file in parts. Raises DamagedIndexError if its name is that of no file in the target, or it is longer."""
    if not messages.FILE_NAME.fullmatch(file.name):
        raise DamagedIndexError(f"{file.name[:80]!r} is not the name of a file of an index")

    def fill(write: Callable[[bytes | memoryview], object]) -> None:
        offset = 0
        while part := client.ask(msgspec.structs.replace(file, offset=offset), messages.Content).content:
            offset += len(part)
            if offset > max_bytes:
                raise DamagedIndexError(f"the file {file.name} is longer than it may be")
            write(part)

    files.write_stream(target / file.name, fill)
