"""The command line. Exit codes: 0 answered or done, 1 no answer or a failed check, 2 error."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import bot
from bot.commands import ask_command
from bot.commands.extras import missing_library
from bot.showing.exit_codes import ERROR
from bot.showing.terminal import say
from config.settings import ConfigError, Settings, load_settings
from retrieval.errors import FootnoteError

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
PAGE = click.Path(path_type=Path, dir_okay=False, writable=True)


def common(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options that every command has, and hand the command its settings."""

    @click.option("--seeds", type=FOLDER, help="The folder of documents.")
    @click.option("--index", type=FOLDER, help="The folder of the index (default: one for each seeds folder).")
    @click.option("--config", type=FILE, help="A settings file in place of config/footnote.toml.")
    @click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
    @functools.wraps(command)
    def wrapped(seeds: Path | None, index: Path | None, config: Path | None, debug: bool, **rest: Any) -> int | None:
        click.get_current_context().find_root().meta["debug"] = debug
        folders = {
            "seeds": None if seeds is None else str(seeds),
            "index": None if index is None else str(index),
        }
        return command(load_settings(config, **folders), **rest)

    return wrapped


within = click.option(
    "--collection", "collections", multiple=True, metavar="NAME",
    help="Look only into this folder of the seeds; can be given several times.",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(bot.__version__, prog_name="footnote", message="%(prog)s %(version)s")
def cli() -> None:
    """Answer questions from a folder of documents with verbatim, verified, cited excerpts."""


@cli.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--top", type=click.IntRange(1, 20), help="How many quotes at most.")
@click.option("--newest", is_flag=True, help="Prefer the newer of equally good quotes.")
@click.option("--show-closest", is_flag=True, help="Without an answer, show the nearest passages.")
@within
@common
def ask(
    settings: Settings,
    question: str,
    as_json: bool,
    top: int | None,
    newest: bool,
    show_closest: bool,
    collections: tuple[str, ...],
) -> int:
    """Answer QUESTION with a quote. Exits with 0 when there is an answer, 1 when there is none."""
    options = ask_command.AskOptions(top, newest, collections)
    return ask_command.ask(settings, question, options, as_json=as_json, show_closest=show_closest)


@cli.command()
@click.option("--newest", is_flag=True, help="Prefer the newer of equally good quotes.")
@within
@common
def chat(settings: Settings, newest: bool, collections: tuple[str, ...]) -> int:
    """Answer questions in a loop; short follow-ups are understood from the question before."""
    return ask_command.chat(settings, ask_command.AskOptions(None, newest, collections))


@cli.command()
@click.option("--full", is_flag=True, help="Encode everything anew.")
@click.option("--dry-run", is_flag=True, help="Only list what would change.")
@click.option("--watch", is_flag=True, help="Rebuild whenever the folder changed, until Ctrl-C or SIGTERM.")
@click.option("--no-gate", is_flag=True, help="Publish although golden questions fail.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common
def rebuild(settings: Settings, full: bool, dry_run: bool, watch: bool, no_gate: bool, as_json: bool) -> int:
    """Bring the index up to date with the documents. Exits with 1 when golden questions keep it from going live."""
    from bot.commands import rebuild_command

    if watch and dry_run:
        raise click.UsageError("--watch rebuilds and --dry-run does not; choose one")
    if watch:
        from bot.commands.watch_command import watch as follow

        return follow(settings, full=full, no_gate=no_gate, as_json=as_json)
    if dry_run:
        return rebuild_command.dry_run(settings, full=full, as_json=as_json)
    return rebuild_command.rebuild(settings, full=full, no_gate=no_gate, as_json=as_json)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common
def status(settings: Settings, as_json: bool) -> int:
    """Show the live generation (counts, model, age, rejected files, whether it is stale) and the others."""
    from bot.commands import inspect_command

    return inspect_command.status(settings, as_json=as_json)


@cli.command()
@common
def verify(settings: Settings) -> int:
    """Check every checksum and every quote span. Exits with 1 when one is wrong."""
    from bot.commands import inspect_command

    return inspect_command.verify(settings)


@cli.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common
def diff(settings: Settings, old: str, new: str | None, as_json: bool) -> int:
    """Show what differs between the generations OLD and NEW, by default the live one."""
    from bot.commands import inspect_command

    return inspect_command.diff(settings, old, new, as_json=as_json)


@cli.command()
@click.argument("generation", required=False)
@common
def rollback(settings: Settings, generation: str | None) -> int:
    """Answer from an older state of the index again: GENERATION, or the one before the live one."""
    from bot.commands import inspect_command

    return inspect_command.rollback(settings, generation)


@cli.command(name="eval")
@click.argument("file", type=FILE)
@click.option("--html", "page", type=PAGE, help="Write a page with plots and every wrong case.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common
def evaluate(settings: Settings, file: Path, page: Path | None, as_json: bool) -> int:
    """Measure on FILE: golden questions (.yaml) or a SQuAD / XQuAD-R file (.json)."""
    from bot.commands.evaluate_command import evaluate

    return evaluate(settings, file, page=page, as_json=as_json)


@cli.command()
@common
def discord(settings: Settings) -> int:
    """Run the Discord bot until it is stopped. Its token comes from DISCORD_TOKEN or a file."""
    from bot.discord_bot.run import run_bot

    return run_bot(settings)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> int:
    """Run everything that CI runs: ruff, mypy, pytest. Arguments go to pytest."""
    from bot.commands.checks import run_checks

    return run_checks(pytest_arguments)


def main() -> None:
    """Run the command of the process's arguments and end the process with its exit code."""
    # Products of small matrices gain nothing from threads, and lose a lot where others want the cores as well:
    # 20 s in place of 0.3 for the vectors of a thousand sentences. Read when numpy and faiss are imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        code = ERROR  # the reader went away; there is nobody to complain to
    # Taking the loaded libraries down in good order costs 0.15 s and saves nothing.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; every expected error is one line on stderr."""
    context: click.Context | None = None
    try:
        with cli.make_context("footnote", arguments) as context:
            return int(cli.invoke(context) or 0)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.UsageError as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message())
            return ERROR
        path = error.ctx.command_path if error.ctx else "footnote"
        say(f"{' '.join(error.format_message().split())} (see {path} --help)")
    except click.exceptions.Abort:
        say("interrupted")
    except (FootnoteError, ConfigError, click.ClickException) as error:
        _traceback_if_asked(context)
        say(error.format_message() if isinstance(error, click.ClickException) else " ".join(str(error).split()))
    except KeyboardInterrupt:
        say("interrupted")
    except ModuleNotFoundError as error:
        _traceback_if_asked(context)
        say(missing_library(error.name or ""))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        _traceback_if_asked(context)
        say(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception as error:  # a bug: still one line, and how to see the rest
        _traceback_if_asked(context)
        say(f"unexpected {type(error).__name__}: {' '.join(str(error).split())[:200]} (--debug shows where)")
    return ERROR


def _traceback_if_asked(context: click.Context | None) -> None:
    import traceback

    if context is not None and context.meta.get("debug"):
        traceback.print_exc()


if __name__ == "__main__":
    main()
