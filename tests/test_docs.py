"""The documentation is true: commands, options, settings, formats and rooms are in it, and its links lead somewhere."""

import html
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot.commands.cli import cli
from bot.showing.reply import REFUSAL
from config.setting_types import expected_values
from config.settings import DEFAULTS, Settings
from docs import build
from docs.pictures import ANSWERED, REFUSED, markdown
from retrieval.reading.formats.registry import FORMATS
from retrieval.text.file_suffixes import PLAIN_SUFFIXES
from tests.support.paths import ROOT

PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in build.pages()}
README = PAGES["README.md"]
NOT_TRACKED = {"config/footnote.toml", "config/discord_token", "docs/_build/site", "docs/_build/site/index.html"}
MOVED = {"retrieval.train", "bot.cli"}  # commands that the changelog says are elsewhere now
REGISTRY = re.compile(r"\b(?:pypi|python[h]osted|npmjs|deb\.debian)\.(?:org|com)\b")  # which does not match itself
EVERYWHERE = ("--seeds", "--index", "--config", "--debug")  # options of every command


def test_the_readme_is_an_invitation() -> None:
    """It fits three screens, shows the two commands to begin with, and leaves the details to docs/."""
    assert README.count("\n") <= 150
    assert f'\n./footnote ask "{ANSWERED}"\n./footnote test\n' in README
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - {"docs/index.md"} <= set(
        build.links(ROOT / "README.md")
    )


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_is_described_on_one_page_with_its_options(name: str) -> None:
    """Whoever finds the page of a command finds all of its options there."""
    shown = [parameter for parameter in cli.commands[name].params if not getattr(parameter, "hidden", False)]
    options = {option for parameter in shown for option in parameter.opts if option[:2] == "--"}
    pages = [text for text in PAGES.values() if re.search(rf"footnote {name}\b", text)]
    assert any(all(option in text for option in options - {*EVERYWHERE}) for text in pages)
    assert all(f"`{option}" in PAGES["docs/asking.md"] for option in options & {*EVERYWHERE})


def test_every_setting_is_described_with_its_default() -> None:
    """Keys are written as they are in the file, with their table; no row is left of a setting that went away."""
    described = {}
    for key, default in re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", PAGES["docs/settings.md"], re.MULTILINE):
        described[key] = tomllib.loads(f"default = {default}")["default"]
    defaults: dict[str, object] = {}
    for key, value in tomllib.loads(DEFAULTS.read_text("utf-8")).items():
        defaults |= {f"{key}.{inner}": it for inner, it in value.items()} if isinstance(value, dict) else {key: value}
    assert described == defaults


def test_every_number_among_the_settings_is_described_with_its_range() -> None:
    """From the least to the greatest value that it takes."""
    for key in re.findall(r"^\| `([\w.]+)` \|", PAGES["docs/settings.md"], re.MULTILINE):
        taken = re.search(r"number from (\S+ to \S+)$", expected_values(Settings, key))
        (row,) = re.findall(rf"^\| `{key}` \|.*", PAGES["docs/settings.md"], re.MULTILINE)
        assert taken is None or taken[1] in row


def test_every_format_is_described_with_its_extra() -> None:
    """A row of the table names each extension, and what to install for it."""
    rows = re.findall(r"^\| (`\..*?) \| (.*?) \|", PAGES["docs/documents.md"], re.MULTILINE)
    extras = {suffix: extra.split(":")[0].strip("`") for suffixes, extra in rows for suffix in suffixes.split(", ")}
    formats = {suffix: format_.extra for suffix, format_ in FORMATS.items()}
    assert {name.strip("`"): "" if extra.startswith("none") else extra for name, extra in extras.items()} == {
        **formats, **dict.fromkeys(PLAIN_SUFFIXES, ""),
    }  # fmt: skip


def test_every_room_is_named_in_the_internals() -> None:
    """No package without a line, no line for a package that went away."""
    rooms = {
        path.parent.relative_to(ROOT).as_posix()
        for package in ("bot", "config", "retrieval")
        for path in (ROOT / package).rglob("__init__.py")
    }
    named = set(re.findall(r"`((?:bot|config|retrieval)(?:/\w+)*)/`", PAGES["docs/internals.md"]))
    assert named == rooms


@pytest.mark.parametrize("name", PAGES)
def test_every_path_and_module_that_a_page_names_exists(name: str) -> None:
    """Whoever moves a file learns here which pages name it; the changelog also speaks of what went away."""
    paths = re.findall(r"\b((?:bot|config|docs|retrieval|seeds|tests)/[\w/.-]*\w)\b(?![\w/]*[<*])", PAGES[name])
    modules = re.findall(r"python -m ((?:bot|docs|retrieval|tests)[\w.]*\w)", PAGES[name])
    gone = {path for path in paths if not (ROOT / path).exists()}
    for module in modules:
        path = ROOT / module.replace(".", "/")
        gone |= set() if path.with_suffix(".py").exists() or (path / "__main__.py").exists() else {module}
    assert gone - NOT_TRACKED - (MOVED if name == "CHANGELOG.md" else set()) == set()


def test_no_link_is_dead() -> None:
    """Neither in docs/ nor in the pages at the top; external addresses are checked for their form only."""
    assert build.dead_links() == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    """A missing file, heading or picture, a way out of the project, and an address that is not https."""
    (tmp_path / "docs").mkdir()
    for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        (tmp_path / name).write_text("# Same\n\n## Same `code`, twice\n\n## Same `code`, twice\n")
    (tmp_path / "README.md").write_text(
        "# Top\n[a](#top) [b](SECURITY.md#same-code-twice-1) <https://example.org/x> `[code](nothing)`\n\n"
        "[c](docs/no.md) [d](#no) [e](SECURITY.md#no) ![f](no.png) [g](../x.md) [h](docs) [i](http://example.org)\n"
        "[j](https://example) [k](mailto:a@example.org)"
    )
    assert build.dead_links(tmp_path) == [
        "README.md: docs/no.md (no such file)",
        "README.md: #no (no such heading)",
        "README.md: SECURITY.md#no (no such heading)",
        "README.md: no.png (no such file)",
        "README.md: ../x.md (outside the project)",
        "README.md: docs (no such file)",
        "README.md: http://example.org (not an https address)",
        "README.md: https://example (not an https address)",
        "README.md: mailto:a@example.org (not an https address)",
    ]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Every page is in it, and it loads nothing from elsewhere."""
    built = build.build(folder=tmp_path)
    assert built.returncode == 0, built.stdout
    site = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert {name.replace("README", "index").replace(".md", ".html") for name in PAGES} <= site
    assert {"docs/images/discord.png", "docs/images/terminal.svg", "LICENSE"} <= site
    for page in (tmp_path / "site").rglob("*.html"):
        assert re.findall(r'<(?:script|img|iframe|link)\b[^>]*(?:src|href)="?(?:https?:)?//', page.read_text()) == []


def test_the_site_lists_every_page() -> None:
    """All but the list for GitHub, whose place the navigation of the site takes."""
    navigation = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    listed = re.findall(r'"([^"]+\.md)"', json.dumps(navigation))
    assert sorted([*listed, "docs/index.md"]) == sorted(PAGES)


def test_the_picture_of_the_terminal_is_up_to_date() -> None:
    """It shows a sentence of the sample documents, the wording of a refusal, and loads nothing."""
    drawn = (ROOT / "docs" / "images" / "terminal.svg").read_text("utf-8")
    text = " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", drawn, flags=re.DOTALL)).split())
    quotes = re.findall("“(.*?)”", text)
    seeds = "".join(path.read_text("utf-8") for path in sorted((ROOT / "seeds").glob("*.md")))
    assert len(quotes) == 1
    assert quotes[0] in seeds
    assert REFUSAL() in text
    assert f'./footnote ask "{ANSWERED}"' in text
    assert f'./footnote ask "{REFUSED}"' in text
    assert re.findall(r"url\((?!#)|href", drawn) == []


def test_the_picture_of_discord_shows_markdown_as_discord_does() -> None:
    """Bold text is bold, escaped characters are plain, and nothing of a document becomes HTML."""
    line, item = '<div class="line" style="margin-left: 0ch"><i></i>', '<div class="item" style="margin-left: 3ch"><i>'
    assert markdown(r"**“a\*b\*”** 1\. <b>") == f"{line}<strong>“a*b*”</strong> 1. &lt;b&gt;</div>"
    assert markdown("   - a\n   12. b") == f"{item}•</i>a</div>{item}12. </i>b</div>"
    assert markdown("a\n```c++\n**<b>\n  x\n```\nb") == f"{line}a</div><pre>**&lt;b&gt;\n  x</pre>{line}b</div>"


def test_nothing_that_belongs_to_a_machine_is_in_the_lock() -> None:
    """Pins with their hashes, and PyTorch's pin without one: no address of a registry, no path, no local version."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    code = re.sub(r"#.*", "", lock).replace("\\\n", " ")
    pins = [line.strip() for line in code.splitlines() if line.strip()]
    pattern = r"[a-z0-9.-]+==[0-9][\w.]*( ; [\w '\".<>=!()]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    assert [pin for pin in pins if not re.fullmatch(pattern, pin)] == []
    assert re.findall(r"^# (torch==.+)$", lock, re.MULTILINE) == ["torch==2.13.0"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the files of a checkout are listed by git")
def test_no_file_of_the_index_or_of_a_setting_is_tracked() -> None:
    """What is derived or private stays out of the repository."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name for name in tracked if name.startswith(("index", ".venv")) or name.endswith(("footnote.toml", ".env"))
    ]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the files of a checkout are listed by git")
def test_no_tracked_file_has_the_address_of_a_registry() -> None:
    """Packages are named by their names alone, also in the questions and the words that come from other manuals."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert [path for path in files if REGISTRY.search(path.read_text("utf-8", errors="replace"))] == []
    assert all(REGISTRY.search(f"https://{name}.org/simple/") for name in ("pypi", "npmjs"))


def test_documents_has_the_extra_of_every_format() -> None:
    """The extras of the table of formats are those that `documents` brings."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    formats = sorted({format_.extra for format_ in FORMATS.values() if format_.extra})
    assert extras["documents"] == [f"footnote[{','.join(formats)}]"]
