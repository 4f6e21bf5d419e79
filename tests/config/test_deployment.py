"""The files for systemd and Docker are true: settings, paths, exit codes and pauses are those of the program."""

import fnmatch
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import load_settings
from tests.support.paths import ROOT

CONFIG = ROOT / "config"
FILES = ("footnote.service", "Dockerfile", "compose.yaml", ".env.example", "container.sh")
TEXTS = {name: (CONFIG / name).read_text("utf-8") for name in FILES}
FINAL = 3  # the exit code after which no start helps
SESSION_SECONDS = 86_400 / 1_000  # Discord's limit of new sessions


def unit() -> dict[str, list[str]]:
    """Return the values of each key of the systemd unit."""
    found: dict[str, list[str]] = {}
    for line in TEXTS["footnote.service"].splitlines():
        if re.match(r"\w+=", line):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def compose() -> Any:
    return yaml.safe_load(TEXTS["compose.yaml"])


def variables(text: str) -> dict[str, str]:
    """Return the FOOTNOTE_ variables of a file with their values, also those that are commented out."""
    return dict(re.findall(r"\b(FOOTNOTE_[A-Z_]+)(?:=|: )([^\s\\]+)", text))


# Settings and codes


@pytest.mark.parametrize("name", FILES)
def test_every_variable_is_a_setting_with_a_value_that_it_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that sets what does not exist would stop the bot at its start."""
    mentioned = set(re.findall(r"\bFOOTNOTE_[A-Z_]+", TEXTS[name]))
    assert mentioned == set(variables(TEXTS[name]))
    for variable, value in variables(TEXTS[name]).items():
        monkeypatch.setenv(variable, value)
    load_settings()


def test_a_variable_that_is_no_setting_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds variables in all three ways of writing them, and loading refuses a wrong one."""
    text = "# FOOTNOTE_A=1\nEnvironment=FOOTNOTE_B__C=2\n  FOOTNOTE_D: 3\n    FOOTNOTE_E=4 \\\n"
    found = {"FOOTNOTE_A": "1", "FOOTNOTE_B__C": "2", "FOOTNOTE_D": "3", "FOOTNOTE_E": "4"}
    assert variables(text) == found
    monkeypatch.setenv("FOOTNOTE_A", "1")
    with pytest.raises(Exception, match="FOOTNOTE_A in the environment is not a setting"):
        load_settings()


def test_a_service_manager_stops_at_the_final_code_and_only_there() -> None:
    """Systemd and the container name the same code."""
    assert unit()["RestartPreventExitStatus"] == [str(FINAL)]
    assert re.findall(r"^ {4}(\d+)\)", TEXTS["container.sh"], re.MULTILINE) == ["0", str(FINAL)]


def test_no_restart_comes_sooner_than_discord_allows() -> None:
    """Every pause is longer than 90 s, which is more than a day shared by 1,000 sessions."""
    pauses = [int(seconds) for seconds in [*unit()["RestartSec"], *re.findall(r"sleep (\d+)", TEXTS["container.sh"])]]
    assert len(pauses) == 3
    assert min(pauses) >= 90 > SESSION_SECONDS
    assert unit()["StartLimitIntervalSec"] == ["0"]


def test_stopping_leaves_time_to_finish() -> None:
    """The bot has 10 s for what it has begun; it is killed only after that."""
    assert unit()["TimeoutStopSec"] == ["15"]
    assert compose()["services"]["bot"]["stop_grace_period"] == "15s"


def test_the_token_is_a_file_everywhere_and_nowhere_a_variable() -> None:
    """Neither `systemctl show` nor `docker inspect` can print it."""
    service = compose()["services"]["bot"]
    assert unit()["LoadCredential"] == ["discord_token:/etc/footnote/discord_token"]
    assert "FOOTNOTE_DISCORD__TOKEN_FILE=%d/discord_token" in unit()["Environment"]
    assert service["secrets"] == list(compose()["secrets"]) == ["discord_token"]
    assert "FOOTNOTE_DISCORD__TOKEN_FILE=/run/secrets/discord_token " in TEXTS["Dockerfile"]
    assert not [name for name in ("footnote.service", "Dockerfile", "compose.yaml") if "DISCORD_TOKEN" in TEXTS[name]]
    assert re.findall(r"^([A-Z_]+)=(.*)$", TEXTS[".env.example"], re.MULTILINE) == [("DISCORD_TOKEN", "")]


def test_index_and_database_are_where_the_service_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database lies beside the index: both are in the state folder, or in the volume."""
    assert variables(TEXTS["footnote.service"])["FOOTNOTE_INDEX"] == f"%S/{unit()['StateDirectory'][0]}/index"
    monkeypatch.setenv("FOOTNOTE_INDEX", variables(TEXTS["Dockerfile"])["FOOTNOTE_INDEX"])
    assert str(load_settings().index_folder.parent) == "/data"
    assert "VOLUME /data\n" in TEXTS["Dockerfile"]
    assert "data:/data" in compose()["services"]["bot"]["volumes"]
    assert "../seeds:/seeds:ro" in compose()["services"]["bot"]["volumes"]
    assert variables(TEXTS["Dockerfile"])["FOOTNOTE_SEEDS"] == "/seeds"


# Systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """No unknown key, no bad value; the program is not installed here, so another one stands in."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", TEXTS["footnote.service"], flags=re.MULTILINE)
    (tmp_path / "footnote.service").write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "footnote.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# Docker


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    """Each source of COPY exists and the ignore file lets it through, without tokens and local settings."""
    lines = (CONFIG / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", TEXTS["Dockerfile"], re.MULTILINE)
    sources = {source for copy in copies for source in copy.split()}
    assert all((ROOT / source).exists() for source in sources)
    assert {source.split("/")[0] for source in sources} == sent
    ignored = [line for line in lines if not line.startswith(("!", "#", "*"))]
    assert ignored == ["config/.env", "config/discord_token", "config/footnote.toml"]


def test_the_image_has_the_versions_of_the_project() -> None:
    """The base image's Python is one that the project supports; PyTorch is taken from the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lowest = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    versions = re.findall(r"^FROM python:(\d+)\.(\d+)-slim", TEXTS["Dockerfile"], re.MULTILINE)
    assert len(set(versions)) == 1
    assert tuple(map(int, versions[0])) >= lowest
    pattern = re.findall(r"grep -o '(.+?)' requirements.lock", TEXTS["Dockerfile"])[0]
    command = ["grep", "-o", pattern, "requirements.lock"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    (wanted,) = [name for name in project["optional-dependencies"]["build"] if name.startswith("torch==")]
    assert len(found) == 1
    assert fnmatch.fnmatch(found[0], wanted)


def test_the_bot_is_not_root_in_the_container() -> None:
    """The image ends as a user without rights, and nothing in the container can win any."""
    service = compose()["services"]["bot"]
    assert re.findall(r"^USER (.+)$", TEXTS["Dockerfile"], re.MULTILINE) == ["footnote"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_follows_healthz(status: int, healthy: bool) -> None:
    """The image's own command, run against a server: 0 for 200, an error for 503."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    text = TEXTS["Dockerfile"].replace("\\\n", "")
    command = json.loads(re.findall(r"^HEALTHCHECK .* CMD (\[.+\])$", text, re.MULTILINE)[0])
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        environment = {"FOOTNOTE_DISCORD__HEALTH_PORT": str(server.server_port)}
        done = subprocess.run([sys.executable, *command[1:]], env=environment, stderr=subprocess.DEVNULL, check=False)
        server.shutdown()
        thread.join(10)
    assert asked == ["/healthz"]
    assert (done.returncode == 0) is healthy


# What the container runs


class Container:
    """config/container.sh with a footnote and a sleep of our own in the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def program(self, name: str, body: str) -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def start(self, footnote: str, *arguments: str, sleep: str = "exit 0") -> "subprocess.Popen[str]":
        self.program("footnote", footnote)
        self.program("sleep", f'echo "sleep $1"\n{sleep}')
        return subprocess.Popen(
            [CONFIG / "container.sh", *arguments],
            env={"PATH": f"{self.folder}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, footnote: str, *arguments: str) -> tuple[int, str]:
        with self.start(footnote, *arguments) as process:
            text, _ = process.communicate(timeout=20)
        return process.returncode, text


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


def test_other_commands_run_as_they_are(container: Container) -> None:
    """Their arguments and exit codes are handed through, without a pause."""
    assert container.run('echo "$1|$2"; exit 2', "ask", "a b") == (2, "ask|a b\n")
    assert container.run("exit 0", "discord") == (0, "")


@pytest.mark.parametrize("code", [1, 2, 137])
def test_a_failure_is_followed_by_a_pause(container: Container, code: int) -> None:
    """The container ends with an error only after 100 s, for Docker to start it again."""
    assert container.run(f"exit {code}", "discord") == (
        1,
        f"footnote: ended with code {code}; starting again in 100 s\nsleep 100\n",
    )


def test_a_bot_that_is_killed_is_followed_by_a_pause(container: Container) -> None:
    """Want of memory kills the bot alone, and is a failure like another."""
    code, text = container.run("kill -KILL $$", "discord")
    assert code == 1
    assert text.endswith("starting again in 100 s\nsleep 100\n")


def test_a_final_error_starts_nothing_again(container: Container) -> None:
    """The container waits, longer than one sleep, and ends at once when it is stopped."""
    with container.start("exit 3", "discord", sleep='[ -e "$0.once" ] && exec tail -f /dev/null; : > "$0.once"') as run:
        assert run.stdout is not None
        assert "stopped for good" in run.stdout.readline()
        assert [run.stdout.readline() for _ in range(2)] == ["sleep 3600\n"] * 2
        run.terminate()
        assert run.wait(10) == 128 + signal.SIGTERM


def test_a_stop_waits_for_what_the_bot_has_begun(container: Container) -> None:
    """The bot gets the signal, finishes and decides on the exit code; no pause follows."""
    finishing = (
        "trap 'echo asked; trap - TERM; ready=; ' TERM; ready=1; echo ready; while [ -n \"$ready\" ]; do :; done"
    )
    with container.start(f"{finishing}; echo finished; exit 5", "discord") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        run.terminate()
        assert run.wait(10) == 5
        assert run.stdout.read() == "asked\nfinished\n"


@pytest.mark.parametrize("_attempt", range(20))
def test_a_stop_at_the_very_start_reaches_the_bot(container: Container, _attempt: int) -> None:
    """A signal that comes before the container knows the bot's process id is passed on all the same."""
    finishing = "trap 'exit 5' TERM; kill -TERM $PPID; while :; do :; done"
    assert container.run(finishing, "discord") == (5, "")


# What is kept out of the repository


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the files of a checkout are listed by git")
@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("config/.env.example", False),
        *((f"config/{name}", False) for name in FILES),
        ("config/.env", True),
        ("config/discord_token", True),
        ("discord.sqlite", True),
        ("discord.sqlite-wal", True),
    ],
)
def test_git_ignores_what_is_private_and_nothing_else(name: str, ignored: bool) -> None:
    """The example is tracked; tokens and the database never are."""
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", name], cwd=ROOT, check=False)
    assert (done.returncode == 0) is ignored
