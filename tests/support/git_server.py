"""A Git server on 127.0.0.1: git's own http-backend behind an HTTP server, and repositories with any tree in them."""

import os
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from tests.support.trap_server import Request, Response, TrapServer, trap_server

FILE, LINK, SUBMODULE, FOLDER = 0o100644, 0o120000, 0o160000, 0o040000
Content = bytes | tuple[int, bytes]  # with its mode; of a submodule, the content is its commit

Files = Mapping[str, Content] | Mapping[bytes, Content]  # by path


class GitRepository:
    """A bare repository whose commits are made out of dictionaries."""

    def __init__(self, path: Path) -> None:
        """Open a repository, or make an empty one that lets clients leave out large files."""
        self.path = path
        if path.exists():
            self.repo = Repo(str(path))
            return
        self.repo = Repo.init_bare(str(path), mkdir=True)
        self.let_clients_leave_out_files(True)
        self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))

    def let_clients_leave_out_files(self, allowed: bool) -> None:
        """Allow or forbid that a client asks for no large files."""
        config = self.repo.get_config()
        config.set((b"uploadpack",), b"allowFilter", str(allowed).lower().encode())
        config.write_to_path()

    def commit(self, files: Files, branch: str = "main") -> str:
        """Commit these files, and no others, to a branch; returns the id of the commit."""
        name = Ref(f"refs/heads/{branch}".encode())
        commit = Commit()
        commit.tree = self._tree({_encoded(path): content for path, content in files.items()})
        commit.author = commit.committer = b"A <a@example.org>"
        commit.author_time = commit.commit_time = 1_700_000_000
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"Change"
        commit.parents = [self.repo.refs[name]] if name in self.repo.refs else []
        self.repo.object_store.add_object(commit)
        self.repo.refs[name] = commit.id
        return commit.id.decode()

    def tag(self, name: str, commit: str) -> None:
        """Give a commit a tag."""
        self.repo.refs[Ref(f"refs/tags/{name}".encode())] = ObjectID(commit.encode())

    def tag_object(self, name: str) -> str:
        """Make a tag with a message of a commit or of another such tag; returns its id."""
        tag, tagged = Tag(), self.repo.object_store[ObjectID(name.encode())]
        tag.object = (type(tagged), tagged.id)
        tag.name, tag.tagger, tag.message = b"t", b"A <a@example.org>", b"Tag"
        tag.tag_time, tag.tag_timezone = 1_700_000_000, 0
        self.repo.object_store.add_object(tag)
        return tag.id.decode()

    def _tree(self, files: Mapping[bytes, Content]) -> ObjectID:
        tree, below = Tree(), dict[bytes, dict[bytes, Content]]()
        for path, content in files.items():
            name, _, rest = path.partition(b"/")
            if rest:
                below.setdefault(name, {})[rest] = content
                continue
            mode, data = content if isinstance(content, tuple) else (FILE, content)
            if mode == SUBMODULE:
                tree.add(name, mode, ObjectID(data))
                continue
            blob = Blob.from_string(data)
            self.repo.object_store.add_object(blob)
            tree.add(name.replace(b"\0", b"/"), mode, blob.id)  # "\0" stands for a slash inside a name
        for name, inner in below.items():
            tree.add(name, stat.S_IFDIR, self._tree(inner))
        self.repo.object_store.add_object(tree)
        return tree.id


def _encoded(path: str | bytes) -> bytes:
    return path.encode() if isinstance(path, str) else path


Fault = Callable[[Request], Response | None]


@contextmanager
def git_server(root: Path, fault: Fault = lambda _: None) -> Iterator[TrapServer]:
    """Serve the repositories in a folder; where `fault` returns an answer, that is sent instead of git's."""
    with trap_server(lambda request: fault(request) or git_answer(root, request)) as server:
        yield server


def git_answer(root: Path, request: Request) -> Response:
    """Let git's http-backend answer a request, as a web server does (RFC 3875)."""
    path, _, query = request.path.partition("?")
    variables = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.content)),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    command = ["git", "http-backend"]
    done = subprocess.run(command, input=request.content, env=os.environ | variables, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = [line.partition(": ")[::2] for line in head.decode().split("\r\n") if line]
    status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
    return Response(content, status, tuple((name, value) for name, value in headers if name != "Status"))
