"""Of what is pasted, the line of the error is asked."""

import time

import pytest

from retrieval.text.pasted_errors import find_error, reports_error

PYTHON = (
    'Traceback (most recent call last): File "/opt/mill/run.py", line 8, in <module> main() ^^^^^^ '
    'File "/opt/mill/load.py", line 31, in load raise GrainMissing(name, "rye: none") {} thanks'
)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (
            f"it stops with {PYTHON.format('mill.stock.GrainMissing: no rye in bin 4')}",
            "it stops with mill.stock.GrainMissing: no rye in bin 4 thanks",
        ),
        (PYTHON.format("KeyboardInterrupt"), "KeyboardInterrupt thanks"),
        ("Traceback (most recent call last): what is that", "Traceback (most recent call last): what is that"),
        (
            'Exception in thread "main" java.lang.IllegalStateException: no grain at org.mill.Run.go(Run.java:12) '
            "at org.mill.Run.main(Run.java:5) Caused by: java.io.IOException: bin is locked at org.mill.Bin.open("
            "Bin.java:77) ... 2 more",
            "java.io.IOException: bin is locked",
        ),
        (
            "node:internal/loader:9 throw err; ^ Error: Cannot find module 'rye' at Module._resolve (node:internal/"
            "loader:9:15) at Object.<anonymous> (/srv/mill.js:1:17) at node:internal/main:23:47",
            "Error: Cannot find module 'rye'",
        ),
        (
            "Unhandled exception. System.IO.IOException: bin is locked at Mill.Bin.Open(String name) in "
            "C:\\m\\Bin.cs:line 7 at Mill.Run.Main() in C:\\m\\Run.cs:line 3",
            "System.IO.IOException: bin is locked",
        ),
        (
            "what is this? 2031-02-03 04:05:06,789 INFO [main] starting "
            "2031-02-03 04:05:07,001 ERROR [main] bin is locked",
            "what is this? bin is locked",
        ),
        ("[2031-02-03T04:05:06Z] fatal: bin is locked", "bin is locked"),
        ("does it open on 2031-02-03 04:05 or later", "does it open on 2031-02-03 04:05 or later"),
        ("is it open at nine (in May) or at ten (in June)?", "is it open at nine (in May) or at ten (in June)?"),
    ],
)
def test_the_error_of_a_paste_is_found(question: str, error: str) -> None:
    """Tracebacks lose their frames, logs their times and levels; other questions stay as they are."""
    assert find_error(question) == error


def test_a_hostile_paste_takes_no_longer() -> None:
    """Whatever it only begins with."""
    started = time.process_time()
    for text in (" at a (b" * 490, "at x y z " * 440, f"{PYTHON[:34]}{'A.' * 1_900}", "2031-02-03 04:05 " * 230):
        assert len(find_error(" ".join(text.split()))) <= len(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("text", "reports"),
    [
        ("GrainError: no rye", True),
        ("fatal: no rye", True),
        ("You get the error message “no rye”.", True),
        ("npm ERR! code E404", True),
        ("raise GrainError(name)", False),
        ("Errors are rare.", False),
        ("The mill has no rye.", False),
    ],
)
def test_a_text_may_report_an_error(text: str, reports: bool) -> None:
    """As programs report it; code that raises one and prose about errors do not."""
    assert reports_error(text) is reports
