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

    def list_objects(self, request: Request) -> Response:
        """Name a download for each object."""
        assert self.server is not None
        objects = json.loads(request.content)["objects"]
        downloads = [
            item
            | {"actions": {"download": {"href": f"{self.server.address}/store/{item['oid']}", "header": {"X-K": "k"}}}}
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


def store(response: Response) -> Callable[[LargeFiles], None]:
    """Answer the download."""
    return lambda large: setattr(large, "content", response)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (only(404), "the server answers with status 404"),
        (only(b"<html>"), "the server does not speak its protocol"),
        (
            only(b'{"objects": [{"oid": "x", "error": {"code": 404, "message": "SECRET"}}]}'),
            "the server does not have it",
        ),
        (only(b"x" * 2_000_001), "the server sends more than it says"),
        (store(Response(b"x" * len(BOOK))), "what arrived is not what the repository names"),
        (store(Response(BOOK * 9)), "the server sends more than it says"),
        (store(Response(b"", 403)), "127.0.0.1 answers with status 403"),
        (store(Response(BOOK, cut=3)), "127.0.0.1 broke off its answer"),
        (href("file:///etc/passwd"), "the server names an address that is not encrypted"),
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
    assert (
        report.error == "169.254.169.254 is a private address (allow_private_addresses permits those of your network)"
    )


def test_a_pointer_to_a_large_content_is_skipped(tmp_path: Path) -> None:
    """By the size that it names; nothing is asked for."""
    large = LargeFiles()
    report, _ = sync(tmp_path, large, {"a.md": FILES["a.md"], "book.md": pointer(size=100_001)})
    assert [file.reason for file in report.skipped] == ["larger than 0 MB (documents.max_megabytes)"]
    assert large.requests == []
