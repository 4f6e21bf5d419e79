"""Prove that servers that share an index do not see each other's collections, whatever their members do.

    python -m tests.proofs.canaries [SERVERS PASSAGES ACTIONS]

Each server has a collection. The passages of all servers are equal except for a mark, such as zq0x17, in every
sentence, title and file name. Everything that the bot sends to Discord is searched for marks: they must be those of the
server where something was done, and in direct messages there must be none. Members ask, ask follow-ups, click buttons
that carry the ids of foreign passages, name foreign documents, and look for the sources of foreign sentences and for
the citations of foreign quotes.
"""

import asyncio
import json
import random
import re
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import discord
from msgspec.structs import asdict
from simcord import Env, InteractionResult, ResponseMessage

from bot.answering_stack import AnsweringStack
from bot.discord_bot.access.visibility import Grants
from bot.discord_bot.context import Services
from bot.discord_bot.messages.button_ids import PREFIX
from config.settings import Settings, load_settings
from retrieval.asking.quotes import cite
from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.store.manifest import FORMAT, Counts, Manifest
from retrieval.types import Encoded
from tests.support.real_services import new_client, open_services
from tests.support.simulated_server import buttons, reply
from tests.support.small_index import BY_LATE, PROVENANCE, index_of
from tests.support.word_encoder import WORDS, WordEncoder

MARK = re.compile(r"zq0x(\d+)")  # citation ids contain no 0
TOWNS = ("Northport", "Veldrun", "Hestrup", "Garbeck", "Oswin", "Tarn", "Lowick", "Selby", "Marn", "Ulvik")
MANNERS = ("well", "badly", "clean", "quietly", "carefully", "safely", "strictly")
SHARES = (  # of the actions, in the order of Members.actions
    20, 10, 10, 10, 5, 10, 15, 3, 5, 5, 2, 2, 2, 1,
)  # fmt: skip


class BucketEncoder(WordEncoder):
    """Like WordEncoder, but every word is hashed to one of its words."""

    fingerprint = "buckets"
    window_tokens = 64

    def _encode(self, text: str) -> Encoded:
        pieces = re.split(r"(\w+)", text)
        pieces[1::2] = [WORDS[zlib.crc32(word.lower().encode()) % len(WORDS)].ljust(len(word)) for word in pieces[1::2]]
        return super()._encode("".join(pieces))


def texts(servers: int, passages: int) -> dict[str, str]:
    """Return documents of ten passages each by their paths, with one folder per server."""
    documents = {}
    for server in range(servers):
        for first in range(0, passages, 10):
            lines = [_passage(server, number) for number in range(first, min(first + 10, passages))]
            title = f"# Register {first} of zq0x{server}"
            documents[f"zq0x{server}/register-{first}-zq0x{server}.md"] = "\n\n".join([title, *lines])
    return documents


def _passage(server: int, number: int) -> str:
    return f"The vault {number} of {TOWNS[number % len(TOWNS)]} is kept by Amaro zq0x{server} since {1700 + number}."


def question(number: int) -> str:
    """Return a question that passages of every server answer; it names no server, and no number that they lack."""
    return f"Who has kept the vault so {MANNERS[number % len(MANNERS)]} for years?"


def open_index(servers: int, passages: int) -> AnsweringStack:
    """Open an index of the passages of all servers."""
    encoder = BucketEncoder()
    index = index_of(encoder, texts(servers, passages))
    counts = Counts(len(index.documents), index.count, len(index.window_keys), len(index.lexical.vocabulary))
    manifest = Manifest(
        **asdict(PROVENANCE), format=FORMAT, generation="gen-1", fingerprint=encoder.fingerprint, language="en",
        counts=counts, recall=1.0, files={},
    )  # fmt: skip
    return AnsweringStack(Retriever(index, encoder, BY_LATE), 0.5, manifest)


def ids(index: Index) -> list[list[str]]:
    """Return the citation ids of the passages of each server."""
    by_server: dict[int, list[str]] = {}
    for row in range(index.count):
        citation = cite(index, row)
        by_server.setdefault(int(citation.document.split("/")[0][4:]), []).append(citation.id)
    return [by_server[server] for server in range(len(by_server))]


class Members:
    """One member and one manager of each server, and what they do."""

    def __init__(self, env: Env, services: Services, servers: int, passages: int, rng: random.Random) -> None:
        self.env, self.rng, self.passages = env, rng, passages
        self.typed: list[str] = []  # marks that somebody has just typed; the bot may repeat each once
        self.guilds = [env.create_guild(f"server {number}") for number in range(servers)]
        self.channels = [guild.create_text_channel("general") for guild in self.guilds]
        self.people = [guild.add_member(env.create_user(f"user{n}")) for n, guild in enumerate(self.guilds)]
        self.managers = [
            guild.add_member(
                env.create_user(f"manager{n}"),
                roles=[guild.create_role("managing", permissions=discord.Permissions(manage_guild=True))],
            )
            for n, guild in enumerate(self.guilds)
        ]
        stack = services.answerer.live.generation.stack
        self.ids = ids(stack.retriever.index)
        self.me = f"<@{env.bot.user.id}>"  # type: ignore[union-attr]
        self.actions: tuple[Callable[[int], Awaitable[object]], ...] = (
            self.asks, self.asks_privately_and_shares, self.mentions, self.names_a_document, self.completes_a_document,
            self.looks_up_ids, self.clicks_foreign_buttons, self.lists_documents, self.finds_the_source,
            self.asks_follow_ups, self.writes_directly, self.uses_about, self.sets_limits, self.opens_settings,
        )  # fmt: skip

    def grants(self) -> Grants:
        """Return what the operator would configure: to each server its own collection, and nothing else."""
        return Grants({guild.id: frozenset({f"zq0x{n}"}) for n, guild in enumerate(self.guilds)}, frozenset())

    async def act(self, count: int) -> Counter[str]:
        """Perform random actions.

        Returns how often each was performed, how often own passages were shown, and as "foreign" the marks of others.
        """
        counts: Counter[str] = Counter()
        for _ in range(count):
            server = self.rng.randrange(len(self.guilds))
            (action,) = self.rng.choices(self.actions, SHARES)
            before = len(self.env.http_requests)
            self.typed = []
            await action(server)
            sent = self.env.http_requests[before:]
            marks = Counter(mark for request in sent for mark in MARK.findall(_text(request.json)))
            own = 0 if action == self.writes_directly else marks.pop(str(server), 0)
            for mark in self.typed:
                assert marks.pop(mark) == 1
            counts[action.__name__] += 1
            counts[f"{action.__name__}, own passages shown"] += own > 0
            counts["sent to Discord"] += len(sent)
            counts["foreign"] += marks.total()
            assert not marks, (server, action.__name__, marks, [request.json for request in sent])
        return counts

    def any_question(self) -> str:
        """Return a question that every server could answer."""
        return question(self.rng.randrange(self.passages))

    def other(self, server: int) -> int:
        """Return another server."""
        return (server + self.rng.randrange(1, len(self.guilds))) % len(self.guilds)

    def some_ids(self, server: int) -> list[str]:
        """Return the ids of foreign passages, with or without one of the server's own."""
        chosen = [self.rng.choice(self.ids[self.other(server)]) for _ in range(4)]
        return chosen + self.rng.sample(self.ids[server], self.rng.randrange(2))

    async def asks(self, server: int) -> InteractionResult:
        """Use /ask."""
        return await self.people[server].slash(self.channels[server], "ask", question=self.any_question())

    async def asks_privately_and_shares(self, server: int) -> None:
        """Use /ask privately, then click Share and every other button."""
        who, channel = self.people[server], self.channels[server]
        shown = reply(await who.slash(channel, "ask", question=self.any_question(), private=True))
        for custom_id in buttons_of(shown):
            await who.click(shown, custom_id=custom_id)

    async def mentions(self, server: int) -> None:
        """Mention the bot, and click every button under its answer."""
        await self.people[server].send(self.channels[server], f"{self.me} {self.any_question()}")
        shown = self.channels[server].history()[-1]
        for custom_id in buttons_of(shown):
            await self.people[server].click(shown, custom_id=custom_id)

    async def names_a_document(self, server: int) -> None:
        """Ask one document, foreign or own, whatever is offered as a completion."""
        owner = self.rng.choice((server, self.other(server), self.other(server)))
        number = self.rng.randrange(self.passages)
        document = f"zq0x{owner}/register-{number // 10 * 10}-zq0x{owner}.md"
        await self.people[server].slash(self.channels[server], "ask", question=question(number), source=document)

    async def completes_a_document(self, server: int) -> None:
        """Type a part of the name of a document, own or foreign, for the bot to complete."""
        typed = self.rng.choice(("", "zq0x", f"zq0x{self.other(server)}/", "register", f"Register 0 of zq0x{server}"))
        await self.people[server].autocomplete(self.channels[server], "ask", "source", typed)

    async def looks_up_ids(self, server: int) -> None:
        """Use /source with the ids of foreign quotes, or an own one."""
        for citation in self.some_ids(server):
            await self.people[server].slash(self.channels[server], "source", id=citation)

    async def clicks_foreign_buttons(self, server: int) -> None:
        """Click forged buttons that carry the ids of foreign passages."""
        who = self.people[server]
        result = await who.slash(self.channels[server], "ask", question=self.any_question(), private=True)
        for action in ("context", "others", "closest", "share", "helpful", "sources"):
            carried = ",".join(self.some_ids(server)) if action != "sources" else str(self.rng.randrange(3_000))
            put_button(self.env, reply(result), f"fn:{action}:{carried}")
            await who.click(reply(result), custom_id=f"fn:{action}:{carried}")

    async def lists_documents(self, server: int) -> None:
        """Use /sources, and turn its pages."""
        shown = reply(await self.people[server].slash(self.channels[server], "sources"))
        for custom_id in buttons_of(shown):
            await self.people[server].click(shown, custom_id=custom_id)

    async def finds_the_source(self, server: int) -> None:
        """Let the bot find the source of a sentence that is in the documents of all servers."""
        statement = MARK.sub("somebody", _passage(server, self.rng.randrange(self.passages)))
        message = await self.people[server].send(self.channels[server], statement)
        await self.people[server].context_menu(self.channels[server], "Find the source", message)

    async def asks_follow_ups(self, server: int) -> None:
        """Reply to an answer with a follow-up."""
        await self.mentions(server)
        shown = self.channels[server].history()[-1]
        await self.people[server].send(self.channels[server], f"{self.me} and who kept it?", reply_to=shown)

    async def writes_directly(self, server: int) -> None:
        """Write a direct message, where no collection is granted."""
        await self.people[server].send_dm(self.any_question())

    async def uses_about(self, server: int) -> None:
        """Use /about."""
        await self.people[server].slash(self.channels[server], "about")

    async def sets_limits(self, server: int) -> None:
        """Let a manager try to make visible what the operator did not grant."""
        manager, channel = self.managers[server], self.channels[server]
        wanted = f"zq0x{self.other(server)}"
        result = await manager.slash(channel, "footnote collections", only=f"{wanted}, zq0x{server}")
        assert f"There is no collection '{wanted}'" in reply(result).content.replace("\\", "")
        self.typed = MARK.findall(wanted)  # the refusal repeats it
        for only in ("*", f"zq0x{server}"):
            await manager.slash(channel, "footnote collections", only=only)
        await manager.autocomplete(channel, "footnote collections", "only", "")

    async def opens_settings(self, server: int) -> None:
        """Open the settings panel and the limits."""
        await self.managers[server].slash(self.channels[server], "footnote settings")
        await self.managers[server].slash(self.channels[server], "footnote collections")


def put_button(env: Env, message: ResponseMessage, custom_id: str) -> None:
    """Replace the buttons under a message of the bot by a forged one."""
    item = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id}
    env.backend.get_message(message.channel_id, message.id).components = [{"type": 1, "components": [item]}]


def buttons_of(shown: ResponseMessage | discord.Message) -> list[str]:
    """Return the custom_ids of the buttons under a message."""
    return [custom_id for _, custom_id in buttons(shown) if custom_id.startswith(PREFIX)]


def _text(sent: object) -> str:
    return json.dumps(sent, default=str)


@asynccontextmanager
async def _open_members(settings: Settings, folder: Path, servers: int, passages: int) -> AsyncIterator[Members]:
    """Yield the members of some servers with the bot in them."""
    opened = open_index(servers, passages)
    async with open_services(settings, folder, opened=opened) as services:
        env = Env(new_client(services), settle_timeout=60.0)
        await env.start()
        try:
            members = Members(env, services, servers, passages, random.Random(0))
            services.answerer.grants = members.grants()
            yield members
        finally:
            await env.shutdown()
        assert env.errors == []


async def prove(folder: Path, servers: int, passages: int, actions: int) -> Counter[str]:
    """Perform actions in some servers with some passages each. Raises AssertionError at the first foreign passage."""
    settings = load_settings(index=str(folder / "index"), seeds=str(folder))
    async with _open_members(settings, folder, servers, passages) as members:
        return await members.act(actions)


def main(arguments: Sequence[str]) -> None:
    """Run the proof, and print what was done."""
    servers, passages, actions = (int(argument) for argument in arguments or ("50", "200", "5000"))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts = asyncio.run(prove(Path(folder), servers, passages, actions))
    seconds = time.monotonic() - started
    print(f"{servers} servers of {passages} passages each, {actions} actions, {seconds:.0f} s:")
    for name, count in sorted(counts.items()):
        print(f"{count:7,} {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
