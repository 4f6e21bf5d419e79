"""Drive headless Chromium over its own protocol: open pages, run scripts in them, and photograph them.

It needs no driver and no network: `docs.pictures` and the tests of the pages use it.
"""

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--hide-scrollbars", "--remote-debugging-port=0", "--disable-dev-shm-usage",
)  # fmt: skip
TIMEOUT_S = 60.0
POLL_S = 0.05
PHONE_WIDTH = 600  # below, a page is shown as on a phone


def find_browser() -> str | None:
    """Return the path of Chromium, None if it is not installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class PageError(Exception):
    """A script failed in the page, or what was waited for did not happen."""


class Page:
    """A page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def emulate(self, width: int, height: int, *, dark: bool = False, scale: float = 1) -> None:
        """Show pages in a window of some CSS pixels, in the dark or light scheme."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < PHONE_WIDTH}
        await self._send("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._send("Emulation.setEmulatedMedia", features=[scheme])

    async def open(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        await self._send("Page.navigate", url=address)
        await self.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """Evaluate an expression in the page, also a promise, and return its value. Raises PageError."""
        result = await self._send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise PageError(json.dumps(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    async def wait_for(self, condition: str, timeout: float = TIMEOUT_S) -> None:
        """Wait until an expression is true in the page. Raises PageError."""
        try:
            async with asyncio.timeout(timeout):
                while not await self.run(f"!!({condition})"):
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            shown = await self.run("document.body.innerText.slice(-2000)")
            raise PageError(f"not within {timeout:g} s: {condition}; the page says: {shown}") from None

    async def press(self, key: str) -> None:
        """Press a key such as Enter, Tab or a letter."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}
        event = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0]))}
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        await self._send("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
        await self._send("Input.dispatchKeyEvent", type="keyUp", **event)

    async def write(self, text: str) -> None:
        """Type a text where the focus is."""
        await self._send("Input.insertText", text=text)

    async def photograph(self, picture: Path) -> None:
        """Write a PNG of the window."""
        result = await self._send("Page.captureScreenshot", format="png")
        picture.write_bytes(base64.b64decode(result["data"]))

    async def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == number:
                    if "error" in answer:
                        raise PageError(f"{method}: {answer['error']}")
                    result: dict[str, Any] = answer["result"]
                    return result


@asynccontextmanager
async def open_page(browser: str) -> AsyncIterator[Page]:
    """Yield a page of a browser of its own, which ends with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            browser, *SWITCHES, f"--user-data-dir={folder}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await _port(Path(folder, "DevToolsActivePort"))
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as reply:
                    target = next(page for page in await reply.json() if page["type"] == "page")
                async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            process.kill()
            await process.wait()


async def _port(file: Path) -> int:
    """Wait for the file in which the browser says where it listens, and read the port."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            lines = file.read_text("utf-8").splitlines() if file.exists() else []
            if len(lines) > 1:
                return int(lines[0])
            await asyncio.sleep(POLL_S)
