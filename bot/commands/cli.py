"""Declare the commands of the terminal with their options and help, and report every error in one line.

The modules of the commands are imported when they run, so that `ask` loads no more than it needs.
"""

import os
import sys
from pathlib import Path

import click

import bot
from bot.commands import ask_command
from bot.commands.common_options import FILE, NEW_FILE, collection_option, common
from bot.commands.extras import missing_library
from bot.commands.service_commands import SERVICES
from bot.showing.exit_codes import ERROR
from bot.showing.terminal import say
from config.settings import ConfigError, Settings
from retrieval.errors import FootnoteError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(bot.__version__, prog_name="footnote", message="%(prog)s %(version)s")
def cli() -> None:
    """Answer questions from a folder of documents with verbatim, verified and cited quotes."""


@cli.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--top", type=click.IntRange(1, 20), metavar="N", help="Show up to N quotes.")
@click.option("--newest", is_flag=True, help="Prefer the newer of two equally good quotes.")
@click.option("--show-closest", is_flag=True, help="If there is no answer, show the closest passages.")
@click.option("--explain", is_flag=True, help="Also show what each stage found, and why there is an answer or none.")
@collection_option
@common
def ask(
    settings: Settings,
    question: str,
    as_json: bool,
    top: int | None,
    newest: bool,
    show_closest: bool,
    explain: bool,
    collections: tuple[str, ...],
) -> int:
    """Answer QUESTION with a quote.

    Exit code: 0 if there is an answer, 1 if there is none, 2 on an error.
    """
    options = ask_command.AskOptions(top, newest, collections, explain)
    return ask_command.ask(settings, question, options, as_json=as_json, show_closest=show_closest)


@cli.command()
@click.option("--newest", is_flag=True, help="Prefer the newer of two equally good quotes.")
@collection_option
@common
def chat(settings: Settings, newest: bool, collections: tuple[str, ...]) -> int:
    """Answer one question after another.

    A short follow-up is understood with the question before it. An empty line or Ctrl-D ends the chat.
    """
    return ask_command.chat(settings, ask_command.AskOptions(None, newest, collections))


@cli.command()
@click.option("--full", is_flag=True, help="Read and encode all documents again, not only what changed.")
@click.option("--dry-run", is_flag=True, help="List what would change, without changing anything.")
@click.option("--watch", is_flag=True, help="Keep running and rebuild when documents change, until Ctrl-C or SIGTERM.")
@click.option("--no-gate", is_flag=True, help="Publish the new generation even if golden questions fail.")
@click.option("--wait", is_flag=True, help="Wait for another process that is writing the index.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def rebuild(
    settings: Settings, full: bool, dry_run: bool, watch: bool, no_gate: bool, wait: bool, as_json: bool
) -> int:
    """Bring the index up to date with the documents.

    Exit code: 0 if done, 1 if failing golden questions keep the new generation from going live, 2 on an error.
    """
    from bot.commands import rebuild_command

    if watch and dry_run:
        raise click.UsageError("--watch and --dry-run cannot be combined")
    if watch:
        from bot.commands.watch_command import watch as follow

        return follow(settings, full=full, no_gate=no_gate, as_json=as_json)
    if dry_run:
        return rebuild_command.dry_run(settings, full=full, as_json=as_json)
    return rebuild_command.rebuild(settings, full=full, no_gate=no_gate, wait=wait, as_json=as_json)


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--dry-run", is_flag=True, help="Fetch and list what would change, without changing any document.")
@click.option("--watch", is_flag=True, help="Keep running and sync at the interval of the settings, until Ctrl-C.")
@click.option("--rebuild", is_flag=True, help="Afterwards, bring the index up to date.")
@click.option("--accept-deletions", is_flag=True, help="Sync even if a source lost more files than sync.max_loss.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def sync(
    settings: Settings,
    names: tuple[str, ...],
    dry_run: bool,
    watch: bool,
    rebuild: bool,
    accept_deletions: bool,
    as_json: bool,
) -> int:
    """Fill folders of the documents from where they live.

    NAME is a source of the settings; without one, all are synced.

    Exit code: 0 if all are up to date, 1 if a source failed or the rebuild was not published, 2 on an error.
    """
    from bot.commands import sync_command

    if watch and (dry_run or accept_deletions):
        raise click.UsageError("--watch cannot be combined with --dry-run or --accept-deletions")
    if watch:
        return sync_command.watch(settings, names, rebuild=rebuild, as_json=as_json)
    return sync_command.sync(
        settings, names, dry_run=dry_run, accept_deletions=accept_deletions, rebuild=rebuild, as_json=as_json
    )


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def status(settings: Settings, as_json: bool) -> int:
    """Show the state of the index.

    It lists the live generation, whether it is out of date, the files that are not used, and the other generations.
    """
    from bot.commands import inspect_command

    return inspect_command.status(settings, as_json=as_json)


@cli.command()
@common
def verify(settings: Settings) -> int:
    """Check the files of the index and every quote.

    Files are compared with their checksums, and quotes with the documents.

    Exit code: 0 if everything matches, 1 if something does not, 2 on an error.
    """
    from bot.commands import inspect_command

    return inspect_command.verify(settings)


@cli.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def diff(settings: Settings, old: str, new: str | None, as_json: bool) -> int:
    """Show what differs between two generations of the index.

    OLD and NEW are names such as gen-3, as `footnote status` shows them; NEW is the live one unless given.
    """
    from bot.commands import inspect_command

    return inspect_command.diff(settings, old, new, as_json=as_json)


@cli.command()
@click.argument("generation", required=False)
@common
def rollback(settings: Settings, generation: str | None) -> int:
    """Go back to an earlier generation of the index.

    GENERATION is a name such as gen-3, by default the one before the live one. The next rebuild brings the index up to
    date with the documents again.
    """
    from bot.commands import inspect_command

    return inspect_command.rollback(settings, generation)


@cli.command()
@common
def glossary(settings: Settings) -> int:
    """Propose entries for the glossary.

    Prints TOML for abbreviations that the indexed documents explain: "Driver to Buy (D2B)" or "D2B (Driver to Buy)".
    """
    from bot.commands.glossary_command import propose

    return propose(settings)


@cli.command(name="eval")
@click.argument("file", type=FILE)
@click.option("--html", "page", type=NEW_FILE, help="Also write a page with plots and every wrong answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def evaluate(settings: Settings, file: Path, page: Path | None, as_json: bool) -> int:
    """Measure how well the questions of a file are answered.

    FILE holds golden questions about your documents (.yaml, .jsonl), or is a SQuAD or XQuAD-R file (.json).

    Exit code: 0 if no golden question fails, 1 if one does, 2 on an error.
    """
    from bot.commands.evaluate_command import evaluate

    return evaluate(settings, file, page=page, as_json=as_json)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> int:
    """Run the checks of CI: ruff, mypy and pytest.

    PYTEST_ARGUMENTS are passed on to pytest.
    """
    from bot.commands.checks import run_checks

    return run_checks(pytest_arguments)


for service in SERVICES:
    cli.add_command(service)


def main() -> None:
    """Run the command in the arguments of the process, and end the process with its exit code."""
    # Products of small matrices gain nothing from threads and lose much on busy cores: 20 s instead of 0.3 s for the
    # vectors of a thousand sentences. numpy and faiss read this when they are imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        code = ERROR  # the reader of stdout is gone, and nobody is left to tell
    # Unloading the libraries in order would take 0.15 s for nothing.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; every error becomes one line on stderr."""
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
        say(f"{_line(error.format_message()).rstrip('.')} (see {path} --help)")
    except click.exceptions.Abort:
        say("interrupted")
    except (FootnoteError, ConfigError, click.ClickException) as error:
        _print_traceback_if_debug(context)
        say(error.format_message() if isinstance(error, click.ClickException) else _line(str(error)))
    except KeyboardInterrupt:
        say("interrupted")
    except ModuleNotFoundError as error:
        _print_traceback_if_debug(context)
        say(missing_library(error.name or ""))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        _print_traceback_if_debug(context)
        say(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception as error:  # a bug
        _print_traceback_if_debug(context)
        say(f"unexpected {type(error).__name__}: {_line(str(error))[:200]} (run again with --debug to see where)")
    return ERROR


def _line(text: str) -> str:
    return " ".join(text.split())


def _print_traceback_if_debug(context: click.Context | None) -> None:
    import traceback

    if context is not None and context.meta.get("debug"):
        traceback.print_exc()


if __name__ == "__main__":
    main()
