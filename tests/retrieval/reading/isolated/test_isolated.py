"""A reader runs in a process that can do no harm, and its failure rejects one file."""

import os
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from retrieval.child_process import python_path
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.isolated import parent
from retrieval.reading.isolated.parent import extract
from retrieval.reading.isolated.protocol import Extracted, Part, Refusal, RefusedError, Turn, dumps, loads
from retrieval.types import Rejected
from tests.proofs import hostile_files
from tests.support import samples


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the child process by one that does what the content of the file says."""
    monkeypatch.setattr(parent, "CHILD", "tests.support.misbehaving_reader")
    monkeypatch.setattr(parent, "MAX_REPLY_BYTES", 3_000_000)


@pytest.mark.usefixtures("misbehaving")
@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("memory", "its reader failed (exit code 1)"),
        ("crash", "its reader crashed (SIGSEGV): damaged, or needs more than 512 MB of memory"),
        ("exit", "its reader failed (exit code 3)"),
        ("flood", "contains more than 3 MB of text"),
        ("garbage", "its reader ended without a valid result"),
        ("silence", "its reader ended without a valid result"),
    ],
)
def test_every_failure_of_a_reader_is_a_reason(act: str, reason: str) -> None:
    """Too much memory, a crash, an exit code, endless output, an invalid reply, none."""
    with pytest.raises(RefusedError) as error:
        extract(act.encode(), ".vtt")
    assert str(error.value) == reason


@pytest.mark.usefixtures("misbehaving")
def test_a_slow_reader_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is up."""
    monkeypatch.setattr(parent, "TIME_S", 1)
    started = time.monotonic()
    with pytest.raises(RefusedError, match=r"took longer than 1 s to read"):
        extract(b"sleep", ".vtt")
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("misbehaving")
@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_a_reader_can_open_nothing() -> None:
    """No socket, not even through a C library, no file to read or write, no process."""
    with pytest.raises(RefusedError, match=r"^PermissionError OSError OSError PermissionError OSError$"):
        extract(b"escape", ".vtt")


@pytest.mark.usefixtures("misbehaving")
def test_a_reader_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment has what it needs to find its libraries, and no token."""
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    with pytest.raises(RefusedError) as error:
        extract(b"environment", ".vtt")
    assert set(str(error.value).split()) <= {
        *parent.PASSED_VARIABLES,
        "PYTHONPATH",
        "PYTHONHASHSEED",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
    }


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ('"text","A', '"prose","A'), ('"page"', '"room"'), ("[3,2]", "[7,2]"), ("[3,2]", "[-1,2]"), ("[3,2]", "[3]"),
        ("[3,2]", '[3,"soon"]'), ('"Title"', "[]"), ('"A cat."', "1"), (",0,1,", ",0,true,"), (",0,1,", ",0,1.0,"),
        (",0,1,", ',0,"0:00:01\\n",'), (",0,1,", ',"0",1,'), ('"url"', '"address"'), (',""]', ',"",1]'),
        (',0,""', ',-1,""'),
        ('"extracted"', '"other"'), ('"A cat."', '"\\ud800"'),
    ],
)  # fmt: skip
def test_invalid_replies_are_refused(part: str, changed: str) -> None:
    """Unknown kinds and fields, offsets beyond the text, values of other types."""
    good = Extracted((Part("text", "A cat.", 0, 1, (Turn(3, 2),)),), "page", "Title")
    reply = dumps(good).decode()
    assert loads(dumps(good)) == good
    assert part in reply
    with pytest.raises(RefusedError, match="without a valid result"):
        loads(reply.replace(part, changed).encode())


@pytest.mark.parametrize("reply", [b"", b"[]", b"{}", b"{", b"\xff", b"[" * 100_000])
def test_anything_but_a_reply_is_refused(reply: bytes) -> None:
    """Nothing at all, other JSON, other bytes, endless nesting."""
    with pytest.raises(RefusedError, match="without a valid result"):
        loads(reply)


def test_the_reason_of_a_refusal_is_one_short_line() -> None:
    """Whatever the child writes, it fits into a list of rejected files."""
    with pytest.raises(RefusedError, match=r"^a b{298}$"):
        loads(dumps(Refusal("a\n" + 1_000 * "b")))


def test_lone_surrogates_become_question_marks() -> None:
    """They cannot be encoded, and one of them must not lose the file."""
    assert loads(dumps(Extracted((Part("text", "a\ud800b"),)))).parts[0].text == "a?b"


def test_a_child_imports_nothing_that_only_its_parent_needs() -> None:
    """One process for each file: what it imports is paid for every time, in time and in its memory."""
    code = "import sys, retrieval.reading.isolated.child; print(*{'numpy', 'markdown_it', 'yaml'} & sys.modules.keys())"
    environment = {"PYTHONPATH": python_path()}
    child = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, check=True)
    assert child.stdout == b"\n"


def test_plain_text_needs_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read in this process."""
    for number in range(20):
        (tmp_path / f"{number}.md").write_text("The library opens at nine.")
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a process was started"))
    assert not [read for read in read_files(list_files(tmp_path)[0], 1_000) if isinstance(read, Rejected)]


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    """The reason says what to install, and the name of the library is a field of its own."""
    (tmp_path / "pypdfium2.py").write_text("raise ImportError(name='pypdfium2')")
    before = os.environ.get("PYTHONPATH")
    try:
        os.environ["PYTHONPATH"] = str(tmp_path)
        with pytest.raises(RefusedError) as caught:
            extract(samples.pdf([[]]), ".pdf")
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    assert str(caught.value) == "needs pypdfium2, which is not installed; pip install 'footnote[pdf]'"
    assert caught.value.missing_library == "pypdfium2"


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_hostile_files_harm_nothing(tmp_path: Path) -> None:
    """Bombs, entities, loops, floods and 100 mutations stay within time and memory, and good files are read."""
    with get_context("spawn").Pool(1) as pool:  # a small process: a child's peak memory begins with its parent's
        outcome = pool.apply(hostile_files.prove, (tmp_path, 100), {"seconds": 30})
    rejected = {name: reason for name, reason in outcome.rejected.items() if name.startswith("bad-")}
    harmless = {  # are read
        "bad-angles.vtt", "bad-bars.txt", "bad-blocks.adoc", "bad-braces.wiki", "bad-fetch.mhtml", "bad-listed.txt",
        "bad-refs.wiki", "bad-spoken.txt", "bad-stars.adoc", "bad-stars.org", "bad-tables.mdx", "bad-tables.wiki",
        "bad-times.slack.txt", "bad-times.txt",
    }  # fmt: skip
    assert hostile_files.hostile_files("").keys() - rejected.keys() == harmless
    assert rejected["bad-bomb.docx"] == "would unpack to more than 100 times its size"
    assert rejected["bad-laughs.epub"] == rejected["bad-fetch.docx"] == "declares XML entities, which are not allowed"
    assert rejected["bad-many.docx"] == "contains 2,001 files; the limit is 2,000"
