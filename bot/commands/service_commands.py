"""Declare the commands that serve others until they are stopped; `cli` adds them to those of the terminal."""

from pathlib import Path

import click

from bot.commands.common_options import FILE, collection_option, common
from config.settings import Settings


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), default=1, metavar="N", help="Run as N processes.")
@click.option(
    "--share",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Be one of about N processes that share the bot through its database, such as containers.",
)
@click.option("--child", hidden=True, help="The name that --processes gives each of its processes.")
@common
def discord(settings: Settings, processes: int, share: int | None, child: str | None) -> int:
    """Run the Discord bot until it is stopped.

    The bot's token comes from the environment variable DISCORD_TOKEN or from the file that discord.token_file names.
    """
    from bot.discord_bot.run import Part, run_bot

    if share and processes > 1:
        raise click.UsageError("--processes and --share cannot be combined")
    if child is not None:
        return run_bot(settings, part=Part(processes, child, child=True))
    return run_bot(settings, processes=processes, part=Part(share) if share else None)


@click.command()
@click.option("--host", metavar="HOST", help="Address or host name to answer on (default: serve.host).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to answer on; 0 picks a free one.")
@click.option("--sandbox", is_flag=True, help="Also serve a page to try the Discord bot on, without a token.")
@common
def serve(settings: Settings, host: str | None, port: int | None, sandbox: bool) -> int:
    """Serve a page, a JSON API and MCP over HTTP until stopped.

    Prints the address of the page. Nothing can be changed through it; the sandbox works on a copy of the documents. The
    page is at /, the API at /api/v1, described in /api/v1/openapi.json, MCP at /mcp, and the sandbox at /sandbox.
    """
    from bot.commands.serve_command import serve

    return serve(settings, host, port, sandbox=sandbox)


@click.command()
@collection_option
@common
def mcp(settings: Settings, collections: tuple[str, ...]) -> int:
    """Answer an agent over MCP, on standard input and output.

    Its tools are ask, get_quote and list_documents.
    """
    from bot.commands.serve_command import answer_mcp

    return answer_mcp(settings, collections)


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is left to encode.")
@common
def worker(settings: Settings, once: bool) -> int:
    """Encode for rebuilds on other machines until stopped.

    The windows come from the PostgreSQL database that encoding.queue names, and so does the model.
    """
    from bot.commands.worker_command import work

    return work(settings, once=once)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to answer on.")
@click.option("--port", type=click.IntRange(0, 65535), default=7711, show_default=True, help="0 picks a free one.")
@common
def searcher(settings: Settings, host: str, port: int) -> int:
    """Search the vectors of the index for other machines until stopped.

    They name it in search.servers and have the same key in search.key_file.
    """
    from bot.commands.searcher_command import search

    return search(settings, host, port)


@click.command(name="move-database")
@click.argument("file", type=FILE, required=False)
@click.option("--replace", is_flag=True, help="First delete all that is in the other database.")
@common
def move_database(settings: Settings, file: Path | None, replace: bool) -> int:
    """Copy the bot's database from SQLite to PostgreSQL.

    FILE is the SQLite database, by default that of the index; it stays as it is. discord.database names the other one,
    which must be empty. Stop the bot first. Either everything is copied or nothing.
    """
    from bot.commands.move_command import move_database

    return move_database(settings, file, replace=replace)


SERVICES = (discord, move_database, serve, mcp, worker, searcher)
