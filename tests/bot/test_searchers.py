"""Searchers as the settings name them: addresses, keys, and answers through them on one machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.building import run_rebuild
from bot.searchers import mirror, parse_address, read_key
from config.settings import ConfigError, load_settings
from retrieval.errors import NoSearcherError
from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("address", "parsed"),
    [("10.0.0.5:7711", ("10.0.0.5", 7711)), ("[::1]:80", ("::1", 80)), ("searcher:1", ("searcher", 1))],
)
def test_an_address_is_a_host_and_a_port(address: str, parsed: tuple[str, int]) -> None:
    """Also of IPv6, in brackets."""
    assert parse_address(address) == parsed


@pytest.mark.parametrize("address", ["10.0.0.5", ":7711", "host:", "host:0", "host:65536", "host:x"])
def test_another_address_is_an_error(address: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ConfigError, match="expected a host and a port, such as"):
        parse_address(address)


@pytest.mark.parametrize("host", ["a" * 80, "a..b"])
def test_a_host_that_can_be_none_is_an_error(host: str) -> None:
    """It is noticed with the settings, not with the first question."""
    with pytest.raises(ConfigError, match=r"setting search\.servers = "):
        parse_address(f"{host}:1")


def test_a_key_is_read_from_its_file(tmp_path: Path) -> None:
    """White space around it does not count; without a file, or with a short key, there is none."""
    file = tmp_path / "key"
    config = tmp_path / "footnote.toml"
    config.write_text(f'[search]\nkey_file = "{file}"\n')
    with pytest.raises(ConfigError, match="key_file names no file"):
        read_key(load_settings())
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_key(load_settings(config))
    file.write_text("short\n")
    with pytest.raises(ConfigError, match="is shorter than 16 characters"):
        read_key(load_settings(config))
    file.write_text("0123456789abcdef\n")
    assert read_key(load_settings(config)) == b"0123456789abcdef"


def test_a_folder_of_documents_elsewhere_says_nothing_about_a_mirror(tmp_path: Path) -> None:
    """The sample documents are not what a mirrored index was built from, unless a setting says so."""
    config = tmp_path / "footnote.toml"
    assert load_settings().indexed_seeds == load_settings().seeds_folder
    config.write_text('[search]\nservers = ["10.0.0.5:7711"]\n')
    assert load_settings(config).indexed_seeds is None
    assert load_settings(config, seeds=str(tmp_path)).indexed_seeds == tmp_path


def test_without_a_searcher_and_without_a_mirror_nothing_is_built(tmp_path: Path) -> None:
    """The error names the address."""
    (tmp_path / "key").write_text("0123456789abcdef")
    config = tmp_path / "footnote.toml"
    config.write_text(f'[search]\nservers = ["127.0.0.1:1"]\nkey_file = "{tmp_path / "key"}"\n')
    with pytest.raises(NoSearcherError, match=r"127\.0\.0\.1:1: .*refused"):
        mirror(load_settings(config, index=str(tmp_path / "mirror")), print)
    with pytest.raises(ConfigError, match="rebuild it there"):
        run_rebuild(load_settings(config, index=str(tmp_path / "mirror")))
    assert not (tmp_path / "mirror").exists()


def test_a_question_is_answered_with_a_searcher_of_another_process(sample_index: Path) -> None:
    """The script starts the searcher and stops it; `ask` mirrors and asks it, and the answer is the usual one."""
    environment = os.environ | {"FOOTNOTE_INDEX": str(sample_index), "PYTHON": sys.executable}
    question = ["ask", "When does the library open?", "--json"]
    script = subprocess.run(
        [ROOT / "config" / "with-searchers.sh", "1", *question],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    command = [sys.executable, "-P", "-m", "bot.commands.cli", *question]
    environment |= {"PYTHONPATH": str(ROOT)}
    usual = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    answers = [json.loads(result.stdout) | {"elapsed_ms": 0} for result in (script, usual)]
    assert script.returncode == usual.returncode
    assert answers[0] == answers[1]
    assert answers[0]["question"] == question[1]
