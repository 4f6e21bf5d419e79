"""The sandbox as its page uses it: the real bot answers, every visitor has a server, and nothing real is changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering import answerer
from bot.discord_bot.handlers import index_update
from bot.discord_bot.wire import addresses
from bot.sandbox import sandbox_sessions
from bot.sandbox.sandbox_sessions import Sandbox
from bot.serving.cooldown import Cooldown
from bot.web.http_server import SANDBOX_FAR, is_this_machine, serve
from bot.web.sandbox_pages import KEY_HEADER, SHOWS_ALL
from config.settings import ConfigError, Settings, load_settings
from tests.support.web_service import NOWHERE, SECRET, STEPS, WebService, open_web_service
from tests.support.wire_bot import OFFICIAL_ADDRESSES

pytestmark = pytest.mark.asyncio(loop_scope="module")
Json = dict[str, Any]
WAIT_S = 20  # of one request
PATIENCE_S = 120  # on a busy machine
ON = 3  # the style of a switch


@dataclass
class Visitor:
    """A visitor with a session; `channel` is that of the next action, "" for the first one."""

    client: httpx.AsyncClient
    key: str
    channel: str = ""
    who: str = "member"
    seen: Json = field(default_factory=dict)

    async def look(self, who: str = "", **query: Any) -> httpx.Response:
        """Look at the channel, as somebody else if named."""
        params = {"who": who or self.who, "channel": self.channel or 0} | query
        return await self.client.get("/api/sandbox/look", params=params, headers={KEY_HEADER: self.key})

    async def view(self, who: str = "") -> Json:
        """Return what is shown now."""
        shown: Json = (await self.look(who)).json()
        return shown

    async def send(self, kind: str, **action: Any) -> httpx.Response:
        """Do something."""
        channel = self.channel or (await self.view())["channel"]
        body = {"who": self.who, "channel": channel, "action": {"type": kind} | action}
        return await self.client.post("/api/sandbox/act", json=body, headers={KEY_HEADER: self.key})

    async def do(self, kind: str, **action: Any) -> Json:
        """Do something that is possible."""
        reply = await self.send(kind, **action)
        assert reply.status_code == 200, reply.text
        outcome: Json = reply.json()
        return outcome

    async def until(self, is_meant: Callable[[Json], bool]) -> Json:
        """Wait until a message is shown that is meant, and return it."""
        known, deadline = "", time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            shown = (await self.look(known=known, wait=WAIT_S)).json()
            if shown is None:
                continue  # nothing new
            for message in shown["messages"]:
                if is_meant(message):
                    return dict(message)
            self.seen, known = shown, shown["digest"]
        raise AssertionError(f"not shown within {PATIENCE_S} s: {self.seen}")

    async def message(self, text: str) -> Json:
        """Wait until a message has a text anywhere in it, and return it."""
        return await self.until(lambda message: text in str(message))

    async def switch_on(self, name: str) -> None:
        """Switch on a setting of the server, as a manager."""
        self.who, id_ = "manager", f"fn:switch:{name}"
        await self.do("slash", name="footnote settings", options={})
        panel = await self.message(id_)
        await self.do("press", message=panel["id"], button=id_)
        await self.until(
            lambda message: any(part.get("custom_id") == id_ and part["style"] == ON for part in parts(message))
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(web_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[WebService]:
    """Yield a service with a sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answerer, "SETTINGS_TIMEOUT_S", 60.0)  # a busy machine must not make answers private
        patch.setattr(sandbox_sessions, "MAX_STARTS", (10_000, 1.0))
        async with open_web_service(*web_stack, sandbox="local") as web:
            yield web
    addresses.use(*OFFICIAL_ADDRESSES)


async def visit(web: WebService, key: str = "", **wanted: str) -> Visitor:
    """Start a session, in place of the one with a key."""
    reply = await web.client.post("/api/sandbox/start", json=wanted, headers={KEY_HEADER: key} if key else {})
    assert reply.status_code == 200, reply.text
    return Visitor(web.client, reply.json()["session"])


def buttons(message: Json) -> dict[str, str]:
    """Return the ids of the buttons of a message by their labels."""
    return {part["label"]: part.get("custom_id", "") for part in parts(message) if "label" in part}


def parts(message: Json) -> list[Json]:
    """Return the buttons and menus of a message."""
    return [part for row in message["components"] for part in row["components"]]


async def test_a_command_is_answered_by_the_bot_for_everybody(sandbox: WebService) -> None:
    """With who used what, as an embed with buttons."""
    visitor = await visit(sandbox)
    assert await visitor.do("slash", name="ask", options={"question": STEPS}) == {}
    answer = await visitor.message("Unscrew the lid")
    assert answer["used"] == {"name": "Mia", "command": "/ask"}
    assert answer["author"]["bot"]
    assert {"Helpful", "Not helpful"} <= buttons(answer).keys()
    assert (await visitor.view("manager"))["messages"] == [answer]


async def test_a_private_answer_is_seen_by_one_only_until_dismissed(sandbox: WebService) -> None:
    """Neither is a button's answer seen by others; it is shown as a reply."""
    visitor = await visit(sandbox)
    await visitor.do("slash", name="ask", options={"question": STEPS, "private": True})
    answer = await visitor.message("Unscrew the lid")
    assert answer["private"]
    assert (await visitor.view("manager"))["messages"] == []
    await visitor.do("remove", message=answer["id"])
    assert (await visitor.view())["messages"] == []


async def test_documents_are_completed_while_they_are_typed(sandbox: WebService) -> None:
    """By the bot, from the copy."""
    visitor = await visit(sandbox)
    typed = {"name": "ask", "focused": "source", "options": {"question": "x", "source": "pump"}}
    assert await visitor.do("complete", **typed) == {
        "choices": [{"name": "Handbook of the pump", "value": "handbook/pump.md"}]
    }


async def test_a_mention_is_answered_as_a_reply_and_other_messages_are_not(sandbox: WebService) -> None:
    """A direct message needs no mention."""
    visitor = await visit(sandbox)
    await visitor.do("say", text="Good morning")
    await visitor.do("say", text=f"@Footnote {STEPS}")
    answer = await visitor.message("Unscrew the lid")
    assert answer["reply"]["name"] == "Mia"
    assert len((await visitor.view())["messages"]) == 3
    visitor.channel = (await visitor.view())["channels"][-1]["id"]
    await visitor.do("say", text=SECRET)
    assert (await visitor.message("4711"))["reply"]["text"] == SECRET


async def test_managers_are_offered_more_and_can_switch_threads_on(sandbox: WebService) -> None:
    """A setting of one visitor's server is not one of the other's."""
    visitor, other = await visit(sandbox), await visit(sandbox)
    offered = {command["name"] for command in (await visitor.view())["commands"]}
    visitor.who = "manager"
    more = {command["name"] for command in (await visitor.view())["commands"]} - offered
    assert {"footnote settings", "footnote review", "footnote doctor"} <= more
    await visitor.switch_on("threads")
    for asker in (visitor, other):
        await asker.do("say", text=f"@Footnote {STEPS}")
    assert "thread" not in await other.message("Unscrew the lid")
    question = await visitor.message("'count': 1")
    visitor.channel = question["thread"]["id"]
    assert (await visitor.message("Unscrew the lid"))["author"]["bot"]


async def test_an_answer_is_kept_in_the_copy_only_and_gone_once_removed(
    sandbox: WebService, web_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form opens on the page, and what is sent becomes a file of the copy; removed, nobody gets it any more."""
    visitor = await visit(sandbox)
    visitor.who = "manager"
    await visitor.do("slash", name="ask", options={"question": NOWHERE})
    refusal = await visitor.message("'Closest passages'")
    await visitor.do("press", message=refusal["id"], button=buttons(refusal)["Closest passages"])
    closest = await visitor.message("'Answer this'")
    form = (await visitor.do("press", message=closest["id"], button=buttons(closest)["Answer this"]))["form"]
    assert form["title"] == "Answer this"
    fields = [row["components"][0] for row in form["components"]]
    values = {fields[0]["custom_id"]: NOWHERE, fields[1]["custom_id"]: "Nobody has won it yet."}
    assert await visitor.do("submit", form=form["id"], values=values) == {}
    await visitor.message("Members get it from now on.")
    assert not (web_stack[0].seeds_folder / "answers").exists()
    other = await visit(sandbox)
    await other.do("slash", name="ask", options={"question": NOWHERE})
    assert "Nobody has won it yet." in str(await other.message("Nobody"))

    async def never(_: object) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(index_update, "rebuild_index", never)  # never the next generation
    await visitor.do("slash", name="footnote answers", options={})
    (menu,) = parts(listed := await visitor.message("fn:pick:kept"))
    chosen = {"message": listed["id"], "menu": menu["custom_id"], "values": [menu["options"][0]["value"]]}
    form = (await visitor.do("choose", **chosen))["form"]
    await visitor.do("submit", form=form["id"], values={fields[1]["custom_id"]: ""})
    await visitor.message("Removed. Members no longer get it.")
    asker = await visit(sandbox)
    await asker.do("slash", name="ask", options={"question": NOWHERE})
    await asker.message("I don't know")


async def test_a_post_of_a_forum_is_a_channel_of_its_own(sandbox: WebService) -> None:
    """It is answered once a manager wants that, by its title."""
    visitor = await visit(sandbox)
    await visitor.switch_on("forums")
    visitor.channel = next(one["id"] for one in (await visitor.view())["channels"] if one["kind"] == "forum")
    visitor.channel = (await visitor.do("post", title=STEPS, text="It is clogged."))["channel"]
    await visitor.message("Unscrew the lid")
    assert (await visitor.view())["messages"][0]["content"] == "It is clogged."


async def test_a_server_may_have_discord_in_another_language(sandbox: WebService) -> None:
    """The commands are described in it, and the bot answers in it."""
    visitor = await visit(sandbox, locale="de")
    ask = next(command for command in (await visitor.view())["commands"] if command["name"] == "ask")
    assert ask["options"][0]["description"] == "Was du wissen möchtest."
    await visitor.do("slash", name="ask", options={"question": NOWHERE})
    await visitor.message("Das weiß ich nicht: Nichts in den Dokumenten beantwortet das.")
    reply = await sandbox.client.post("/api/sandbox/start", json={"locale": "xx"})
    assert reply.status_code == 400


async def test_starting_again_ends_the_session(sandbox: WebService) -> None:
    """The new one is empty, the old key is worth nothing."""
    visitor = await visit(sandbox)
    await visitor.do("say", text="Good morning")
    again = await visit(sandbox, visitor.key)
    assert (await again.view())["messages"] == []
    reply = await visitor.look()
    assert (reply.status_code, reply.json()["error"]["message"]) == (404, "This sandbox was closed. Start again.")


async def test_sessions_and_messages_are_bounded(sandbox: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session that was unused for longest makes room, and so do the oldest messages."""
    monkeypatch.setattr(sandbox_sessions, "MAX_SESSIONS", 2)
    monkeypatch.setattr(sandbox_sessions, "MAX_MESSAGES", 3)
    first, second = await visit(sandbox), await visit(sandbox)
    await first.view()
    third = await visit(sandbox)
    assert [(await one.look()).status_code for one in (first, second, third)] == [200, 404, 200]
    for number in range(5):
        await third.do("say", text=f"number {number}")
    shown = [message["content"] for message in (await third.view())["messages"]]
    assert shown == ["number 2", "number 3", "number 4"]


async def test_few_requests_of_a_session_may_wait(sandbox: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits hears of a change at once."""
    monkeypatch.setattr(sandbox_sessions, "MAX_WAITING", 1)
    visitor = await visit(sandbox)
    digest = (await visitor.view())["digest"]
    waiting = asyncio.create_task(visitor.look(known=digest, wait=WAIT_S))
    while (reply := await visitor.look()).status_code == 200:
        await asyncio.sleep(0)
    assert "too many windows" in reply.text
    monkeypatch.setattr(sandbox_sessions, "MAX_WAITING", 2)
    await visitor.do("say", text="Good morning")
    assert [message["content"] for message in (await waiting).json()["messages"]] == ["Good morning"]


async def test_a_page_that_is_reloaded_waits_no_longer(sandbox: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the reloads of 20 s would count as windows, and the page would stay empty as long."""
    monkeypatch.setattr(sandbox_sessions, "MAX_WAITING", 1)
    visitor = await visit(sandbox)
    digest = (await visitor.view())["digest"]
    for _ in range(3):
        waiting = asyncio.create_task(visitor.look(known=digest, wait=WAIT_S))
        while (reply := await visitor.look()).status_code == 200:
            await asyncio.sleep(0)
        waiting.cancel()  # closes the connection
        async with asyncio.timeout(WAIT_S / 2):
            while (reply := await visitor.look()).status_code != 200:
                assert "too many windows" in reply.text


async def test_actions_and_starts_are_limited(sandbox: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one session, and by one client."""
    visitor = await visit(sandbox)
    limited: list[object] = []

    def wait(_: Cooldown, key: object) -> float:
        limited.append(key)
        return 1.0

    channel = (await visitor.view())["channel"]
    monkeypatch.setattr(Cooldown, "wait", wait)
    said = {"who": "member", "channel": channel, "action": {"type": "say", "text": "x"}}
    for path, key, body in (("act", visitor.key, said), ("start", ("address", "127.0.0.1"), {})):
        reply = await sandbox.client.post(f"/api/sandbox/{path}", json=body, headers={KEY_HEADER: visitor.key})
        assert sandbox_sessions.TOO_QUICK in reply.text
        assert limited.pop() == key


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"type": "dance"}, "Invalid value 'dance'"),
        ({"type": "say", "text": ""}, "length >= 1"),
        ({"type": "say", "text": "x" * 2_001}, "length <= 2000"),
        ({"type": "slash", "name": "unheard", "options": {}}, "unknown command 'unheard'"),
        ({"type": "slash", "name": "footnote review", "options": {}}, "Mia may not do that"),
        ({"type": "slash", "name": "ask", "options": {}}, "'ask' needs ['question']"),
        ({"type": "slash", "name": " ", "options": {}}, sandbox_sessions.IMPOSSIBLE),
        ({"type": "press", "message": "1", "button": "x"}, "not there any more"),
        ({"type": "submit", "form": "1", "values": {}}, "not open any more"),
        ({"type": "post", "title": "x", "text": "y"}, "posts exist in forums only"),
    ],
)
async def test_what_discord_would_not_offer_is_refused(sandbox: WebService, action: Json, said: str) -> None:
    """In one line, and nothing is shown."""
    visitor = await visit(sandbox)
    reply = await visitor.send(action.pop("type"), **action)
    assert reply.status_code == 400
    assert said in reply.json()["error"]["message"]
    assert (await visitor.view())["messages"] == []


async def test_only_what_is_in_the_own_server_can_be_chosen(sandbox: WebService) -> None:
    """Not a channel or role of another visitor, nothing of another kind, and not more or fewer than offered."""
    other, visitor = await visit(sandbox), await visit(sandbox)
    theirs = await other.view()
    visitor.who = "manager"
    await visitor.do("slash", name="footnote settings", options={})
    panel = await visitor.message("fn:set:channels")
    seen = await visitor.view()
    menus = {part["custom_id"].rpartition(":")[2]: part["custom_id"] for part in parts(panel)}
    role, their_role = max(seen["roles"], key=int), max(theirs["roles"], key=int)
    for menu, value in (
        ("channels", theirs["channel"]),
        ("channels", seen["me"]),
        ("managers", their_role),
        ("managers", seen["channel"]),
        ("managers", "x" * 30),
    ):
        chosen = {"message": panel["id"], "menu": menus[menu], "values": [value]}
        assert f"{value} cannot be chosen" in (await visitor.send("choose", **chosen)).text
    for values in ([], [role, their_role]):
        chosen = {"message": panel["id"], "menu": menus["precision"], "values": values}
        assert (await visitor.send("choose", **chosen)).status_code == 400
    for option, value in (("channel", theirs["channel"]), ("channel", seen["me"]), ("role", their_role)):
        limit = {"name": "footnote collections", "options": {"only": "*", option: value}}
        assert f"{value} cannot be chosen" in (await visitor.send("slash", **limit)).text


async def test_only_those_who_see_everything_may_use_it(
    web_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot in it sees every document; the first page does not lead there."""

    @asynccontextmanager
    async def run_nothing(_: Sandbox) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(Sandbox, "running", run_nothing)
    async with open_web_service(*web_stack, sandbox="local", collections=["handbook"]) as web:
        for path in ("/sandbox", "/api/sandbox/look"):
            reply = await web.client.get(path)
            assert reply.status_code == 403
            assert SHOWS_ALL in reply.text
        assert "/sandbox" not in (await web.client.get("/")).text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104 - none is listened on
async def test_it_is_refused_where_others_could_reach_it(host: str) -> None:
    """Before anything is opened."""
    settings = load_settings()
    far = replace(settings, serve=replace(settings.serve, sandbox="local", host=host))
    with pytest.raises(ConfigError) as raised:
        serve(far)
    assert str(raised.value) == SANDBOX_FAR.format(host=host)
    assert not is_this_machine(host)


async def test_the_first_page_leads_to_it_and_all_of_it_is_small(sandbox: WebService) -> None:
    """The page with everything that it loads has less than 100 KB."""
    assert 'href="/sandbox"' in (await sandbox.client.get("/")).text
    page = await sandbox.client.get("/sandbox")
    assert page.status_code == 200
    size = len(page.content)
    for name in ("ask.css", "sandbox.css", "sandbox.js", "discord_markdown.js", "icon.svg"):
        size += len((await sandbox.client.get(f"/assets/{name}")).content)
    assert size < 100_000
