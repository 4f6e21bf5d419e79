"""The HTTP service as it is served, on a real socket of this machine, with documents to ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from msgspec.structs import replace

from bot.answering_stack import AnsweringStack
from bot.sandbox.sandbox_sessions import Sandbox
from bot.web.access_tokens import read_access
from bot.web.application import make_application
from bot.web.http_server import bind
from bot.web.question_service import QuestionService
from bot.web.uvicorn_server import StoppableServer, make_server
from config.settings import Settings

TIMEOUT_S = 60.0  # of the client; nothing in a test takes as long
STEPS, CODE = "How do I replace the filter?", "How do I restart the controller?"
TABLE = "What is the default of flow_rate?"
SECRET, EVIL, NOWHERE = "What is the code of the safe?", "How many windows has the castle of Mirow?", "Who won the cup?"
SCRIPT = "<script>document.title='owned'</script>"
DOCUMENTS = {
    "handbook/pump.md": """---
title: Handbook of the pump
source: Works office
published: 2024-05
url: https://example.org/pump
---
# Handbook of the pump

## Replacing the filter

To replace the filter:

1. Switch the pump off and close both valves.
2. Unscrew the lid of the filter housing.
3. Put the new filter in with the arrow up.

**Warning:** Do not open the lid while the pump is running.

## Restarting the controller

To restart the controller, run this command on its console:

```sh
controller stop --wait
controller start
```

## Settings of the controller

| Setting | Default | Meaning |
|---|---|---|
| flow_rate | 40 | Litres in a minute. |
| max_pressure | 6 | Bar, above which the pump stops. |
""",
    "handbook/garden.md": "# The garden\n\nThe garden of the town hall is open from April to October.\n\n"
    + "The hedges around it were planted long ago, and two gardeners trim them. " * 14,
    "office/safe.md": "# The safe\n\nThe code of the safe is 4711.\n",
    "castle.md": f"""---
title: 'Castle {SCRIPT} " onmouseover="x'
source: '</cite><img src=x onerror=alert(1)>'
url: javascript:alert(1)
---
# Windows &lt;script&gt;alert(2)&lt;/script&gt;

The castle of Mirow has `{SCRIPT}` 365 windows and a bridge.
""",
}


@dataclass(frozen=True)
class WebService:
    """A running service: its address, a client, the service behind it and the server."""

    address: str
    client: httpx.AsyncClient
    service: QuestionService
    server: StoppableServer

    async def ask(self, question: str, **fields: Any) -> httpx.Response:
        """Ask over the API."""
        return await self.client.post("/api/v1/ask", json={"question": question, **fields})

    async def page(self, question: str, **fields: Any) -> httpx.Response:
        """Ask as the form of the page does."""
        return await self.client.get("/", params={"q": question, **fields})


@asynccontextmanager
async def open_web_service(settings: Settings, stack: AnsweringStack, **serve: Any) -> AsyncIterator[WebService]:
    """Yield a service with some of its settings changed; no client is limited unless the settings say so.

    It has a sandbox if `sandbox` is one of the settings.
    """
    changed = replace(settings.serve, **({"questions_per_minute": 100_000} | serve))
    settings = replace(settings, serve=changed)
    service = QuestionService(settings, stack)
    sandbox = Sandbox(settings) if changed.sandbox != "off" else None

    def stop() -> None:
        service.stop()
        if sandbox is not None:
            sandbox.stop()

    listening = bind(changed.host, 0)
    server = make_server(make_application(changed, service, read_access(changed), sandbox), changed.proxies, stop)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    running = asyncio.create_task(server.serve([listening]))
    try:
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT_S) as client:
            yield WebService(address, client, service, server)
    finally:
        server.stop()
        await running
