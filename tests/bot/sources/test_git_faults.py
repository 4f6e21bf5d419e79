"""Whatever goes wrong with a Git source is one line, its folder stays as it was, and the next sync goes on."""

import errno
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.sources.sync import SourceReport, sync_source
from retrieval import files
from tests.support.git_server import GitRepository, git_answer, git_server
from tests.support.sync_places import git_source, make_place, tree
from tests.support.trap_server import Request, Response, TrapServer

GOOD = {f"page-{number}.md": f"# Page {number}\n\nIt is page {number}.\n".encode() for number in range(6)}
LATER = {**GOOD, "page-1.md": b"# Page 1\n\nIt changed.\n", "page-9.md": b"# Page 9\n\nIt is new.\n"}


class Case:
    """A source that was synced once, and whose repository has changed since."""

    def __init__(self, folder: Path, server: TrapServer) -> None:
        self.folder, self.server = folder, server
        self.place = make_place(folder / "seeds")
        self.source = git_source(f"{server.address}/r.git")
        self.before = self.state()

    def repository(self) -> GitRepository:
        return GitRepository(self.folder / "r.git")

    def state(self) -> dict[str, bytes]:
        own = self.folder / "seeds" / ".sync" / "manual"
        return tree(self.folder / "seeds") | {"manifest": (own / "manifest.json").read_bytes()}

    def fails(self, **values: Any) -> str:
        """Sync with other values of the source; returns the error, after a look at what is on disk."""
        source = msgspec.structs.replace(self.source, **values)
        report = sync_source(source, self.place)
        assert report.error
        assert "\n" not in report.error
        assert self.state() == self.before
        assert not (self.folder / "seeds" / ".sync" / "manual" / "staging").exists()
        return report.error

    def recovers(self) -> SourceReport:
        """Sync without a fault."""
        self.server.answer = lambda request: git_answer(self.folder, request)
        report = sync_source(self.source, make_place(self.folder / "seeds"))
        assert (report.error, tree(self.folder / "seeds" / "manual")) == ("", LATER)
        return report


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a repository, and documents that were synced before its last commit."""
    folder = tmp_path_factory.mktemp("synced")
    repository = GitRepository(folder / "r.git")
    repository.commit(GOOD)
    with git_server(folder) as server:
        source = git_source(f"{server.address}/r.git")
        assert sync_source(source, make_place(folder / "seeds")).error == ""
    repository.commit(LATER)
    return folder


@pytest.fixture
def case(tmp_path: Path, synced: Path) -> Iterator[Case]:
    """Yield a source that was synced once, whose repository changed by one page and a new one."""
    shutil.copytree(synced, tmp_path, dirs_exist_ok=True)
    with git_server(tmp_path) as server:
        yield Case(tmp_path, server)


Change = Callable[[Response], Response]
Fault = Callable[[Path], Callable[[Request], Response]]


def on(method: str, response: Response | Change) -> Fault:
    """Answer requests of a method with something else, or with a changed answer."""

    def fault(root: Path) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            if request.method != method:
                return git_answer(root, request)
            return response(git_answer(root, request)) if callable(response) else response

        return answer

    return fault


def redirect(location: str) -> Response:
    return Response(b"", 302, (("Location", location),))


def packet(payload: bytes) -> bytes:
    return f"{len(payload) + 4:04x}".encode() + payload


LOGIN = Response(b"<html><form>Please log in</form></html>")
OTHER_NAMES = Response(
    packet(b"# service=git-upload-pack\n") + b"0000" + packet(b"version 2\n")
    + packet(b"object-format=sha256\n") + b"0000",
    200, (("Content-Type", "application/x-git-upload-pack-advertisement"),),
)  # fmt: skip
RESULT = (("Content-Type", "application/x-git-upload-pack-result"),)
FATAL = Response(packet(b"packfile\n") + packet(b"\x03out of memory") + b"0000", 200, RESULT)


def only_fetch(change: Change) -> Change:
    """Change the answer that has the pack, not the one with the refs."""
    return lambda response: change(response) if b"packfile" in response.content else response


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (on("GET", Response(b"", 404)), "127.0.0.1 has no such repository, or not without a password: status 404"),
        (on("GET", Response(b"", 401)), "127.0.0.1 asks for a password (token_variable): status 401"),
        (on("GET", Response(b"", 403)), "127.0.0.1 asks for a password (token_variable): status 403"),
        (on("GET", Response(b"", 500)), "127.0.0.1 answers with status 500"),
        (on("POST", Response(b"", 503)), "127.0.0.1 answers with status 503"),
        (on("POST", redirect("/elsewhere")), "127.0.0.1 redirects too often"),
        (on("GET", redirect("/r.git/info/refs")), "127.0.0.1 redirects too often"),
        (on("GET", redirect("file:///etc/passwd")), "127.0.0.1 redirects to something that is no web address"),
        (
            on("GET", redirect("http://169.254.169.254/latest/info/refs?service=git-upload-pack")),
            "169.254.169.254 is a private address (allow_private_addresses permits those of your network)",
        ),
        (on("GET", OTHER_NAMES), "the repository names its objects by SHA-256, which cannot be synced yet"),
        (on("GET", LOGIN), "the server does not speak Git's protocol; is the address a repository's?"),
        (
            on("GET", Response(b"4" * 40 + b"\trefs/heads/main\n", 200, (("Content-Type", "text/plain"),))),
            'the server has the files of a repository only (Git\'s "dumb" HTTP); use an address that speaks Git',
        ),
        (on("POST", LOGIN), "the Git server refuses or breaks off: Invalid content-type from server: text/html"),
        (on("POST", only_fetch(lambda _: FATAL)), "the Git server refuses or breaks off: out of memory"),
        (on("GET", lambda response: response._replace(cut=20)), "127.0.0.1 broke off its answer"),
        (on("POST", only_fetch(lambda response: response._replace(cut=80))), "127.0.0.1 broke off its answer"),
        (
            on("POST", only_fetch(lambda response: response._replace(content=response.content[:80]))),
            "the Git server refuses or breaks off",
        ),
        (
            on("POST", only_fetch(lambda it: it._replace(content=it.content.replace(b"PACK", b"PUCK")))),
            "the server sent a damaged pack",
        ),
    ],
)  # fmt: skip
def test_fault_of_the_server(case: Case, fault: Fault, message: str) -> None:
    """One line says what it was; nothing is lost, and the next sync takes the change."""
    case.server.answer = fault(case.folder)
    assert case.fails().startswith(message)
    assert case.recovers().changed == ["page-1.md"]


def test_server_that_is_gone(case: Case) -> None:
    """Nobody listens any more."""
    assert case.fails(address="http://127.0.0.1:9/r.git") == "127.0.0.1 cannot be reached"
    case.recovers()


def test_server_that_is_silent(case: Case) -> None:
    """An answer that does not come ends after the time-out."""
    case.place = make_place(case.folder / "seeds", timeout_s=0.2)
    never = threading.Event()
    case.server.answer = lambda _: Response(wait=never)
    assert case.fails() == "127.0.0.1 does not answer in time (sync.timeout_s)"
    never.set()
    case.recovers()


def test_name_that_does_not_exist(case: Case) -> None:
    """A look-up that fails is no crash."""

    def fail(*_: object) -> list[str]:
        raise OSError(errno.ENOENT, "no such host")

    case.place = msgspec.structs.replace(case.place, resolve=fail)
    assert case.fails(address="https://nowhere.example/r.git") == "the name nowhere.example cannot be looked up"
    case.recovers()


@pytest.mark.parametrize("address", ["10.0.0.8", "127.0.0.1", "::1", "fe80::1", "::ffff:192.168.1.1", "100.64.0.1"])
def test_public_name_of_a_private_address(case: Case, address: str) -> None:
    """It counts what the name resolves to, even if only one of the addresses is private."""
    case.place = msgspec.structs.replace(case.place, resolve=lambda *_: ["93.184.215.14", address])
    error = case.fails(address="https://docs.example/r.git", allow_private_addresses=False)
    assert error == "docs.example is a private address (allow_private_addresses permits those of your network)"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"branch": "gone"}, "the repository has no branch and no tag 'gone'"),
        ({"subfolder": "gone"}, "the repository has no folder 'gone'"),
        ({"include": ["*.txt"]}, "nothing to read was found there; the folder stays as it is"),
        ({"include": ["page-1.md"]}, "5 of 6 files would be deleted, more than sync.max_loss allows; "),
        ({"address": "/r.git/tree/main/docs"}, "127.0.0.1 has no such repository; the address is that of a page: "),
        ({"token_variable": "NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE is not set in the environment"),
        ({"folder": "other"}, "its files are in the folder manual, not in other; "),
    ],
)
def test_setting_that_is_wrong(case: Case, values: dict[str, Any], message: str) -> None:
    """What is not there, or leaves too little, changes nothing."""
    if "address" in values:
        values = {"address": case.server.address + values["address"]}
    assert case.fails(**values).startswith(message)
    case.recovers()


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"max_files": 3}, "more than 3 files (sync.max_files)"),
        ({"max_megabytes": 0}, "more than 0 MB to download (sync.max_megabytes)"),
        ({"max_minutes": -1}, "not done after -1 minutes (sync.max_minutes)"),
    ],
)
def test_limit_that_is_exceeded(case: Case, limit: dict[str, int], message: str) -> None:
    """Files, bytes and time are bounded."""
    case.place = make_place(case.folder / "seeds", **limit)
    assert case.fails() == message
    case.recovers()


def test_repository_that_is_empty(case: Case) -> None:
    """It does not empty the folder."""
    GitRepository(case.folder / "empty.git")
    assert case.fails(address=f"{case.server.address}/empty.git").startswith("the repository is empty, or its default")
    case.recovers()


def test_repository_that_shrank(case: Case) -> None:
    """The same names with next to nothing in them are refused as well, until somebody accepts that."""
    small = dict.fromkeys(LATER, b"Gone.")
    case.repository().commit({name: content * 9 for name, content in GOOD.items()})
    assert sync_source(case.source, case.place).error == ""
    case.before = case.state()
    case.repository().commit(small)
    assert case.fails().startswith("its files shrank from ")
    assert sync_source(case.source, case.place, accept_deletions=True).error == ""
    assert tree(case.folder / "seeds" / "manual") == small


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


@pytest.mark.parametrize(
    ("module", "name"),
    [(Path, "write_bytes"), (files, "replace"), (files, "write"), (Path, "replace"), (files, "link"), (files, "sync")],
)
def test_disk_that_is_full(case: Case, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Wherever writing fails, everything is as before."""
    with monkeypatch.context() as patch:
        patch.setattr(module, name, full_disk)
        report = sync_source(case.source, case.place)
    assert "No space left on device" in report.error
    assert case.state() == case.before
    case.recovers()


def test_objects_that_were_damaged_are_fetched_again(case: Case) -> None:
    """The hidden objects are a cache: what is wrong in them costs time only."""
    for pack in (case.folder / "seeds" / ".sync" / "manual" / "git" / "pack").glob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:40])
    assert case.recovers().changed == ["page-1.md"]


def test_what_a_killed_sync_left_of_its_objects(case: Case, synced: Path) -> None:
    """A lock, a pack without its index and an unfinished one do not stop the next sync."""
    packs = case.folder / "seeds" / ".sync" / "manual" / "git" / "pack"
    before = set(packs.glob("*.pack"))
    assert sync_source(case.source, case.place).error == ""
    (pack,) = set(packs.glob("*.pack")) - before
    content = pack.read_bytes()
    shutil.rmtree(case.folder / "seeds")
    shutil.copytree(synced / "seeds", case.folder / "seeds")
    pack.write_bytes(content[:-9])
    pack.with_suffix(".idx.lock").touch()
    (packs / "tmp_pack_x").write_bytes(content[:50])
    assert case.recovers().changed == ["page-1.md"]
    assert {path.suffix for path in packs.iterdir()} == {".pack", ".idx"}


def test_objects_that_unpack_to_too_much(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small pack that inflates to more than an object may have is refused before it is unpacked."""
    monkeypatch.setattr("bot.sources.git_source.MAX_OBJECT_BYTES", 10_000)
    case.repository().commit({**LATER, "bomb.md": b"0" * 1_000_000})
    case.repository().let_clients_leave_out_files(False)
    case.place = make_place(case.folder / "seeds", max_file_bytes=10_000)
    assert case.fails() == "the repository has objects that are too large when they are unpacked"


@pytest.mark.parametrize("seed", range(12))
def test_answers_with_random_damage(case: Case, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever bytes change, the folder has its old state or the new one, and nothing is printed."""
    chance = random.Random(seed)

    def damage(request: Request) -> Response:
        response = git_answer(case.folder, request)
        content = bytearray(response.content)
        start = content.find(b"PACK") + 1 if seed % 2 else 0  # behind it, what the pack contains
        for _ in range(chance.choice((1, 3, 20))):
            content[chance.randrange(start, len(content))] = chance.randrange(256)
        return response._replace(content=bytes(content))

    case.server.answer = damage
    report = sync_source(case.source, case.place)
    if report.error:
        assert case.state() == case.before
    else:
        assert tree(case.folder / "seeds" / "manual") in (GOOD, LATER)
    assert capsys.readouterr().err == ""
    case.server.answer = lambda request: git_answer(case.folder, request)
    assert sync_source(case.source, case.place).error == ""
    assert tree(case.folder / "seeds" / "manual") == LATER
