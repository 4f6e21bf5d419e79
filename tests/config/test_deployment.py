"""The files for systemd and Docker match the program: settings, paths, exit codes and pauses."""

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
COMPOSE_FILES = ("compose.yaml", "compose.searcher.yaml", "compose.whole.yaml")
FILES = ("footnote.service", "Dockerfile", *COMPOSE_FILES, ".env.example", "container.sh")
TEXTS = {name: (CONFIG / name).read_text("utf-8") for name in FILES}
FINAL_EXIT_CODE = 3  # another start would not help
SESSION_INTERVAL_S = 86_400 / 1_000  # Discord's limit of new sessions


def unit() -> dict[str, list[str]]:
    """Parse the systemd unit into the values of each key."""
    values: dict[str, list[str]] = {}
    for line in TEXTS["footnote.service"].splitlines():
        if re.match(r"\w+=", line):
            key, _, value = line.partition("=")
            values.setdefault(key, []).append(value)
    return values


def compose() -> Any:
    return yaml.safe_load(TEXTS["compose.yaml"])


def variables(text: str) -> dict[str, str]:
    """Find the FOOTNOTE_ variables in a file with their values, including those in comments."""
    found = re.findall(r"\b(FOOTNOTE_[A-Z_]+)(?:=|: )([^\s\\]+)", text)
    return {name: value.strip("'") for name, value in found}


# Settings and exit codes


@pytest.mark.parametrize("name", FILES)
def test_every_variable_is_a_setting_with_a_valid_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with an unknown variable would stop the bot at its start."""
    mentioned = set(re.findall(r"\bFOOTNOTE_[A-Z_]+", TEXTS[name]))
    assert mentioned == set(variables(TEXTS[name]))
    for variable, value in variables(TEXTS[name]).items():
        monkeypatch.setenv(variable, value)
    load_settings()


def test_unknown_variable_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds variables in every notation, and load_settings refuses an unknown one."""
    text = "# FOOTNOTE_A=1\nEnvironment=FOOTNOTE_B__C=2\n  FOOTNOTE_D: 3\n    FOOTNOTE_E=4 \\\n"
    expected = {"FOOTNOTE_A": "1", "FOOTNOTE_B__C": "2", "FOOTNOTE_D": "3", "FOOTNOTE_E": "4"}
    assert variables(text) == expected
    monkeypatch.setenv("FOOTNOTE_A", "1")
    with pytest.raises(Exception, match="FOOTNOTE_A in the environment is not a setting"):
        load_settings()


def test_only_the_final_exit_code_stops_restarts() -> None:
    """Systemd and the container use the same code."""
    assert unit()["RestartPreventExitStatus"] == [str(FINAL_EXIT_CODE)]
    assert re.findall(r"^ {4}(\d+)\)", TEXTS["container.sh"], re.MULTILINE) == ["0", str(FINAL_EXIT_CODE)]


def test_restarts_are_no_more_frequent_than_discord_allows() -> None:
    """Every pause is longer than 90 s, and 1,000 sessions a day leave 86 s for each."""
    pauses = [int(seconds) for seconds in [*unit()["RestartSec"], *re.findall(r"sleep (\d+)", TEXTS["container.sh"])]]
    assert len(pauses) == 3
    assert min(pauses) >= 90 > SESSION_INTERVAL_S
    assert unit()["StartLimitIntervalSec"] == ["0"]


def test_stopping_leaves_time_to_finish_work() -> None:
    """The bot has 10 s to finish; it is killed only later."""
    assert unit()["TimeoutStopSec"] == ["15"]
    assert compose()["services"]["bot"]["stop_grace_period"] == "15s"


def test_token_is_never_an_environment_variable() -> None:
    """It is in a file, so neither `systemctl show` nor `docker inspect` can print it."""
    service = compose()["services"]["bot"]
    assert unit()["LoadCredential"] == ["discord_token:/etc/footnote/discord_token"]
    assert "FOOTNOTE_DISCORD__TOKEN_FILE=%d/discord_token" in unit()["Environment"]
    assert service["secrets"] == list(compose()["secrets"]) == ["discord_token"]
    assert "FOOTNOTE_DISCORD__TOKEN_FILE=/run/secrets/discord_token " in TEXTS["Dockerfile"]
    assert not [name for name in ("footnote.service", "Dockerfile", "compose.yaml") if "DISCORD_TOKEN" in TEXTS[name]]
    assert re.findall(r"^([A-Z_]+)=(.*)$", TEXTS[".env.example"], re.MULTILINE) == [("DISCORD_TOKEN", "")]


def test_index_and_database_are_in_a_writable_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is next to the index: both are in the state folder of systemd, or in the volume of the container."""
    assert variables(TEXTS["footnote.service"])["FOOTNOTE_INDEX"] == f"%S/{unit()['StateDirectory'][0]}/index"
    monkeypatch.setenv("FOOTNOTE_INDEX", variables(TEXTS["Dockerfile"])["FOOTNOTE_INDEX"])
    assert str(load_settings().index_folder.parent) == "/data"
    assert "VOLUME /data\n" in TEXTS["Dockerfile"]
    assert "data:/data" in compose()["services"]["bot"]["volumes"]
    assert variables(TEXTS["Dockerfile"])["FOOTNOTE_SEEDS"] == "/seeds"


def test_bot_may_write_to_the_documents_as_documented() -> None:
    """What is kept in Discord are files beside the documents: nothing mounts these read-only."""
    assert "../seeds:/seeds" in compose()["services"]["bot"]["volumes"]
    assert "chown 1000 seeds" in TEXTS["compose.yaml"]
    assert unit()["ReadWritePaths"] == [variables(TEXTS["footnote.service"])["FOOTNOTE_SEEDS"]]
    (group,) = unit()["SupplementaryGroups"]
    assert f"-m 2775 -g {group} {variables(TEXTS['footnote.service'])['FOOTNOTE_SEEDS']}" in TEXTS["footnote.service"]


# Systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """It has no unknown key and no invalid value. /bin/true replaces the program, which is not installed here."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", TEXTS["footnote.service"], flags=re.MULTILINE)
    (tmp_path / "footnote.service").write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "footnote.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# Docker


def test_copied_files_exist_and_reach_the_builder() -> None:
    """The ignore file lets each source of COPY through, but no tokens and local settings."""
    lines = (CONFIG / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", TEXTS["Dockerfile"], re.MULTILINE)
    sources = {source for copy in copies for source in copy.split()}
    assert all((ROOT / source).exists() for source in sources)
    assert {source.split("/")[0] for source in sources} == sent
    ignored = [line for line in lines if not line.startswith(("!", "#", "*"))]
    secret = [f"config/{name}" for name in (".env", "database_password", "discord_token", "search_key")]
    assert ignored == [*secret, "config/footnote.toml"]


def test_image_has_supported_versions() -> None:
    """The base image's Python is one that the project supports; PyTorch is taken from the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lowest = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    versions = re.findall(r"^FROM python:(\d+)\.(\d+)-slim", TEXTS["Dockerfile"], re.MULTILINE)
    assert len(set(versions)) == 1
    assert tuple(map(int, versions[0])) >= lowest
    pattern = re.findall(r"grep -o '(.+?)' requirements.lock", TEXTS["Dockerfile"])[0]
    command = ["grep", "-o", pattern, "requirements.lock"]
    pins = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    (wanted,) = [name for name in project["optional-dependencies"]["build"] if name.startswith("torch==")]
    assert len(pins) == 1
    assert fnmatch.fnmatch(pins[0], wanted)


def test_image_has_what_every_command_needs() -> None:
    """All extras but that of measuring, which nobody does in a container."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    every = re.findall(r"\[(.+)\]", project["optional-dependencies"]["all"][0])[0].split(",")
    (installed,) = re.findall(r"'\.\[(.+)\]'", TEXTS["Dockerfile"])
    assert set(every) - set(installed.split(",")) == {"eval"}


@pytest.mark.parametrize("name", ["bot", "page"])
def test_nothing_is_root_in_the_container(name: str) -> None:
    """The image runs as an unprivileged user, and nothing in the container can gain privileges."""
    service = compose()["services"][name]
    assert re.findall(r"^USER (.+)$", TEXTS["Dockerfile"], re.MULTILINE) == ["footnote"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_this_machine_reaches_the_containers() -> None:
    """The page under names of this machine only; nothing of the bot is published."""
    services = compose()["services"]
    assert "ports" not in services["bot"]
    assert services["page"]["ports"] == ["127.0.0.1:8737:8737"]
    assert json.loads(services["page"]["environment"]["FOOTNOTE_SERVE__HOSTS"]) == ["localhost", "127.0.0.1"]
    assert services["page"]["profiles"] == ["page"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/health"])
@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_health_check_follows_the_service(status: int, healthy: bool, path: str) -> None:
    """The command of the image exits with 0 for status 200, and with an error for 503; the page has another address."""
    requested = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
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
        page_address = compose()["services"]["page"]["environment"]["HEALTH_ADDRESS"]
        if page_address.endswith(path):
            environment["HEALTH_ADDRESS"] = page_address.replace("8737", str(server.server_port))
        done = subprocess.run([sys.executable, *command[1:]], env=environment, stderr=subprocess.DEVNULL, check=False)
        server.shutdown()
        thread.join(10)
    assert requested == [path]
    assert (done.returncode == 0) is healthy


# config/container.sh


class Container:
    """Runs config/container.sh with substitutes for footnote and sleep."""

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


def test_other_commands_run_unchanged(container: Container) -> None:
    """Arguments and exit codes are passed through, without a pause."""
    assert container.run('echo "$1|$2"; exit 2', "ask", "a b") == (2, "ask|a b\n")
    assert container.run("exit 0", "discord") == (0, "")


@pytest.mark.parametrize("code", [1, 2, 137])
def test_failure_is_followed_by_a_pause(container: Container, code: int) -> None:
    """The container exits with an error only after 100 s, and then Docker restarts it."""
    assert container.run(f"exit {code}", "discord") == (
        1,
        f"footnote: ended with code {code}; starting again in 100 s\nsleep 100\n",
    )


def test_killed_bot_is_followed_by_a_pause(container: Container) -> None:
    """If the bot is killed for lack of memory, that is a failure like any other."""
    code, text = container.run("kill -KILL $$", "discord")
    assert code == 1
    assert text.endswith("starting again in 100 s\nsleep 100\n")


def test_final_error_is_not_followed_by_a_restart(container: Container) -> None:
    """The container keeps waiting, beyond one sleep, and ends at once when it is stopped."""
    with container.start("exit 3", "discord", sleep='[ -e "$0.once" ] && exec tail -f /dev/null; : > "$0.once"') as run:
        assert run.stdout is not None
        assert "stopped for good" in run.stdout.readline()
        assert [run.stdout.readline() for _ in range(2)] == ["sleep 3600\n"] * 2
        run.terminate()
        assert run.wait(10) == 128 + signal.SIGTERM


def test_stop_waits_for_unfinished_work(container: Container) -> None:
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
def test_stop_at_the_very_start_reaches_the_bot(container: Container, _attempt: int) -> None:
    """A signal that comes before the container knows the bot's process id is passed on all the same."""
    finishing = "trap 'exit 5' TERM; kill -TERM $PPID; while :; do :; done"
    assert container.run(finishing, "discord") == (5, "")


# Ignored files


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout")
@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("config/.env.example", False),
        *((f"config/{name}", False) for name in FILES),
        ("config/.env", True),
        ("config/database_password", True),
        ("config/discord_token", True),
        ("discord.sqlite", True),
        ("discord-index.sqlite-wal", True),
    ],
)
def test_git_ignores_only_private_files(name: str, ignored: bool) -> None:
    """The example is tracked; tokens and databases are not."""
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", name], cwd=ROOT, check=False)
    assert (done.returncode == 0) is ignored
