"""Git over ssh: a program on the path takes the place of ssh and runs the command here, as a server does."""

import logging
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.sources.git_ssh import SshAddress, parse_ssh_address, ssh_arguments
from bot.sources.sync import sync_source
from tests.support.git_server import GitRepository
from tests.support.sync_places import git_source, make_place, tree

DOCS = {"a.md": b"# A\n\nOne sentence.\n", "b.md": b"# B\n\nAnother one.\n"}
SSH = """#!/bin/sh
printf '%s\\n' "$@" >> "$SSH_LOG"
{fault}
for command; do :; done
exec sh -c "$command"
"""
SYSTEM_SSH = shutil.which("ssh")  # the tests put another one into its place
GIT_OPTIONS = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


@pytest.fixture
def ssh_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program into the place of ssh; returns the file with its arguments, a line for each."""
    install_ssh(tmp_path, monkeypatch, "")
    for name, value in GIT_OPTIONS.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "ssh.log"


def install_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Put a program into the place of ssh that does something before the command."""
    program = folder / "bin" / "ssh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(SSH.format(fault=fault))
    program.chmod(0o755)
    logging.getLogger("dulwich").propagate = True  # as in a process that has synced nothing yet
    monkeypatch.setattr(shutil, "which", {"ssh": str(program)}.get)
    monkeypatch.setenv("SSH_LOG", str(folder / "ssh.log"))


def test_a_repository_is_fetched_over_ssh_and_later_only_what_changed(
    tmp_path: Path, ssh_log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """To the address that was checked, with the host's own key, with nothing asked and nothing logged."""
    repository = GitRepository(tmp_path / "it's a r.git")
    repository.let_clients_leave_out_files(False)  # which dulwich would log
    repository.commit(DOCS)
    source, place = git_source(f"ssh://git@127.0.0.1:2222{tmp_path}/it's%20a%20r.git"), make_place(tmp_path / "seeds")
    assert sync_source(source, place).error == ""
    assert tree(tmp_path / "seeds" / "manual") == DOCS
    repository.commit({**DOCS, "b.md": b"# B\n\nA new one.\n"})
    report = sync_source(source, place)
    assert (report.changed, report.unchanged, report.error) == (["b.md"], 1, "")
    assert caplog.records == []
    lines = ssh_log.read_text().splitlines()
    assert {"HostName=127.0.0.1", "HostKeyAlias=[127.0.0.1]:2222", "BatchMode=yes"} < set(lines)
    assert lines[-3:] == ["--", "git@127.0.0.1", f"git-upload-pack '{tmp_path}/it'\\''s a r.git'"]


def test_options_lead_nowhere_but_to_the_checked_address() -> None:
    """No proxy, jump or other connection of the user's configuration is used, and no key is taken unseen."""
    options = ssh_arguments("git.example", 22, "203.0.113.7", 5, 2)
    for option in (
        "HostName=203.0.113.7", "HostKeyAlias=git.example", "StrictHostKeyChecking=yes", "ProxyCommand=none",
        "ProxyJump=none", "ControlPath=none", "PasswordAuthentication=no", "ForwardAgent=no",
        "SetEnv=GIT_PROTOCOL=version=2",
    ):  # fmt: skip
        assert options[options.index(option) - 1] == "-o"


@pytest.mark.skipif(SYSTEM_SSH is None, reason="ssh is not installed")
def test_ssh_takes_the_options_before_those_of_the_user(tmp_path: Path) -> None:
    """Whatever a configuration says that would run something else or send the connection elsewhere."""
    configuration = tmp_path / "config"
    configuration.write_text(
        "Host *\n  ProxyCommand evil\n  HostName evil\n  RemoteCommand evil\n  SessionType none\n  LogLevel QUIET\n"
        "  StrictHostKeyChecking no\n  Tunnel yes\n  User git\n"
    )
    options = ssh_arguments("git.example", 22, "203.0.113.7", 5, 2)
    command = [str(SYSTEM_SSH), "-F", str(configuration), "-G", *options, "--", "git.example"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = set(done.stdout.splitlines())
    assert {"hostname 203.0.113.7", "stricthostkeychecking true", "loglevel ERROR", "tunnel false", "user git"} < lines
    assert {"sessiontype default", "hostkeyalias git.example", "batchmode yes"} < lines
    assert "evil" not in done.stdout


def test_a_host_whose_name_no_host_can_have_is_named(tmp_path: Path, ssh_log: Path) -> None:
    """Python's own error would be taken for damaged objects."""
    report = sync_source(git_source(f"git@{'h' * 70}.example:r.git"), make_place(tmp_path / "seeds"))
    assert report.error == f"the name {'h' * 70}.example cannot be looked up"
    assert not ssh_log.exists()


@pytest.mark.parametrize("address", ["ssh://git@10.0.0.7/r", "git@10.0.0.7:r"])
def test_private_addresses_are_refused_before_ssh_starts(tmp_path: Path, ssh_log: Path, address: str) -> None:
    """As over HTTP."""
    report = sync_source(git_source(address, allow_private_addresses=False), make_place(tmp_path / "seeds"))
    assert report.error == "10.0.0.7 is a private address (allow_private_addresses permits those of your network)"
    assert not ssh_log.exists()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("echo 'Host key verification failed.' >&2; exit 255", "127.0.0.1 its host key is not in known_hosts"),
        (
            "echo '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.' >&2; exit 255",
            "127.0.0.1 has another host key than in known_hosts: perhaps another machine answers for it",
        ),
        ("echo 'git@h: Permission denied (publickey).' >&2; exit 255", "127.0.0.1 refuses the keys of the agent"),
        ("echo 'SECRET' >&2; exit 1", "127.0.0.1 refuses or breaks off"),
        ("exec sleep 60", "127.0.0.1 does not answer in time (sync.timeout_s)"),
        ("exec head -c 3000000 /dev/zero", "the Git server "),
    ],
)
def test_a_failure_is_one_line_and_says_nothing_of_the_server(
    tmp_path: Path, ssh_log: Path, monkeypatch: pytest.MonkeyPatch, fault: str, error: str
) -> None:
    """What is wrong, not the words of a server or a program."""
    install_ssh(tmp_path, monkeypatch, fault)
    report = sync_source(git_source("git@127.0.0.1:r.git"), make_place(tmp_path / "seeds", timeout_s=1))
    assert report.error.startswith(error)
    assert "SECRET" not in report.error
    assert ssh_log.exists()


def test_a_missing_repository_is_named(tmp_path: Path, ssh_log: Path) -> None:
    """Servers say it in their own words."""
    report = sync_source(git_source(f"ssh://127.0.0.1{tmp_path}/none.git"), make_place(tmp_path / "seeds"))
    assert report.error == "127.0.0.1 has no such repository, or not for this key"
    assert ssh_log.exists()


def test_without_ssh_its_name_is_said(tmp_path: Path) -> None:
    """An ssh address needs the program."""
    report = sync_source(git_source("git@127.0.0.1:r.git"), make_place(tmp_path / "seeds"))
    assert report.error == "ssh is not installed, which an ssh address needs"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("git@host.example:team/docs.git", SshAddress("git", "host.example", 22, "team/docs.git")),
        ("host.example:docs.git", SshAddress("", "host.example", 22, "docs.git")),
        ("ssh://git@host.example:2222/team/my%20docs", SshAddress("git", "host.example", 2222, "/team/my docs")),
    ],
)
def test_addresses_are_parsed_as_git_does(address: str, expected: SshAddress) -> None:
    """In both forms."""
    assert parse_ssh_address(address) == expected
