"""Time syncs of a Git repository: python tests/benchmarks/sync_git.py [PAGES].

Prints one JSON object per line: the first sync of a repository of PAGES (by default 2000) pages, a sync without a
change, one after one changed page, and listing the folder and reading that page afterwards. git's own http-backend
serves the repository on 127.0.0.1.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from bot.sources.sync import Place, SourceReport, sync_source
from config.sync_settings import GitSource
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from tests.support.git_server import GitRepository, git_server
from tests.support.sync_places import git_source, make_place

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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=2000)
    count = parser.parse_args().pages
    pages = {f"part-{number % 40}/page-{number}.md": page(number) for number in range(count)}
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


if __name__ == "__main__":
    main()
