"""Files of a repository whose content is in Git LFS: fetched and checked, or named; a pointer is never a document."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.sync_command import report_line
from bot.sources.git_lfs import MEDIA_TYPE
from bot.sources.sync import SourceReport, sync_source
from tests.support.git_server import GitRepository, git_server
from tests.support.sync_places import git_source, make_place, tree
from tests.support.trap_server import Request, Response, TrapServer

BOOK = b"# Book\n\nA book of many pages.\n"
OID = hashlib.sha256(BOOK).hexdigest()
BATCH = "/r.git/info/lfs/objects/batch"


def pointer(oid: str = OID, size: int = len(BOOK)) -> bytes:
    """Make a pointer as Git LFS writes it."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


FILES = {"a.md": b"# A\n\nOne sentence.\n", "book.md": pointer(), "copy.md": pointer()}


class LargeFiles:
    """The part of a server that has the contents; `batch` and `content` can be replaced."""

    def __init__(self) -> None:
        self.server: TrapServer | None = None
        self.batch: Callable[[Request], Response] = self.list_objects
        self.content = Response(BOOK)
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Response | None:
        """Answer what is for Git LFS."""
        if request.path != BATCH and not request.path.startswith("/store/"):
            return None
        self.requests.append(request)
        return self.batch(request) if request.path == BATCH else self.content

    def store_address(self, oid: str) -> str:
        """Return the address of a content, on a host of another name."""
        assert self.server is not None
        return f"{self.server.address.replace('127.0.0.1', 'localhost')}/store/{oid}"

    def list_objects(self, request: Request) -> Response:
        """Name a download for each object."""
        objects = json.loads(request.content)["objects"]
        downloads = [
            item | {"actions": {"download": {"href": self.store_address(item["oid"]), "header": {"X-K": "k"}}}}
            for item in objects
        ]
        return Response(
            json.dumps({"transfer": "basic", "objects": downloads}).encode(), 200, (("Content-Type", MEDIA_TYPE),)
        )


def sync(folder: Path, large: LargeFiles, files: dict[str, bytes] = FILES, **values: str) -> list[SourceReport]:
    """Sync twice."""
    GitRepository(folder / "r.git").commit(files)
    with git_server(folder, large.answer) as server:
        large.server = server
        place = make_place(folder / "seeds", max_file_bytes=100_000)
        return [sync_source(git_source(f"{server.address}/r.git", **values), place) for _ in range(2)]


def test_contents_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with the same content share a request; the password goes to the server that is asked, not to the store."""
    monkeypatch.setenv("DOCS_TOKEN", "s3cret")
    large = LargeFiles()
    first, second = sync(tmp_path, large, token_variable="DOCS_TOKEN")  # noqa: S106 - the name of a variable
    assert (first.error, sorted(first.added), second.unchanged) == ("", ["a.md", "book.md", "copy.md"], 3)
    assert tree(tmp_path / "seeds" / "manual") == {"a.md": FILES["a.md"], "book.md": BOOK, "copy.md": BOOK}
    batch, download = large.requests
    assert json.loads(batch.content)["objects"] == [{"oid": OID, "size": len(BOOK)}]
    assert batch.headers["authorization"].startswith("Basic ")
    assert (download.path, download.headers["x-k"]) == (f"/store/{OID}", "k")
    assert "authorization" not in download.headers


def only(batch: bytes | int) -> Callable[[LargeFiles], None]:
    """Make the batch request get one answer, or a status."""
    response = Response(b"", batch) if isinstance(batch, int) else Response(batch)
    return lambda large: setattr(large, "batch", lambda _: response)


def href(address: str) -> Callable[[LargeFiles], None]:
    """Name another address for the content."""
    found = {"objects": [{"oid": OID, "size": 1, "actions": {"download": {"href": address}}}]}
    return only(json.dumps(found).encode())


def header(values: dict[str, str]) -> Callable[[LargeFiles], None]:
    """Demand headers for the download."""

    def demand(large: LargeFiles) -> None:
        def batch(_: Request) -> Response:
            download = {"href": large.store_address(OID), "header": values}
            return Response(json.dumps({"objects": [{"oid": OID, "actions": {"download": download}}]}).encode())

        large.batch = batch

    return demand


def store(response: Response) -> Callable[[LargeFiles], None]:
    """Answer the download."""
    return lambda large: setattr(large, "content", response)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (only(404), "127.0.0.1 answers with status 404"),
        (only(b"<html>"), "the server does not speak its protocol"),
        (
            only(b'{"objects": [{"oid": "x", "error": {"code": 404, "message": "SECRET"}}]}'),
            "the server does not have it",
        ),
        (only(b"x" * 2_000_001), "the server sends more than it says"),
        (store(Response(b"x" * len(BOOK))), "what arrived is not what the repository names"),
        (store(Response(BOOK * 9)), "the server sends more than it says"),
        (store(Response(b"", 403)), "localhost answers with status 403"),
        (store(Response(BOOK, cut=3)), "localhost broke off its answer"),
        (href("file:///etc/passwd"), "the server names an address that is not encrypted"),
        (href("https://h:99999/"), "the server names an address that is malformed"),
        (href("https://[::1/"), "the server names an address that is malformed"),
        (href("http://h/a b"), "an address has characters that must be escaped"),
        (href(f"http://{'h' * 70}.example/"), f"the name {'h' * 70}.example cannot be looked up"),
        (store(Response(b"", 302, (("Location", "/store/again"),))), "localhost redirects too often"),
        (store(Response(b"", 302, (("Location", "ftp://h/"),))), "the server names an address that is not encrypted"),
        (only(b'{"objects": [{"oid": "%s", "actions": null}]}' % OID.encode()), "the server does not have it"),
        (only(b'{"objects": [{"oid": "\xff"}]}'), "the server does not speak its protocol"),
        (header({"X-K": "a\r\nHost: evil"}), "localhost broke off its answer"),
        (header({"X-\u20ac": "k"}), "a header has characters that cannot be sent"),
    ],
)
def test_content_that_cannot_be_had_is_named(tmp_path: Path, fault: Callable[[LargeFiles], None], reason: str) -> None:
    """The other files are synced; the line counts those that only point somewhere."""
    large = LargeFiles()
    fault(large)
    report, _ = sync(tmp_path, large)
    assert report.error == ""
    assert {file.path: file.reason for file in report.skipped} == dict.fromkeys(
        ["book.md", "copy.md"], f"in Git LFS, and not fetched: {reason}"
    )
    assert tree(tmp_path / "seeds" / "manual") == {"a.md": FILES["a.md"]}
    assert "skipped: 2 files, of which 2 only point into Git LFS" in report_line(report)


def test_a_store_at_a_private_address_is_not_asked(tmp_path: Path) -> None:
    """The guard of all addresses holds; a server of metadata is never asked."""
    large = LargeFiles()
    href("http://169.254.169.254/latest")(large)
    report, _ = sync(tmp_path, large)
    reason = "169.254.169.254 is a private address (allow_private_addresses permits those of your network)"
    assert {file.reason for file in report.skipped} == {f"in Git LFS, and not fetched: {reason}"}
    assert (report.error, report.added) == ("", ["a.md"])


def test_a_pointer_to_a_large_content_is_skipped(tmp_path: Path) -> None:
    """By the size that it names; nothing is asked for."""
    large = LargeFiles()
    report, _ = sync(tmp_path, large, {"a.md": FILES["a.md"], "book.md": pointer(size=100_001)})
    assert [file.reason for file in report.skipped] == ["larger than 0 MB (documents.max_megabytes)"]
    assert large.requests == []


def test_what_only_begins_like_a_pointer_is_a_document(tmp_path: Path) -> None:
    """It is too large for one; looking for its end would take hours."""
    content = pointer().replace(b"size", b"oid sha256:" + b"a" * 64 + b"\n#") * 50
    report, _ = sync(tmp_path, large := LargeFiles(), {"a.md": content})
    assert (report.error, report.added, large.requests) == ("", ["a.md"], [])


def test_a_pointer_to_a_pointer_is_no_document(tmp_path: Path) -> None:
    """Its content is what the repository names, but no text."""
    inner = pointer()
    large = LargeFiles()
    large.content = Response(inner)
    report, _ = sync(tmp_path, large, {"a.md": BOOK, "b.md": pointer(hashlib.sha256(inner).hexdigest(), len(inner))})
    assert [file.reason for file in report.skipped] == ["in Git LFS, and not fetched: its content is a pointer again"]


@pytest.mark.parametrize(("authenticated", "is_sent"), [(False, True), (True, False)])
def test_the_server_itself_learns_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authenticated: bool, is_sent: bool
) -> None:
    """If the content is on the server that has the password already, and does not know the client otherwise."""
    monkeypatch.setenv("DOCS_TOKEN", "s3cret")
    large = LargeFiles()

    def batch(request: Request) -> Response:
        download = {"href": f"http://{request.headers['host']}/store/x", "header": None}
        found = {"oid": OID, "authenticated": authenticated, "actions": {"download": download}}
        return Response(json.dumps({"objects": [found]}).encode())

    large.batch = batch
    report, _ = sync(tmp_path, large, token_variable="DOCS_TOKEN")  # noqa: S106 - the name of a variable
    assert (report.error, report.skipped) == ("", [])
    assert ("authorization" in large.requests[1].headers) is is_sent


def test_redirects_of_a_store_are_followed_without_what_is_secret(tmp_path: Path) -> None:
    """To another host; on the way, no header that the server chose decides about the connection."""
    large = LargeFiles()
    header({"X-K": "k", "Host": "evil", "Content-Length": "9", "Cookie": "c", "Transfer-Encoding": "chunked"})(large)
    answer = large.answer

    def moved(request: Request) -> Response | None:
        if request.path.startswith("/store/") and request.headers["host"].startswith("localhost"):
            large.requests.append(request)
            assert large.server is not None
            return Response(b"", 302, (("Location", f"{large.server.address}/store/there"),))
        return answer(request)

    large.answer = moved  # type: ignore[method-assign]
    report, _ = sync(tmp_path, large)
    assert (report.error, report.skipped) == ("", [])
    _, first, second = large.requests
    assert set(first.headers) == {"host", "user-agent", "accept-encoding", "x-k"}
    assert (second.path, set(second.headers)) == ("/store/there", {"host", "user-agent", "accept-encoding"})


def test_the_contents_of_a_repository_that_moved_are_asked_for_where_it_is(tmp_path: Path) -> None:
    """As after a rename: the old address redirects."""
    large = LargeFiles()
    answer = large.answer

    def moved(request: Request) -> Response | None:
        if request.path.startswith("/old.git/info/refs"):
            return Response(b"", 301, (("Location", request.path.replace("old", "r")),))
        return answer(request)

    GitRepository(tmp_path / "r.git").commit(FILES)
    with git_server(tmp_path, moved) as server:
        large.server = server
        report = sync_source(git_source(f"{server.address}/old.git"), make_place(tmp_path / "seeds"))
    assert (report.error, report.skipped, sorted(report.added)) == ("", [], ["a.md", "book.md", "copy.md"])
    assert large.requests[0].path == BATCH
