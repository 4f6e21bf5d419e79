"""Run `footnote discord`: put everything together, and run the bot until it is stopped.

Exit codes: 0 stopped, 2 error, 3 final. After 3, starting again would not help: Discord refuses the token or what the
bot requires.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import aiohttp
import structlog
from aiohttp import web

from bot.answering_stack import AnsweringStack, open_live
from bot.building import open_or_build
from bot.discord_bot.access.visibility import Grants, parse_grants
from bot.discord_bot.answering.answerer import Answerer, Cooldowns
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Peers, Services
from bot.discord_bot.handlers import monthly_report
from bot.discord_bot.operations import health, kept_answers, logs
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.processes import process_parent, shared_run
from bot.discord_bot.processes.shared_run import Part as Part
from bot.discord_bot.storage import generation_notices
from bot.discord_bot.storage.database import Database, file_address
from bot.discord_bot.storage.engine import POSTGRESQL
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.storage.sqlite_file import find_file
from bot.discord_bot.wire import addresses, supervisor
from bot.discord_bot.wire.connection_errors import EXIT_FINAL, AddressError, FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.delivery import Delivery
from bot.index_notices import changed_since
from bot.serving.cooldown import Cooldown
from bot.serving.generation import Generation, LiveGeneration
from bot.serving.older_generations import OlderGenerations
from bot.serving.search_queue import QueueLimits, SearchQueue
from bot.showing.terminal import say
from config.settings import ConfigError, DiscordSettings, Settings
from retrieval.errors import FootnoteError
from retrieval.reading.wrong_quotes import WrongQuotes
from retrieval.store import layout

EXIT_STOPPED = 0
EXIT_ERROR = 2
MAX_CONNECTIONS = 100  # to Discord at once; many questions at once must not pay a handshake for every request
THREAD_SWITCH_S = 0.001  # so that the event loop gets its turn while searches run in threads
TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105 - the name of the variable
READ_ONLY = "the documents' folder cannot be written: in Discord, no answer, message, wrong quote or word can be kept"
NOT_TOLD = "the database does not tell of new generations at the moment; the bot looks for them itself"
NOTHING_TO_REPLACE = "a hangup replaces processes only with --processes; restart the bot to read changed settings"
NO_TOKEN = (
    "no token: create a bot at https://discord.com/developers/applications (New Application, Bot, Reset Token), then "
    f"put its token into {TOKEN_VARIABLE} or into the file that discord.token_file names"
)
SETTLE_TIMEOUT_S = 7.0
WATCHERS_END_S = 1.0
USER_COOLDOWN = (10, 30.0)  # questions, seconds
SERVER_COOLDOWN = (120, 30.0)
PING_COOLDOWN = (1, 300.0)


def run_bot(settings: Settings, *, processes: int = 1, part: Part | None = None) -> int:
    """Run the bot and return the exit code: as several processes, or as one that is a `part` of the bot.

    On a terminal, errors are left to the command line: raises ConfigError and FootnoteError. Elsewhere the log is JSON,
    and every line is one of its entries: the errors and notices that would be plain lines as well.
    """
    stream = sys.stderr
    if stream.isatty():
        try:
            return _start(settings, stream, processes, part)
        except FinalError as error:
            say(str(error))
            return EXIT_FINAL
    with logs.printed_lines_logged():
        return _start_with_errors_logged(settings, stream, processes, part)


def _start_with_errors_logged(settings: Settings, stream: TextIO, processes: int, part: Part | None) -> int:
    log = structlog.get_logger("footnote")
    try:
        return _start(settings, stream, processes, part)
    except FinalError as error:
        log.error(str(error))
        return EXIT_FINAL
    except (ConfigError, FootnoteError) as error:
        log.error(" ".join(str(error).split()))
    except KeyboardInterrupt:
        log.error("interrupted")
    except Exception:
        log.exception("unexpected error")
    return EXIT_ERROR


def _start(settings: Settings, stream: TextIO, processes: int, part: Part | None) -> int:
    """Run the bot with its log on a stream. Raises ConfigError, FootnoteError and FinalError."""
    logs.configure(settings.discord.log_level, "", stream)  # an error in the token is an entry already
    token = read_token(settings.discord.token_file)
    logs.configure(settings.discord.log_level, token, stream)
    check_addresses(settings.discord)  # before anything takes time
    check_server_ids(settings.discord)
    addresses.use(settings.discord.api, settings.discord.gateway, settings.discord.cdn)
    grants = parse_grants(settings.discord.servers, settings.discord.collections)
    if processes > 1:
        return _start_processes(settings, processes)
    if part is not None:
        structlog.contextvars.bind_contextvars(process=part.name)
    log = structlog.get_logger("footnote")
    # Only a coroutine that ends soon holds the opened generation, so that its memory is free once another replaces it.
    opening = _open_services(settings, open_or_build(settings), grants, log, shared=part is not None)
    asyncio.run(_run(settings, token, opening, part, on_terminal=stream.isatty()))
    return EXIT_STOPPED


def _start_processes(settings: Settings, processes: int) -> int:
    """Run the bot as several processes; build the index first if there is none, which one process must do."""
    if layout.current(settings.index_folder) is None:
        open_or_build(settings)
    address = settings.discord.database or default_database(settings.index_folder)
    return asyncio.run(process_parent.run(settings.discord, address, processes))


def read_token(file: str) -> str:
    """Read the token from a file, or from the environment if `file` is "". Raises ConfigError that says what to do."""
    if file:
        try:
            token = Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the token file {file} cannot be read: {error}") from None
    else:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigError(NO_TOKEN)
    if any(character.isspace() or not character.isprintable() for character in token):
        raise ConfigError("the token contains spaces or line breaks; copy it again from the developer portal")
    return token


def check_addresses(settings: DiscordSettings) -> None:
    """Raise ConfigError for an address to which the token must not be sent."""
    for key, schemes in addresses.SCHEMES.items():
        address = getattr(settings, key)
        try:
            addresses.check(address, schemes)
        except AddressError as error:
            first, other = sorted(schemes, key=len, reverse=True)
            expected = f"an address that begins with {first}, or with {other} on this machine"
            raise ConfigError(f"setting discord.{key} = {address!r}: expected {expected}. {error}") from None


def check_server_ids(settings: DiscordSettings) -> None:
    """Raise ConfigError for a server that the settings do not name by its id."""
    maintenance = settings.maintenance if isinstance(settings.maintenance, list) else []
    named: dict[str, Iterable[str]] = {"servers": settings.servers, "maintenance": maintenance}
    for key, servers in named.items():
        wrong = next((server for server in servers if not server.isdecimal()), None)
        if wrong is not None:
            raise ConfigError(f"setting discord.{key} names {wrong!r}, which is not the id of a server")


async def _run(
    settings: Settings, token: str, opening: Awaitable[Services], part: Part | None, *, on_terminal: bool
) -> None:
    """Run until SIGTERM or Ctrl-C. Raises DatabaseError and FinalError."""
    sys.setswitchinterval(THREAD_SWITCH_S)
    log = structlog.get_logger("footnote")
    stop = asyncio.Event()
    _handle_signals(stop, log, on_terminal=on_terminal)
    services = await opening
    warn_of_read_only_documents(settings, log)
    clients: dict[int, FootnoteClient] = {}  # the present ones, by shard
    synced = asyncio.Event()

    def new_client(continuity: Continuity, **options: Any) -> FootnoteClient:
        options["connector"] = aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
        options["on_link"] = services.metrics.record_connection
        client = FootnoteClient(services, synced=synced, continuity=continuity, **options)
        clients[client.shard] = client
        return client

    live, reports = services.answerer.live, monthly_report.watch(lambda: list(clients.values()))
    watched = [live.watch(), services.metrics.watch_loop(), reports]
    if services.database.url.drivername == POSTGRESQL:
        url = services.database.url
        watched.append(generation_notices.listen(url, live.look_now, lambda line: log.warning(NOT_TOLD, error=line)))
    watchers = [asyncio.create_task(task) for task in watched]
    runner = await _serve_health(settings, part, services, lambda: _state(services, clients))
    try:
        if part is None:
            await supervisor.run(new_client, token, stop, log, draining=lambda: services.settle(SETTLE_TIMEOUT_S))
        else:
            await shared_run.run(part, services, token, stop, new_client)
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.wait(watchers, timeout=WATCHERS_END_S)  # one of them has a connection to close
        await services.maintenance.close()
        if runner is not None:
            await runner.cleanup()
        await services.database.close()
        log.info("stopped")


def _handle_signals(stop: asyncio.Event, log: Any, *, on_terminal: bool) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if not on_terminal:  # which ends the bot with this signal when it is closed
        loop.add_signal_handler(signal.SIGHUP, lambda: log.warning(NOTHING_TO_REPLACE))


async def _serve_health(
    settings: Settings, part: Part | None, services: Services, state: Callable[[], Mapping[str, object]]
) -> web.AppRunner | None:
    """Serve /healthz and /metrics: for everybody at the address of the settings, for a parent at one of its own."""
    if part is not None and part.child:
        runner = await health.serve("127.0.0.1", 0, services.metrics, state)
        process_parent.report_port(runner)
        return runner
    host, port = settings.discord.health_host, settings.discord.health_port
    return await health.serve(host, port, services.metrics, state) if port else None


def _state(services: Services, clients: Mapping[int, FootnoteClient]) -> Mapping[str, object]:
    """Return the state of the bot for /healthz."""
    state: dict[str, object] = {
        "connected": any(client.connected for client in clients.values()),
        "generation": services.answerer.live.generation.name,
        "longest_search_s": round(services.answerer.queue.longest_search_s, 1),
    }
    peers = services.peers
    if peers is not None:
        standing = peers.standing
        state |= {"connected": peers.ready, "shards": sorted(standing.held) if standing is not None else []}
    return state


async def _open_services(
    settings: Settings, stack: AnsweringStack, grants: Grants, log: Any, *, shared: bool
) -> Services:
    """Open the database and put together what the clients work with. Raises DatabaseError."""
    metrics = Metrics()
    database = await Database.open(settings.discord.database or default_database(settings.index_folder))
    live = _live_generation(settings, stack, metrics, grants, log)
    cooldowns = Cooldowns(Cooldown(*USER_COOLDOWN), Cooldown(*SERVER_COOLDOWN), Cooldown(*PING_COOLDOWN))
    services = assemble(settings, live, database, metrics, grants, log, cooldowns=cooldowns, limits=QueueLimits())
    if not shared:
        return services
    services.answerer.sharing = SharingStore(database)
    return replace(services, peers=Peers())


def assemble(
    settings: Settings,
    live: LiveGeneration,
    database: Database,
    metrics: Metrics,
    grants: Grants,
    log: Any,
    *,
    cooldowns: Cooldowns,
    limits: QueueLimits,
) -> Services:
    """Put together what the clients work with."""
    acknowledgements = Acknowledgements()
    queue = SearchQueue(limits, acknowledgements.wait_until_sent)
    metrics.queue.set_function(lambda: queue.waiting)
    answerer = Answerer(
        live=live,
        queue=queue,
        cooldowns=cooldowns,
        database=database,
        metrics=metrics,
        log=log,
        grants=grants,
        wrong_quotes=WrongQuotes(settings.seeds_folder),
        quotes=settings.answer.top,
    )
    return Services(
        answerer=answerer,
        database=database,
        metrics=metrics,
        maintenance=Maintenance(settings),
        seeds=settings.seeds_folder,
        delivery=Delivery(),
        acknowledgements=acknowledgements,
        search_older=OlderGenerations(settings.index_folder, live).search,
        log=log,
        language=settings.discord.language,
        changed_since=lambda generation: changed_since(settings, generation.stack.manifest),
    )


def default_database(index_folder: Path) -> str:
    """Return the address of the database of an index. Raises DatabaseError."""
    beside = [folder for folder in index_folder.parent.iterdir() if layout.current(folder)]
    others = any(folder != index_folder for folder in beside)
    return file_address(find_file(index_folder, others, say))


def warn_of_read_only_documents(settings: Settings, log: Any) -> None:
    """Log that nothing can be kept in Discord, before a manager finds out."""
    if not kept_answers.is_writable(settings.seeds_folder):
        log.warning(READ_ONLY, folder=str(settings.seeds_folder))


def warn_of_unknown_collections(grants: Grants, collections: Sequence[str], log: Any) -> None:
    """Log each server that is granted collections that do not exist: it sees less than was meant, perhaps nothing."""
    for server, names in grants.unknown(collections).items():
        key = "discord.collections" if server is None else f"discord.servers.{server}"
        log.warning("a setting names collections that do not exist", setting=key, missing=names, existing=collections)


def _live_generation(
    settings: Settings, stack: AnsweringStack, metrics: Metrics, grants: Grants, log: Any
) -> LiveGeneration:
    """Hold the opened generation, and log and count the ones that replace it."""

    def swapped(generation: Generation) -> None:
        metrics.generation.set(layout.number(generation.name))
        log.info("a new generation answers", generation=generation.name)
        warn_of_unknown_collections(grants, generation.collections, log)

    live = LiveGeneration(
        settings.index_folder,
        lambda current: open_live(settings, say, reuse=current),
        stack,
        seeds=settings.indexed_seeds,
        swapped=swapped,
        failed=lambda line: log.error("generation not opened", error=line),
    )
    metrics.generation.set(layout.number(live.generation.name))
    warn_of_unknown_collections(grants, live.generation.collections, log)
    return live
