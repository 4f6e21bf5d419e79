"""Fetch a folder of a Git repository at a branch or tag: shallow, and after the first time only what changed.

The objects are kept in a hidden folder beside the manifest. Files are taken from them, not from a working tree: links
and submodules are skipped, whatever they point to.
"""

import shutil
import stat
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from dulwich.errors import ApplyDeltaError, ChecksumMismatch, FileFormatException, GitProtocolError, HangupException
from dulwich.object_store import DiskObjectStore, ObjectStoreGraphWalker
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref

from bot.sources.budget import MEGABYTE, Budget
from bot.sources.credentials import from_environment, without_authorization
from bot.sources.git_lfs import NOT_FETCHED, Pointer, fetch_contents, is_pointer, parse_pointer
from bot.sources.git_ssh import GuardedSshClient
from bot.sources.git_transport import GuardedGitClient
from bot.sources.guarded_http import HttpClient
from bot.sources.http_pages import origin_of
from bot.sources.pack_limits import check_pack
from bot.sources.safe_paths import MAX_DEPTH, folder_parts, matches
from bot.sources.source_manifest import SyncedFile, file_metadata
from bot.sources.staging import Stage
from bot.sources.sync_errors import SyncError
from config.sync_settings import GitSource, uses_ssh
from retrieval import files

HAVE = "have"  # the file with what was fetched last, see _read_have
MAX_PACKS = 60  # one for each sync; then everything is fetched again in one
MAX_ENTRIES = 2_000_000  # of all trees; trees can contain each other without end
MAX_OBJECT_BYTES = 100 * MEGABYTE  # of a file that is skipped afterwards, or of a tree
MAX_UNPACKED_SHARE = 20  # times sync.max_megabytes
MAX_TAGS = 5  # of tags
INDEX_STEMS = ("index", "readme", "_index")
DAMAGED = (  # what dulwich raises for objects that are not as they should be
    ApplyDeltaError, AssertionError, ChecksumMismatch, EOFError, FileFormatException, IndexError, KeyError,
    RecursionError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip

GitClient = GuardedGitClient | GuardedSshClient


class _Entry(NamedTuple):
    """A file of a tree; the path is below the sub-folder, and None if it is not UTF-8."""

    path: str | None
    mode: int
    blob: ObjectID


class _LargeFile(NamedTuple):
    """A file whose content is in Git LFS, with what is to be recorded of it."""

    path: str
    pointer: Pointer
    record: SyncedFile


def fetch_git(source: GitSource, client: HttpClient, budget: Budget, stage: Stage, objects: Path) -> dict[str, str]:
    """Fetch a repository into a stage, with the objects kept in a folder; returns the commit as state.

    Raises SyncError, OSError.
    """
    git = _client_of(source, client, budget)
    try:
        try:
            commit = _update(source, git, budget, stage, objects)
            large = _stage_files(source, objects, commit, stage, budget)
        except DAMAGED:
            if not objects.exists():
                raise
            shutil.rmtree(objects)  # the objects of an earlier sync may be damaged
            commit = _update(source, git, budget, stage, objects)
            large = _stage_files(source, objects, commit, stage, budget)
        _stage_large_files(source, git, client, large, stage)
    except (GitProtocolError, HangupException) as error:
        said = " ".join(without_authorization(str(error), git.authorization).split())
        raise SyncError(f"the Git server refuses or breaks off: {said[:120]}") from None
    except DAMAGED:
        raise SyncError("the Git server sent something that is not what was asked for") from None
    finally:
        git.end()
    return {"commit": commit}


def _client_of(source: GitSource, client: HttpClient, budget: Budget) -> GitClient:
    """Make what speaks to the repository. Raises SyncError if its password is not in the environment."""
    if uses_ssh(source.address):
        return GuardedSshClient(source, budget, client.timeout_s, client.resolve)
    return GuardedGitClient(source.address, client, from_environment(source))


def _update(
    source: GitSource, git: GuardedGitClient | GuardedSshClient, budget: Budget, stage: Stage, objects: Path
) -> str:
    """Bring the objects up to date; returns the id of the commit of the branch or tag."""
    have, have_commit = _read_have(objects, stage.max_file_bytes)
    if not have or len(list((objects / "pack").glob("*.pack"))) > MAX_PACKS:
        have = have_commit = ""
        shutil.rmtree(objects, ignore_errors=True)
        files.make_folder(objects.parent)
        DiskObjectStore.init(objects).close()
    _remove_leftovers(objects / "pack")
    heads = [ObjectID(have_commit.encode())] if have else []
    wanted: list[ObjectID] = []

    def choose(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001 - dulwich's
        wanted[:] = [_choose_ref(refs, source.branch)]
        return [] if wanted[0].decode() == have else wanted

    names = [b"HEAD"] if not source.branch else [f"refs/{kind}/{source.branch}".encode() for kind in ("heads", "tags")]
    with tempfile.TemporaryFile(dir=objects) as pack, closing(DiskObjectStore(objects)) as store:
        walker = ObjectStoreGraphWalker(heads, lambda _: [], shallow=set(heads))
        limit = f"blob:limit={stage.max_file_bytes + 1}".encode()
        git.fetch_pack(git.path, choose, walker, pack.write, depth=1, ref_prefix=names, filter_spec=limit)
        if pack.tell():
            most = budget.max_bytes * MAX_UNPACKED_SHARE
            check_pack(pack, max(stage.max_file_bytes, MAX_OBJECT_BYTES), most, budget)
            store.add_thin_pack(pack.read, None)
        commit = _commit_of(store, wanted[0])
    files.replace(objects / HAVE, f"{wanted[0].decode()} {commit} {stage.max_file_bytes}".encode())
    return commit


def _remove_leftovers(packs: Path) -> None:
    """Remove what a sync that was killed left: unfinished files, locks, and packs without an index."""
    for path in packs.iterdir():
        is_unindexed = path.suffix == ".pack" and not path.with_suffix(".idx").exists()
        if is_unindexed or path.suffix not in (".pack", ".idx"):
            path.unlink()


def _read_have(objects: Path, max_file_bytes: int) -> tuple[str, str]:
    """Read what the branch or tag stood for whose objects are complete, and its commit; servers know this one only.

    Both are "" if there is none, or if files of another size were left out of it.
    """
    try:
        name, commit, limit = (objects / HAVE).read_text("ascii").split()
    except (OSError, ValueError):
        return "", ""
    return (name, commit) if limit == str(max_file_bytes) else ("", "")


def _choose_ref(refs: Mapping[Ref, ObjectID], branch: str) -> ObjectID:
    """Choose the branch, else the tag of that name, else the default branch. Raises SyncError."""
    if not branch:
        if b"HEAD" not in refs:
            raise SyncError("the repository is empty, or its default branch does not exist; name one with branch")
        return refs[Ref(b"HEAD")]
    for kind in ("heads", "tags"):
        name = Ref(f"refs/{kind}/{branch}".encode())
        if name in refs:
            return refs[name]
    raise SyncError(f"the repository has no branch and no tag {branch!r}")


def _commit_of(store: DiskObjectStore, name: ObjectID) -> str:
    """Return the id of the commit that an id or a chain of tags stands for. Raises KeyError, SyncError."""
    for _ in range(MAX_TAGS):
        tagged = store[name]
        if isinstance(tagged, Commit):
            return name.decode()
        if not isinstance(tagged, Tag):
            break
        name = tagged.object[1]
    raise SyncError("the branch or tag does not stand for a commit")


def _stage_files(source: GitSource, objects: Path, commit: str, stage: Stage, budget: Budget) -> list[_LargeFile]:
    """Stage the documents of a commit; returns those that are still to fetch."""
    stage.reset()
    large: list[_LargeFile] = []
    with closing(DiskObjectStore(objects)) as store:
        content = store[ObjectID(commit.encode())]
        assert isinstance(content, Commit)  # noqa: S101 - _commit_of checked it
        root = _subtree(store, content.tree, source.subfolder)
        for entry in _walk(store, root, budget):
            path = entry.path
            if path is None:
                stage.skip(entry.blob.decode(), "its name is not UTF-8")
            elif (source.include and not matches(path, source.include)) or matches(path, source.exclude):
                continue
            elif stage.accepts(path):
                waiting = _stage_file(source, store, commit, entry, path, stage)
                large += [waiting] if waiting else []
    return large


def _stage_large_files(
    source: GitSource, git: GitClient, client: HttpClient, large: list[_LargeFile], stage: Stage
) -> None:
    """Fetch and stage the files whose content is in Git LFS; one that cannot be had is skipped with the reason."""
    if isinstance(git, GuardedSshClient):
        for file in large:
            stage.skip(file.path, f"{NOT_FETCHED}: an ssh address does not lead there; use the one for https")
        return
    by_pointer: dict[Pointer, list[_LargeFile]] = {}
    for file in large:
        by_pointer.setdefault(file.pointer, []).append(file)
    is_moved = origin_of(git.location) != origin_of(source.address)
    authorization = None if is_moved else git.authorization
    for pointer, content in fetch_contents(git.location, client, authorization, list(by_pointer)):
        for file in by_pointer[pointer]:
            if isinstance(content, bytes):
                stage.add(file.path, content, file.record)
            else:
                stage.skip(file.path, content)


def _stage_file(
    source: GitSource, store: DiskObjectStore, commit: str, entry: _Entry, path: str, stage: Stage
) -> _LargeFile | None:
    """Stage one file, or return it if it is still to fetch.

    A file that did not change keeps the commit in its address, so that its document stays the same.
    """
    if not stat.S_ISREG(entry.mode):
        stage.skip(path, "a submodule" if entry.mode == 0o160000 else "a symbolic link; links are not followed")
        return None
    known = stage.manifest.files.get(path)
    is_known = known is not None and known.validators[0] == entry.blob.decode() and stage.is_intact(path)
    first = known.address if known and known.validators[0] == entry.blob.decode() and known.address else commit
    name = "/".join([*folder_parts(source.subfolder), path])
    url = file_address(source.url, name, path, first, source.branch) if source.url else None
    metadata = file_metadata(source, url)
    if known is not None and is_known:
        stage.keep(path, msgspec.structs.replace(known, metadata=metadata, address=first))
        return None
    limit = f"larger than {stage.max_file_bytes // MEGABYTE} MB (documents.max_megabytes)"
    try:
        blob = store[entry.blob]
    except KeyError:  # the server left it out, as it was asked to
        stage.skip(path, limit)
        return None
    if not isinstance(blob, Blob):
        raise SyncError(f"{path} is not a file in the repository")
    if blob.raw_length() > stage.max_file_bytes:
        stage.skip(path, limit)
        return None
    content = blob.as_raw_string()
    record = SyncedFile("", 0, metadata, address=first, validators=(entry.blob.decode(), ""))
    if not is_pointer(content):
        stage.add(path, content, record)
        return None
    pointer = parse_pointer(content)
    if pointer is None or pointer.size > stage.max_file_bytes:
        stage.skip(path, limit if pointer else f"{NOT_FETCHED}: its pointer is malformed")
        return None
    return _LargeFile(path, pointer, record)


def _subtree(store: DiskObjectStore, tree: ObjectID, subfolder: str) -> ObjectID:
    """Find the tree of a sub-folder. Raises SyncError if there is none."""
    for name in folder_parts(subfolder):
        folder = store[tree]
        entries = {entry.path: entry for entry in folder.iteritems()} if isinstance(folder, Tree) else {}
        entry = entries.get(name.encode())
        if entry is None or entry.mode is None or entry.sha is None or not stat.S_ISDIR(entry.mode):
            raise SyncError(f"the repository has no folder {subfolder!r}")
        tree = entry.sha
    return tree


def _walk(store: DiskObjectStore, root: ObjectID, budget: Budget) -> Iterator[_Entry]:
    """Yield every file below a tree, in the order of the trees. Raises SyncError if there are too many."""
    waiting: list[tuple[str, ObjectID]] = [("", root)]
    count = 0
    while waiting:
        above, tree = waiting.pop()
        budget.spend()
        folder = store[tree]
        if not isinstance(folder, Tree):
            raise SyncError("the repository has a folder that is none")
        for entry in folder.iteritems():
            count += 1
            if count > MAX_ENTRIES:
                raise SyncError(f"the repository has more than {MAX_ENTRIES:,} files")
            if entry.path is None or entry.mode is None or entry.sha is None:
                continue
            try:
                path = above + entry.path.decode("utf-8")
            except UnicodeDecodeError:
                yield _Entry(None, entry.mode, entry.sha)
                continue
            if not stat.S_ISDIR(entry.mode):
                yield _Entry(path, entry.mode, entry.sha)
            elif not entry.path.startswith(b".") and path.count("/") < MAX_DEPTH:
                waiting.append((f"{path}/", entry.sha))


def file_address(template: str, name: str, path: str, commit: str, branch: str) -> str:
    """Fill in the address of a file: {commit}, {branch}, {path}, {stem}, {page}; {line} stays for the citation.

    The path is that in the repository, the stem is the path without suffix below the sub-folder, and the page the stem
    without a last part "index" or "README", as site generators name pages.
    """
    stem = path.rpartition("/")[0] + "/" * ("/" in path) + Path(path).stem
    folder, _, last = stem.rpartition("/")
    page = folder if last.lower() in INDEX_STEMS else stem
    values = {"commit": commit, "branch": branch or "HEAD", "path": name, "stem": stem, "page": page}
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", quote(value))
    return template
