"""Time syncs of a Git repository: python -m tests.benchmarks.sync_git [PAGES] [--live].

Prints one JSON object per line: the first sync of a repository of PAGES (by default 2000) pages, a sync without a
change, one after one changed page, and listing the folder and reading that page afterwards. With --live also the first
rebuild, in which every page is encoded, and then, while `footnote serve` runs in a process of its own: sync and rebuild
after one more changed page, and the time from the commit until the service quotes what it says. git's own http-backend
serves the repository on 127.0.0.1.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bot import building
from bot.sources.sync import Place, SourceReport, sync_source
from config.settings import Settings, load_settings
from config.sync_settings import GitSource
from retrieval.progress import silent
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.upkeep.rebuild import rebuild
from tests.support.git_server import GitRepository, git_server
from tests.support.paths import ROOT
from tests.support.sync_places import git_source, make_place

QUESTION = "What is kept in the cellar of the lighthouse?"
NEWS = "The cellar of the lighthouse keeps the spare lamps."
ASK_INTERVAL_S = 0.05
PARAGRAPH = "The {word} of section {number} opens at {hour} and closes when the last visitor has left the house. "


def page(number: int, hour: int = 9) -> bytes:
    """Make a page of 4.5 KB, like a page of a manual."""
    sections = [
        f"## Section {section}\n\n"
        + "".join(PARAGRAPH.format(word=f"room{number % 97}", number=section, hour=hour + line) for line in range(5))
        for section in range(10)
    ]
    return f"# Page {number}\n\n{''.join(part + chr(10) * 2 for part in sections)}".encode()


def timed(name: str, source: GitSource, place: Place) -> SourceReport:
    """Sync and print how long that took."""
    started = time.perf_counter()
    report = sync_source(source, place)
    seconds = round(time.perf_counter() - started, 2)
    counts = {"added": len(report.added), "changed": len(report.changed), "unchanged": report.unchanged}
    print(json.dumps({"what": name, "seconds": seconds, **counts, "error": report.error or None}))
    return report


def rebuild_timed(name: str, settings: Settings) -> float:
    """Rebuild and print how long that took, and how much of it without encoding; return all seconds."""
    started = time.perf_counter()
    report = rebuild(building.rebuild_options(settings), silent)
    seconds = time.perf_counter() - started
    counts, pace = report.manifest.counts, report.manifest.pace
    assert pace is not None
    without_encoding = {"seconds_without_encoding": round(pace.rest, 2), "encoded_windows": report.encoded_windows}
    sizes = {"documents": counts.documents, "sentences": counts.sentences}
    print(json.dumps({"what": name, "seconds": round(seconds, 2), **without_encoding, **sizes}), flush=True)
    return seconds


def wait_for_answer(client: httpx.Client, text: str) -> None:
    """Ask until a quote has a text."""
    while text not in client.post("/api/v1/ask", json={"question": QUESTION}).text:
        time.sleep(ASK_INTERVAL_S)


def measure_live(repository: GitRepository, pages: dict[str, bytes], source: GitSource, place: Place) -> None:
    """Rebuild the synced pages, start the service, change a page, and print when the service quotes it."""
    index = place.seeds.parent / "index"
    settings = load_settings(seeds=str(place.seeds), index=str(index))
    rebuild_timed("first rebuild", settings)
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "serve", "--port", "0"]
    command += ["--seeds", str(place.seeds), "--index", str(index)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOOTNOTE_SERVE__QUESTIONS_PER_MINUTE": "100000"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        try:
            with httpx.Client(base_url=service.stdout.readline().strip(), timeout=60.0) as client:
                client.post("/api/v1/ask", json={"question": QUESTION}).raise_for_status()
                repository.commit({**pages, "part-0/page-0.md": page(0, 8) + f"\n{NEWS}\n".encode()})
                started = time.perf_counter()
                timed("one more changed page", source, place)
                rebuild_timed("rebuild after it", settings)
                wait_for_answer(client, NEWS)
                seconds = time.perf_counter() - started
                print(json.dumps({"what": "the change is quoted by the service", "seconds": round(seconds, 2)}))
        finally:
            service.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=2000)
    parser.add_argument("--live", action="store_true", help="also rebuild, and wait until footnote serve quotes it")
    arguments = parser.parse_args()
    pages = {f"part-{number % 40}/page-{number}.md": page(number) for number in range(arguments.pages)}
    with tempfile.TemporaryDirectory() as name, git_server(Path(name)) as server:
        repository = GitRepository(Path(name) / "r.git")
        repository.commit(pages)
        subprocess.run(["git", "-C", str(repository.path), "gc", "-q"], check=True)  # as a server keeps it
        place = make_place(Path(name) / "seeds")
        source = git_source(f"{server.address}/r.git", url="https://x.example/{commit}/{path}#L{line}")
        timed("first sync", source, place)
        timed("nothing changed", source, place)
        repository.commit({**pages, "part-0/page-0.md": page(0, 8)})
        report = timed("one changed page", source, place)
        started = time.perf_counter()
        files = {file.id: file for file in list_files(place.seeds)[0]}
        read_file(files[f"manual/{report.changed[0]}"], 10_000_000)
        print(json.dumps({"what": "list and read it", "seconds": round(time.perf_counter() - started, 2)}))
        if arguments.live:
            measure_live(repository, pages, source, place)


if __name__ == "__main__":
    main()
