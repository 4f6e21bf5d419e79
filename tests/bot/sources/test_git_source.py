"""A folder is filled from a Git repository over HTTP: only what changed, harmless paths only, with addresses."""

import json
import shutil
from pathlib import Path

import pytest
from dulwich.refs import Ref

from bot.showing.wording import source_text
from bot.sources.git_source import file_address
from bot.sources.sync import sync_source
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument
from tests.support.git_server import LINK, SUBMODULE, Content, GitRepository, git_server
from tests.support.sync_places import git_source, make_place, tree
from tests.support.trap_server import Request, Response

DOCS = {"docs/install.md": b"# Install\n\nRun it.\n", "docs/guide/index.md": b"# Guide\n\nRead it.\n"}


def test_first_sync_fetches_and_the_next_one_takes_what_changed(tmp_path: Path) -> None:
    """Files are added, changed and removed as in the repository; an unchanged file keeps the very file it was."""
    repository = GitRepository(tmp_path / "r.git")
    first = repository.commit({**DOCS, "logo.png": b"x"})
    place = make_place(tmp_path / "seeds")
    with git_server(tmp_path) as server:
        source = git_source(f"{server.address}/r.git")
        report = sync_source(source, place)
        assert (report.error, report.added, report.changed, report.removed, report.unchanged, report.ignored) == (
            "", ["docs/guide/index.md", "docs/install.md"], [], [], 0, 1,
        )  # fmt: skip
        assert report.state == {"commit": first}
        assert tree(tmp_path / "seeds" / "manual") == DOCS
        kept = (tmp_path / "seeds" / "manual" / "docs" / "install.md").stat()

        second = repository.commit(
            {"docs/install.md": DOCS["docs/install.md"], "docs/new.md": b"# New\n\nIt is new.\n"}
        )
        server.requests.clear()
        report = sync_source(source, place)
        assert (report.added, report.changed, report.removed) == (["docs/new.md"], [], ["docs/guide/index.md"])
        assert report.state == {"commit": second}
        assert not (tmp_path / "seeds" / "manual" / "docs" / "guide").exists()
        assert (tmp_path / "seeds" / "manual" / "docs" / "install.md").stat() == kept

        server.requests.clear()
        report = sync_source(source, place)
        assert (report.has_changes, report.unchanged) == (False, 2)
        assert [request.method for request in server.requests] == ["GET", "POST"]  # the refs, and no objects


def test_only_new_objects_travel(tmp_path: Path) -> None:
    """After one changed page of a hundred, the pack has a commit, a tree, the page, and what they are deltas of."""
    repository = GitRepository(tmp_path / "r.git")
    pages = {f"p{number:04}.md": f"# Page {number}\n\n{number:x}\n".encode() for number in range(100)}
    repository.commit(pages)
    place = make_place(tmp_path / "seeds")

    def counts() -> list[int]:
        packs = (tmp_path / "seeds" / ".sync" / "manual" / "git" / "pack").glob("*.pack")
        return sorted(int.from_bytes(pack.read_bytes()[8:12], "big") for pack in packs)

    with git_server(tmp_path) as server:
        source = git_source(f"{server.address}/r.git")
        assert len(sync_source(source, place).added) == 100
        assert counts() == [102]
        repository.commit({**pages, "p0050.md": b"# Page 50\n\nIt changed.\n"})
        report = sync_source(source, place)
        assert (report.changed, report.unchanged) == (["p0050.md"], 99)
        assert counts()[0] <= 5


def test_sub_folder_and_globs_choose_the_files(tmp_path: Path) -> None:
    """Paths count from the sub-folder; excluded files are left out silently, and a folder names all below it."""
    repository = GitRepository(tmp_path / "r.git")
    repository.commit(
        {**DOCS, "docs/old/a.md": b"Old.", "docs/draft-b.md": b"Draft.", "docs/c.txt": b"Text.", "d.md": b"D"}
    )
    with git_server(tmp_path) as server:
        source = git_source(
            f"{server.address}/r.git", subfolder="docs", include=["*.md"], exclude=["old/", "**/draft-*"]
        )
        report = sync_source(source, make_place(tmp_path / "seeds"))
    assert (report.added, report.skipped) == (["guide/index.md", "install.md"], [])


def test_branch_and_tag_are_found_by_name(tmp_path: Path) -> None:
    """A branch comes before a tag of the same name; another name is one line, and the folder stays."""
    repository = GitRepository(tmp_path / "r.git")
    tagged = repository.commit({"a.md": b"Version one."})
    repository.tag("v1", tagged)
    repository.commit({"a.md": b"Version two."})
    repository.commit({"a.md": b"Development."}, branch="dev")
    with git_server(tmp_path) as server:
        for branch, content in (("v1", b"Version one."), ("dev", b"Development."), ("", b"Version two.")):
            report = sync_source(git_source(f"{server.address}/r.git", branch=branch), make_place(tmp_path / "seeds"))
            assert (report.error, tree(tmp_path / "seeds" / "manual")) == ("", {"a.md": content})
        report = sync_source(git_source(f"{server.address}/r.git", branch="gone"), make_place(tmp_path / "seeds"))
    assert report.error == "the repository has no branch and no tag 'gone'"
    assert tree(tmp_path / "seeds" / "manual") == {"a.md": b"Version two."}


def test_tag_that_moves_is_followed(tmp_path: Path) -> None:
    """One with a message is an object of its own, which a server does not take for a commit; so is a tag of a tag."""
    repository = GitRepository(tmp_path / "r.git")
    place, contents = make_place(tmp_path / "seeds"), []
    with git_server(tmp_path) as server:
        for content in (b"Version one.", b"Version two."):
            commit = repository.commit({"a.md": content})
            repository.tag("latest", repository.tag_object(repository.tag_object(commit)))
            for branch in ("latest", "latest", "main", "latest"):
                report = sync_source(git_source(f"{server.address}/r.git", branch=branch), place)
                assert report.error == ""
            contents.append(tree(tmp_path / "seeds" / "manual")["a.md"])
    assert contents == [b"Version one.", b"Version two."]


def test_default_branch_may_be_renamed_and_rewritten(tmp_path: Path) -> None:
    """Without a name in the settings, the branch is the one that the server names; its history may be another one."""
    repository, place = GitRepository(tmp_path / "r.git"), make_place(tmp_path / "seeds")
    repository.commit(DOCS)
    with git_server(tmp_path) as server:
        source = git_source(f"{server.address}/r.git")
        assert sync_source(source, place).error == ""
        del repository.repo.refs[Ref(b"refs/heads/main")]
        repository.commit({**DOCS, "new.md": b"New."}, branch="trunk")
        repository.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/trunk"))
        report = sync_source(source, place)
    assert (report.error, report.added, report.changed, report.removed) == ("", ["new.md"], [], [])


@pytest.mark.parametrize("subfolder", ["docs", "/docs/", "./docs", "docs//."])
def test_sub_folder_and_globs_may_begin_with_a_slash_or_a_stop(tmp_path: Path, subfolder: str) -> None:
    """As paths are often written; the address for citations has none of it."""
    GitRepository(tmp_path / "r.git").commit(DOCS)
    values = {"subfolder": subfolder, "include": ["./guide", "/install.md"], "url": "https://git.example/{path}"}
    with git_server(tmp_path) as server:
        report = sync_source(git_source(f"{server.address}/r.git", **values), make_place(tmp_path / "seeds"))
    assert (report.error, report.added) == ("", ["guide/index.md", "install.md"])
    described = json.loads((tmp_path / "seeds" / "manual" / ".footnote-files.json").read_bytes())
    assert described["install.md"]["url"] == "https://git.example/docs/install.md"


def test_citation_leads_to_the_line_at_the_commit(tmp_path: Path) -> None:
    """The address has the commit in which the file was fetched, so that an unchanged document stays unchanged."""
    repository = GitRepository(tmp_path / "r.git")
    first = repository.commit(DOCS)
    place = make_place(tmp_path / "seeds")
    with git_server(tmp_path) as server:
        source = git_source(
            f"{server.address}/r.git", url="https://git.example/blob/{commit}/{path}?plain=1#L{line}", version="2.3"
        )
        sync_source(source, place)
        second = repository.commit({**DOCS, "docs/install.md": b"# Install\n\nStart it.\n"})
        assert sync_source(source, place).changed == ["docs/install.md"]
    read = {
        it.document.id: it.document
        for it in read_files(list_files(place.seeds)[0], 1_000_000)
        if isinstance(it, ReadDocument)
    }
    shown = {name: (it.url, source_text(it.source, it.version)) for name, it in read.items()}
    assert shown == {
        "manual/docs/guide/index.md": (
            f"https://git.example/blob/{first}/docs/guide/index.md?plain=1#L{{line}}", "manual 2.3",
        ),
        "manual/docs/install.md": (
            f"https://git.example/blob/{second}/docs/install.md?plain=1#L{{line}}", "manual 2.3",
        ),
    }  # fmt: skip


def test_files_from_another_address_get_the_commit_that_is_there(tmp_path: Path) -> None:
    """Their content may be the same, but the old commit is not in the new repository; they stay the source's own."""
    repository, other = GitRepository(tmp_path / "r.git"), GitRepository(tmp_path / "other.git")
    repository.commit(DOCS)
    other.commit({"docs/install.md": b"# Install\n\nNot yet.\n"})
    commit = other.commit({"docs/install.md": DOCS["docs/install.md"]})
    place = make_place(tmp_path / "seeds")
    with git_server(tmp_path) as server:
        template = "https://git.example/{commit}/{path}"
        sync_source(git_source(f"{server.address}/r.git", url=template), place)
        report = sync_source(git_source(f"{server.address}/other.git", url=template), place)
    assert (report.error, report.removed, report.unchanged) == ("", ["docs/guide/index.md"], 1)
    described = json.loads((place.seeds / "manual" / ".footnote-files.json").read_bytes())
    assert described["docs/install.md"]["url"] == f"https://git.example/{commit}/docs/install.md"


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://x.example/{page}/", "https://x.example/guide/"),
        ("https://x.example/{stem}.html", "https://x.example/guide/index.html"),
        ("https://x.example/{branch}/{path}#L{line}", "https://x.example/v2/docs/guide/index.md#L{line}"),
    ],
)
def test_address_of_a_page_is_filled_in(template: str, address: str) -> None:
    """Each placeholder has a meaning of its own; {line} stays."""
    assert file_address(template, "docs/guide/index.md", "guide/index.md", "abc", "v2") == address


def test_characters_of_a_path_are_escaped_in_its_address() -> None:
    """A file name can break out of no address."""
    assert file_address("https://x.example/{path}", "a b#c?.md", "a b#c?.md", "abc", "") == (
        "https://x.example/a%20b%23c%3F.md"
    )


HOSTILE = {
    b"../out.md": None,  # a folder named "..": hidden, like .git
    b"a\0b.md": None,  # a slash inside a name: the path is a/b.md, harmless
    b"..\0out.md": "its path leads out of the folder",
    b"\0etc\0x.md": "its path is absolute",
    b"con.md": "its name is not allowed on every system",
    b"a/LPT1.txt": "its name is not allowed on every system",
    b"git~1/x.md": "its name is not allowed on every system",
    b"x.md.": None,  # no suffix of a document
    b"a\\b.md": "its name is not allowed on every system",
    b"a:b.md": "its name is not allowed on every system",
    b"bell\x07.md": "its name is not printable",
    b"rtl\xe2\x80\xae.md": "its name is not printable",
    b"footnote.toml": "a source must not set the metadata or the glossary of the folder",
    b"a/Footnote.toml.txt": "a source must not set the metadata or the glossary of the folder",
    b"glossary.toml": "a source must not set the metadata or the glossary of the folder",
    b"a" * 220 + b".md": "its name is too long",
}


def test_hostile_paths_are_not_written(tmp_path: Path) -> None:
    """Each is skipped with its reason; hidden files, among them .git, are left out; nothing is outside the folder."""
    repository = GitRepository(tmp_path / "r.git")
    names = dict.fromkeys(HOSTILE, b"Hostile.")
    repository.commit(
        {**names, b"good.md": b"Good.", b".git/config": b"x", b".hidden.md": b"x", b"latin-\xe9.md": b"x"}
    )
    with git_server(tmp_path) as server:
        report = sync_source(git_source(f"{server.address}/r.git"), make_place(tmp_path / "seeds"))
    assert report.error == ""
    assert sorted(report.added) == ["a/b.md", "good.md"]
    reasons = sorted(file.reason for file in report.skipped)
    expected = [reason for reason in HOSTILE.values() if reason] + ["its name is not UTF-8"]
    assert reasons == sorted(expected)
    assert sorted(tree(tmp_path / "seeds")) == ["manual/a/b.md", "manual/good.md"]


def test_links_submodules_and_large_files_are_skipped(tmp_path: Path) -> None:
    """None of them is followed; names that are one on some systems are taken once."""
    repository = GitRepository(tmp_path / "r.git")
    files: dict[str, Content] = {"a.md": b"Kept.", "A.md": b"The same name.", "large.md": b"x" * 2000}
    files["lfs.pdf"] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    repository.commit({**files, "link.md": (LINK, b"/etc/passwd"), "sub.md": (SUBMODULE, b"1" * 40)})
    with git_server(tmp_path) as server:
        report = sync_source(git_source(f"{server.address}/r.git"), make_place(tmp_path / "seeds", max_file_bytes=1000))
    assert {file.path: file.reason for file in report.skipped} == {
        "a.md": "another file of the source has the same name on some systems",
        "large.md": "larger than 0 MB (documents.max_megabytes)",
        "lfs.pdf": "in Git LFS, and not fetched: its pointer is malformed",
        "link.md": "a symbolic link; links are not followed",
        "sub.md": "a submodule",
    }
    assert tree(tmp_path / "seeds" / "manual") == {"A.md": b"The same name."}


def test_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent to the server of the address only, and stands neither in the report nor in a file."""
    monkeypatch.setenv("DOCS_TOKEN", "s3cret")
    repository = GitRepository(tmp_path / "r.git")
    repository.commit(DOCS)
    with git_server(tmp_path) as server:
        report = sync_source(
            git_source(f"{server.address}/r.git", token_variable="DOCS_TOKEN"),  # noqa: S106 - a name
            make_place(tmp_path / "seeds"),
        )
        sent = {request.headers.get("authorization") for request in server.requests}
    assert (report.error, sent) == ("", {"Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"})
    written = b"".join(path.read_bytes() for path in (tmp_path / "seeds").rglob("*") if path.is_file())
    assert b"s3cret" not in written
    assert "s3cret" not in json.dumps(report.state)


def test_git_itself_is_asked_for_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, if the server wants one and the settings name none; a password that is refused is one line."""
    helper = tmp_path / "git"
    helper.write_text("#!/bin/sh\necho called >> calls\necho username=ann\necho password=s3cret\n")
    helper.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: str(helper))
    GitRepository(tmp_path / "r.git").commit(DOCS)
    accepted = "Basic YW5uOnMzY3JldA=="

    def protected(request: Request) -> Response | None:
        return None if request.headers.get("authorization") == accepted else Response(b"", 401)

    with git_server(tmp_path, protected) as server:
        assert sync_source(git_source(f"{server.address}/r.git"), make_place(tmp_path / "seeds")).error == ""
        assert (tmp_path / "calls").read_text() == "called\n"
        server.answer = lambda _: Response(b"", 401)
        report = sync_source(git_source(f"{server.address}/r.git"), make_place(tmp_path / "seeds"))
    assert report.error == "127.0.0.1 refuses the password: status 401"
