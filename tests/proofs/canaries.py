"""One index, many servers with a collection each: whatever is done in one, nothing of another comes out.

    python -m tests.proofs.canaries [SERVERS PASSAGES QUESTIONS]

The passages of all servers are the same but for a mark, such as zq0x17, in every sentence, title and file name.
Whatever the bot sends to Discord is searched for marks: all must be those of the server where something was asked, and
in a direct message there must be none. People ask, ask on, press buttons that carry the ids of foreign passages, name
foreign documents, look for the sources of foreign sentences and for the citations of foreign quotes.
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
from tests.support.real_services import client, open_services
from tests.support.simulated_server import buttons, reply
from tests.support.small_index import BY_LATE, PROVENANCE, index_of
from tests.support.word_encoder import WORDS, WordEncoder

MARK = re.compile(r"zq0x(\d+)")  # no id of a citation holds a 0
TOWNS = ("Northport", "Veldrun", "Hestrup", "Garbeck", "Oswin", "Tarn", "Lowick", "Selby", "Marn", "Ulvik")
SHARES = (  # of what people do, in the order of Players.plays
    20, 10, 10, 10, 5, 10, 15, 3, 5, 5, 2, 2, 2, 1,
)  # fmt: skip


class BucketEncoder(WordEncoder):
    """As WordEncoder, but every word falls into one of its words by its checksum."""

    fingerprint = "buckets"
    window_tokens = 64

    def _encode(self, text: str) -> Encoded:
        pieces = re.split(r"(\w+)", text)
        pieces[1::2] = [WORDS[zlib.crc32(one.lower().encode()) % len(WORDS)].ljust(len(one)) for one in pieces[1::2]]
        return super()._encode("".join(pieces))


def texts(servers: int, passages: int) -> dict[str, str]:
    """Return documents of ten passages each, in a folder for each server."""
    found = {}
    for server in range(servers):
        for first in range(0, passages, 10):
            lines = [_passage(server, number) for number in range(first, min(first + 10, passages))]
            title = f"# Register {first} of zq0x{server}"
            found[f"zq0x{server}/register-{first}-zq0x{server}.md"] = "\n\n".join([title, *lines])
    return found


def _passage(server: int, number: int) -> str:
    return f"The vault {number} of {TOWNS[number % len(TOWNS)]} is kept by Amaro zq0x{server} since {1700 + number}."


def question(number: int) -> str:
    """Return a question that a passage of every server answers; it names none of them."""
    return f"Who has kept the vault {number} of {TOWNS[number % len(TOWNS)]} since {1700 + number}?"


def open_index(servers: int, passages: int) -> AnsweringStack:
    """Return what answers from the passages of all servers."""
    encoder = BucketEncoder()
    index = index_of(encoder, texts(servers, passages))
    counts = Counts(len(index.documents), index.count, len(index.window_keys), len(index.lexical.vocabulary))
    manifest = Manifest(
        **asdict(PROVENANCE), format=FORMAT, generation="gen-1", fingerprint=encoder.fingerprint, language="en",
        counts=counts, recall=1.0, files={},
    )  # fmt: skip
    return AnsweringStack(Retriever(index, encoder, BY_LATE), 0.5, manifest)


def ids(index: Index) -> list[list[str]]:
    """Return the ids of the citations of each server's passages."""
    found: dict[int, list[str]] = {}
    for row in range(index.count):
        citation = cite(index, row)
        found.setdefault(int(citation.document.split("/")[0][4:]), []).append(citation.id)
    return [found[server] for server in range(len(found))]


class Players:
    """The people of all servers, and what they do."""

    def __init__(self, env: Env, services: Services, servers: int, passages: int, rng: random.Random) -> None:
        self.env, self.rng, self.passages = env, rng, passages
        self.typed: list[str] = []  # marks that somebody just typed, which the bot may repeat once
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
        self.plays: tuple[Callable[[int], Awaitable[object]], ...] = (
            self.asks, self.asks_privately_and_shares, self.mentions, self.names_a_document, self.completes_a_document,
            self.looks_an_id_up, self.presses_foreign_buttons, self.lists, self.finds_a_source, self.asks_on,
            self.writes_directly, self.tells_about, self.limits, self.opens_settings,
        )  # fmt: skip

    def grants(self) -> Grants:
        """Return what the operator would configure: each server its own collection, and nothing else to anybody."""
        return Grants({guild.id: frozenset({f"zq0x{n}"}) for n, guild in enumerate(self.guilds)}, frozenset())

    async def play(self, count: int) -> Counter[str]:
        """Do so many things; returns what was done, how often own passages came, and "foreign" for all others."""
        told: Counter[str] = Counter()
        for _ in range(count):
            server = self.rng.randrange(len(self.guilds))
            (act,) = self.rng.choices(self.plays, SHARES)
            before = len(self.env.http_requests)
            self.typed = []
            await act(server)
            sent = self.env.http_requests[before:]
            marks = Counter(mark for one in sent for mark in MARK.findall(_text(one.json)))
            own = 0 if act == self.writes_directly else marks.pop(str(server), 0)
            for mark in self.typed:
                assert marks.pop(mark) == 1
            told[act.__name__] += 1
            told[f"{act.__name__}, own passages shown"] += own > 0
            told["sent to Discord"] += len(sent)
            told["foreign"] += marks.total()
            assert not marks, (server, act.__name__, marks, [one.json for one in sent])
        return told

    def any_question(self) -> str:
        """Return a question that each server could answer."""
        return question(self.rng.randrange(self.passages))

    def other(self, server: int) -> int:
        """Return another server."""
        return (server + self.rng.randrange(1, len(self.guilds))) % len(self.guilds)

    def some_ids(self, server: int) -> list[str]:
        """Return the ids of foreign passages, among them perhaps one of the server's own."""
        chosen = [self.rng.choice(self.ids[self.other(server)]) for _ in range(4)]
        return chosen + self.rng.sample(self.ids[server], self.rng.randrange(2))

    async def asks(self, server: int) -> InteractionResult:
        """Use /ask."""
        return await self.people[server].slash(self.channels[server], "ask", question=self.any_question())

    async def asks_privately_and_shares(self, server: int) -> None:
        """Use /ask privately, then press Share and everything else."""
        who, channel = self.people[server], self.channels[server]
        shown = reply(await who.slash(channel, "ask", question=self.any_question(), private=True))
        for custom_id in buttons_of(shown):
            await who.click(shown, custom_id=custom_id)

    async def mentions(self, server: int) -> None:
        """Mention the bot, and press what is under its answer."""
        await self.people[server].send(self.channels[server], f"{self.me} {self.any_question()}")
        shown = self.channels[server].history()[-1]
        for custom_id in buttons_of(shown):
            await self.people[server].click(shown, custom_id=custom_id)

    async def names_a_document(self, server: int) -> None:
        """Look into one document, foreign or own, whatever the choices offered."""
        named = self.rng.choice((server, self.other(server), self.other(server)))
        number = self.rng.randrange(self.passages)
        document = f"zq0x{named}/register-{number // 10 * 10}-zq0x{named}.md"
        await self.people[server].slash(self.channels[server], "ask", question=question(number), source=document)

    async def completes_a_document(self, server: int) -> None:
        """Type a part of a document's name, own or foreign, that the bot completes."""
        typed = self.rng.choice(("", "zq0x", f"zq0x{self.other(server)}/", "register", f"Register 0 of zq0x{server}"))
        await self.people[server].autocomplete(self.channels[server], "ask", "source", typed)

    async def looks_an_id_up(self, server: int) -> None:
        """Use /source with the id of a foreign quote, or an own one."""
        for citation in self.some_ids(server):
            await self.people[server].slash(self.channels[server], "source", id=citation)

    async def presses_foreign_buttons(self, server: int) -> None:
        """Press every button with the ids of foreign passages in it."""
        who = self.people[server]
        result = await who.slash(self.channels[server], "ask", question=self.any_question(), private=True)
        for action in ("context", "others", "closest", "share", "helpful", "sources"):
            carried = ",".join(self.some_ids(server)) if action != "sources" else str(self.rng.randrange(3_000))
            put_button(self.env, reply(result), f"fn:{action}:{carried}")
            await who.click(reply(result), custom_id=f"fn:{action}:{carried}")

    async def lists(self, server: int) -> None:
        """Use /sources, and turn its pages."""
        shown = reply(await self.people[server].slash(self.channels[server], "sources"))
        for custom_id in buttons_of(shown):
            await self.people[server].click(shown, custom_id=custom_id)

    async def finds_a_source(self, server: int) -> None:
        """Let the bot find the source of a sentence that stands in the documents of all servers."""
        said = MARK.sub("somebody", _passage(server, self.rng.randrange(self.passages)))
        message = await self.people[server].send(self.channels[server], said)
        await self.people[server].context_menu(self.channels[server], "Find the source", message)

    async def asks_on(self, server: int) -> None:
        """Reply to an answer with a question that leans on it."""
        await self.mentions(server)
        shown = self.channels[server].history()[-1]
        await self.people[server].send(self.channels[server], f"{self.me} and who kept it?", reply_to=shown)

    async def writes_directly(self, server: int) -> None:
        """Write a direct message: no collection is granted there."""
        await self.people[server].send_dm(self.any_question())

    async def tells_about(self, server: int) -> None:
        """Use /about."""
        await self.people[server].slash(self.channels[server], "about")

    async def limits(self, server: int) -> None:
        """Let a manager try to open what the operator did not grant."""
        manager, channel = self.managers[server], self.channels[server]
        wanted = f"zq0x{self.other(server)}"
        result = await manager.slash(channel, "footnote collections", only=f"{wanted}, zq0x{server}")
        assert f"There is no collection '{wanted}'" in reply(result).content.replace("\\", "")
        self.typed = MARK.findall(wanted)  # which the refusal repeats
        for only in ("*", f"zq0x{server}"):
            await manager.slash(channel, "footnote collections", only=only)
        await manager.autocomplete(channel, "footnote collections", "only", "")

    async def opens_settings(self, server: int) -> None:
        """Open the panel and the limits."""
        await self.managers[server].slash(self.channels[server], "footnote settings")
        await self.managers[server].slash(self.channels[server], "footnote collections")


def put_button(env: Env, message: ResponseMessage, custom_id: str) -> None:
    """Put a forged button under a message of the bot's, in the place of all others."""
    item = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id}
    env.backend.get_message(message.channel_id, message.id).components = [{"type": 1, "components": [item]}]


def buttons_of(shown: ResponseMessage | discord.Message) -> list[str]:
    """Return the custom_ids of the buttons under a message."""
    return [custom_id for _, custom_id in buttons(shown) if custom_id.startswith(PREFIX)]


def _text(sent: object) -> str:
    return json.dumps(sent, default=str)


@asynccontextmanager
async def _playing(settings: Settings, folder: Path, servers: int, passages: int) -> AsyncIterator[Players]:
    """Yield the people of some servers with the bot in them."""
    opened = open_index(servers, passages)
    async with open_services(settings, folder, opened=opened) as services:
        env = Env(client(services), settle_timeout=60.0)
        await env.start()
        try:
            players = Players(env, services, servers, passages, random.Random(0))
            services.answerer.grants = players.grants()
            yield players
        finally:
            await env.shutdown()
        assert env.errors == []


async def prove(folder: Path, servers: int, passages: int, questions: int) -> Counter[str]:
    """Let so much be done in so many servers; raises AssertionError at the first foreign passage."""
    settings = load_settings(index=str(folder / "index"), seeds=str(folder))
    async with _playing(settings, folder, servers, passages) as players:
        return await players.play(questions)


def main(arguments: Sequence[str]) -> None:
    """Prove it, and print what was done."""
    servers, passages, questions = (int(one) for one in arguments or ("50", "200", "5000"))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(prove(Path(folder), servers, passages, questions))
    seconds = time.monotonic() - started
    print(f"{servers} servers of {passages} passages each, {questions} times something was done, {seconds:.0f} s:")
    for name, count in sorted(done.items()):
        print(f"{count:7,} {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
