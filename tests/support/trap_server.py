"""An HTTP server on 127.0.0.1 whose every answer a test decides, also halves of answers and none at all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """A request as it arrived; header names are in lower case, `path` has the query."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes


class Response(NamedTuple):
    """An answer. Of `content`, only the first `cut` bytes are sent, if given; then the connection breaks off.

    Before the content, and after what is sent of it, the server waits for the events that are given.
    """

    content: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    cut: int | None = None
    wait: threading.Event | None = None


Answer = Callable[[Request], Response]


class TrapServer(ThreadingHTTPServer):
    """Answers with what a function returns, and remembers the requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Answer) -> None:
        """Take a free port of 127.0.0.1."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[Request] = []

    @property
    def address(self) -> str:
        """Return the address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client goes away."""


class _Handler(BaseHTTPRequestHandler):
    server: TrapServer
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, self.path, headers, content)
        self.server.requests.append(request)
        response = self.server.answer(request)
        if response.wait:
            response.wait.wait()
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        self.wfile.write(response.content[: response.cut])
        if response.cut is not None:
            self.close_connection = True

    do_GET = do_POST = do_HEAD = _handle  # noqa: N815 - their names in the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Print nothing."""


@contextmanager
def trap_server(answer: Answer) -> Iterator[TrapServer]:
    """Run a server in a thread until the block ends."""
    with TrapServer(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
