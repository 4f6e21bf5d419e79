"""`footnote sync`: reports, exit codes, --dry-run, --watch and --rebuild, one process at a time."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot import building
from bot.commands import sync_command
from bot.sources.sync_lock import syncing
from config.settings import Settings, load_settings
from retrieval.errors import StoreError
from tests.bot.conftest import RunFootnote
from tests.support.git_server import GitRepository, git_server
from tests.support.sync_places import tree

DOCS = {"a.md": b"# Zoo\n\nThe zoo opened in 1931.\n", "b.md": b"# Pool\n\nThe pool opened in 1950.\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[GitRepository]:
    """Yield a repository that is served, with settings that name it and a server that is gone."""
    repository = GitRepository(tmp_path / "r.git")
    repository.commit(DOCS)
    (tmp_path / "docs").mkdir()
    with git_server(tmp_path) as server:
        source = '[[sync.sources]]\nkind = "git"\nallow_private_addresses = true\n'
        (tmp_path / "footnote.toml").write_text(
            f'seeds = "{tmp_path / "docs"}"\nindex = "{tmp_path / "ix"}"\n'
            f'{source}name = "manual"\naddress = "{server.address}/r.git"\n'
            f'{source}name = "gone"\naddress = "http://127.0.0.1:9/r.git"\n'
        )
        yield repository


@pytest.fixture
def settings(repository: GitRepository) -> Settings:
    """Return the settings."""
    return load_settings(repository.path.with_name("footnote.toml"))


def test_report_and_exit_codes(footnote: RunFootnote, repository: GitRepository, tmp_path: Path) -> None:
    """0 for what is up to date, 1 if a source failed, 2 for what is wrong before; each failure is one line."""
    config = ("--config", str(tmp_path / "footnote.toml"))
    done = footnote("sync", "manual", "--dry-run", *config)
    assert (done.returncode, done.stderr, tree(tmp_path / "docs")) == (0, "footnote: no document was changed\n", {})
    assert done.stdout.startswith("added    manual/a.md\nadded    manual/b.md\nmanual: 2 added, 0 unchanged (")
    done = footnote("sync", *config)
    assert done.returncode == 1
    assert done.stderr == (
        "footnote: gone: failed, its documents stay as they are: 127.0.0.1 cannot be reached\n"
        "footnote: to answer from the new state: footnote rebuild\n"
    )
    assert tree(tmp_path / "docs") == {"manual/a.md": DOCS["a.md"], "manual/b.md": DOCS["b.md"]}
    repository.commit({"a.md": DOCS["a.md"], "c.md": DOCS["b.md"], "x\\y.md": b"x"})
    done = footnote("sync", "manual", "--json", *config)
    report = json.loads(done.stdout)["sources"][0]
    assert (done.returncode, done.stderr) == (0, "")
    assert (report["added"], report["changed"], report["removed"], report["unchanged"]) == (["c.md"], [], ["b.md"], 1)
    assert report["skipped"] == [{"path": "x\\y.md", "reason": "its name is not allowed on every system"}]
    assert report["error"] is None
    done = footnote("sync", "other", *config)
    assert (done.returncode, done.stderr) == (2, "footnote: no source is named 'other'; there are manual, gone\n")
    done = footnote("sync", "--watch", "--dry-run", *config)
    assert done.returncode == 2


def test_answer_leads_to_the_line_after_sync_and_rebuild(
    footnote: RunFootnote, repository: GitRepository, compiled_model: tuple[Path, str], tmp_path: Path
) -> None:
    """From the repository to the citation; a changed page is answered after the next sync, as the others are."""
    shutil.copytree(compiled_model[0] / "models", tmp_path / "ix" / "models", copy_function=os.link)
    file = tmp_path / "footnote.toml"
    url = 'name = "manual"\nurl = "https://git.example/{commit}/{path}#L{line}"\n'
    file.write_text(file.read_text().replace('name = "manual"\n', url))
    config = ("--config", str(file))
    done = footnote("sync", "manual", "--rebuild", *config)
    assert (done.returncode, done.stdout.splitlines()[-1].split(" after ")[0]) == (0, "gen-1 is live")
    second = repository.commit({**DOCS, "a.md": b"# Zoo\n\nNews.\n\nThe zoo opened in 1932.\n"})
    done = footnote("sync", "manual", "--rebuild", "--json", *config)
    assert json.loads(done.stdout)["rebuild"]["generation"] == "gen-2"
    answer = json.loads(footnote("ask", "When did the zoo open?", "--json", *config).stdout)
    assert answer["quotes"][0]["text"] == "The zoo opened in 1932."
    assert answer["quotes"][0]["citation"]["url"] == f"https://git.example/{second}/a.md#L5"
    answer = json.loads(footnote("ask", "When did the pool open?", "--json", *config).stdout)
    assert answer["quotes"][0]["citation"]["url"].endswith("/b.md#L3")
    assert second not in answer["quotes"][0]["citation"]["url"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "no source is set up; describe one under [[sync.sources]] in config/footnote.toml"),
        (
            '[[sync.sources]]\nkind = "git"\nname = "a"\naddress = "https://a.example/r"\n',
            "sources need a folder of documents of your own; name it with seeds or --seeds",
        ),
        (
            'seeds = "nowhere"\n[[sync.sources]]\nkind = "git"\nname = "a"\naddress = "https://a.example/r"\n',
            "the seeds folder {folder}/nowhere does not exist; name one with --seeds",
        ),
    ],
)
def test_what_is_missing_is_said_first(footnote: RunFootnote, tmp_path: Path, content: str, line: str) -> None:
    """Nothing is fetched into the sample documents or into a folder that does not exist."""
    (tmp_path / "footnote.toml").write_text(content)
    done = footnote("sync", "--config", str(tmp_path / "footnote.toml"))
    assert (done.returncode, done.stderr) == (2, f"footnote: {line.format(folder=tmp_path)}\n")


def test_one_process_at_a_time(footnote: RunFootnote, settings: Settings, tmp_path: Path) -> None:
    """The second one says so and changes nothing."""
    with syncing(settings.seeds_folder):
        done = footnote("sync", "--config", str(tmp_path / "footnote.toml"))
    line = f"footnote: another process syncs into {tmp_path / 'docs'}; try again when it is done\n"
    assert (done.returncode, done.stderr) == (2, line)


def test_watch_repeats_with_jitter_and_says_what_is_new(
    settings: Settings, repository: GitRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each change, one for each new failure, nothing for a round without either."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            repository.commit({**DOCS, "c.md": b"The park opened in 1960."})
        if len(waits) == 3:
            raise KeyboardInterrupt

    assert sync_command.watch(settings, (), rebuild=False, as_json=False, wait=wait, draw=lambda: 0.5) == 0
    output = capsys.readouterr()
    lines = [line.rpartition(" (")[0] for line in output.out.splitlines()]
    assert lines == ["manual: 2 added, 0 unchanged", "manual: 1 added, 2 unchanged"]
    assert output.err.splitlines() == [
        "footnote: syncing every 60 minutes; Ctrl-C stops",
        "footnote: gone: failed, its documents stay as they are: 127.0.0.1 cannot be reached",
    ]
    assert waits == [3780.0, 3780.0, 3780.0]


def test_watch_goes_on_after_failures(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rebuild that fails and a folder that another process syncs into are a line each; the next round tries again."""

    def fail(_: Settings, **_options: object) -> None:
        raise StoreError("another process is writing the index")

    monkeypatch.setattr(building, "run_rebuild", fail)
    rounds = 0
    with ExitStack() as stack:

        def wait(_: float) -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 1:
                stack.enter_context(syncing(settings.seeds_folder))
            if rounds == 3:
                raise KeyboardInterrupt

        assert sync_command.watch(settings, ("manual",), rebuild=True, as_json=False, wait=wait) == 0
    output = capsys.readouterr()
    assert output.out.startswith("manual: 2 added, 0 unchanged (")
    busy = f"another process syncs into {settings.seeds_folder}; try again when it is done"
    assert output.err.splitlines()[1:] == [
        "footnote: another process is writing the index",
        f"footnote: manual: failed, its documents stay as they are: {busy}",
    ]


def test_watch_rebuilds_until_that_succeeds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that a failed rebuild missed is taken up in the next round, also without another change."""
    attempts = rounds = 0

    def fail(_: Settings, **_options: object) -> None:
        nonlocal attempts
        attempts += 1
        raise StoreError("another process is writing the index")

    def wait(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(building, "run_rebuild", fail)
    assert sync_command.watch(settings, ("manual",), rebuild=True, as_json=False, wait=wait) == 0
    assert attempts == 2


def test_watch_waits_for_a_folder_that_is_gone(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as a disk that is not mounted at the moment."""

    def wait(_: float) -> None:
        raise KeyboardInterrupt

    (settings.seeds_folder / ".sync").write_text("no folder")
    assert sync_command.watch(settings, ("manual",), rebuild=False, as_json=False, wait=wait) == 0
    assert "manual: failed, its documents stay as they are: " in capsys.readouterr().err
