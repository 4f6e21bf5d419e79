"""The command line as people and programs use it: exit codes, JSON, one line for every error."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from retrieval.measuring.runs import flatten_figures
from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT, SEEDS
from tests.support.small_index import ARTICLES

ASKED = "When did the security dialogue first meet?"
CITATION_KEYS = ["id", "document", "title", "source", "published", "url", "path", "line", "paragraph", "start", "end"]
CITATION_KEYS += ["page", "heading", "row", "time"]


def test_an_answer_exits_with_0_and_shows_quote_and_place(footnote: RunFootnote, sample_index: Path) -> None:
    """On paper: the quote, the title, source and date, file:line and the id; no colour codes."""
    done = footnote("ask", ASKED, "--index", str(sample_index))
    assert (done.returncode, done.stderr) == (0, "")
    flowed = " ".join(done.stdout.split())
    assert "“The security dialogue first met in Seoul in June 1998;" in flowed
    assert "could build mutual trust.”" in flowed
    assert "— Japan and South Korea consider resuming their security dialogue, News report, 2023-03" in flowed
    assert "japan-south-korea-security-dialogue.md:" in flowed
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_refusal_exits_with_1_and_shows_no_source(footnote: RunFootnote, sample_index: Path) -> None:
    """One friendly line; the closest passages only on request."""
    done = footnote("ask", "What is the capital of Australia?", "--index", str(sample_index))
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "I don't know: nothing in the documents answers that.\n",
        "",
    )
    done = footnote("ask", "What is the capital of Australia?", "--index", str(sample_index), "--show-closest")
    assert done.returncode == 1
    assert "None of them is an answer:" in done.stdout


def test_json_has_the_contracts_keys_in_order(footnote: RunFootnote, sample_index: Path) -> None:
    """Programs rely on the keys, and on offsets into the file."""
    done = footnote("ask", ASKED, "--index", str(sample_index), "--json")
    answer = json.loads(done.stdout)
    assert list(answer) == ["question", "answered", "confidence", "threshold", "quotes", "generation", "elapsed_ms"]
    (quote,) = answer["quotes"]
    assert list(quote) == ["text", "before", "after", "score", "citation"]
    citation = quote["citation"]
    assert list(citation) == CITATION_KEYS
    text = (SEEDS / citation["path"]).read_text("utf-8")
    assert text[citation["start"] : citation["end"]] == quote["text"]
    assert (answer["question"], answer["answered"], answer["generation"]) == (ASKED, True, "gen-1")
    assert 0 <= answer["threshold"] <= answer["confidence"] <= 1


def test_json_of_a_refusal_keeps_closest_apart_from_quotes(footnote: RunFootnote, sample_index: Path) -> None:
    """`quotes` is empty when nothing was answered; `closest` only comes when asked for."""
    question = "Who won the football World Cup?"
    plain = json.loads(footnote("ask", question, "--index", str(sample_index), "--json").stdout)
    assert (plain["answered"], plain["quotes"], "closest" in plain) == (False, [], False)
    shown = json.loads(footnote("ask", question, "--index", str(sample_index), "--json", "--show-closest").stdout)
    assert (shown["quotes"], len(shown["closest"])) == ([], 3)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", 2),
        ("x" * 100_000, 2),
        ("a", 1),
        ("\U0001f600\U0001f4a9", 1),
        ('"title:x" AND (foo OR *) NOT [1 TO 5]^9~', 1),
        ("¿Cuál es la capital de Francia?", 1),
        ("-" * 4_000, 1),
        ("[SEP] [CLS] [MASK]", 1),
    ],
)
def test_odd_questions_are_answered_refused_or_one_line(
    footnote: RunFootnote, sample_index: Path, question: str, code: int
) -> None:
    """Never a traceback."""
    done = footnote("ask", "--index", str(sample_index), "--", question)
    assert done.returncode == code, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == (code == 2)
    assert "Traceback" not in done.stderr


def test_lone_surrogates_from_the_command_line_are_harmless(footnote: RunFootnote, sample_index: Path) -> None:
    """Bytes that are no UTF-8 reach Python as lone surrogates."""
    done = footnote("ask", os.fsdecode(b"caf\xe9 \xff"), "--index", str(sample_index), "--json")
    assert json.loads(done.stdout)["question"] == "caf"
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "x", "--seeds", "/nowhere", "--index", "i"], "the seeds folder /nowhere does not exist"),
        (["status", "--index", "none"], "there is no index in"),
        (["verify", "--index", "none"], "there is no index in"),
        (["ask", "x", "--top", "0"], "Invalid value for '--top'"),
        (["ask", "x", "--config", "none.toml"], "Invalid value for '--config'"),
        (["eval", "none.json"], "Invalid value for 'FILE'"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["ask"], "Missing argument 'QUESTION'"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_exit_code_2(
    footnote: RunFootnote, arguments: list[str], message: str
) -> None:
    """What is wrong, where, what to do."""
    done = footnote(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if "no index yet" not in line]
    assert len(lines) == 1
    assert message in lines[0]


def test_settings_errors_are_one_line_too(footnote: RunFootnote) -> None:
    """A typo in the environment stops the command."""
    done = footnote("status", FOOTNOTE_SEEED="x")
    assert done.returncode == 2
    assert done.stderr.startswith("footnote: FOOTNOTE_SEEED in the environment is not a setting")


def test_the_life_of_an_index_from_the_command_line(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """Ask builds what is missing, answers from what is stale and says so; rebuild, status and verify agree."""
    seeds, index = tmp_path / "docs", tmp_path / "ix"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    shutil.copytree(sample_index / "models", index / "models", copy_function=os.link)
    where = ["--seeds", str(seeds), "--index", str(index)]

    done = footnote("ask", "When did the zoo of the town open?", *where)
    assert (done.returncode, "1931" in done.stdout) == (0, True)
    assert "no index yet; building it from" in done.stderr

    (seeds / "pool.txt").write_text("The pool opened in 1950.")
    done = footnote("ask", "When did the zoo of the town open?", *where)
    assert done.returncode == 0
    assert done.stderr == (
        "footnote: the documents changed since the index was built (1 added); run: footnote rebuild\n"
    )
    done = footnote("rebuild", "--dry-run", *where)
    assert "added    pool.txt" in done.stdout
    assert json.loads(footnote("status", "--json", *where).stdout)["stale"] is True

    report = json.loads(footnote("rebuild", "--json", *where).stdout)
    assert (report["generation"], report["changes"]["added"]) == ("gen-2", ["pool.txt"])
    state = json.loads(footnote("status", "--json", *where).stdout)
    assert (state["stale"], state["counts"]["documents"]) == (False, 2)

    done = footnote("verify", *where)
    assert done.returncode == 0
    assert "in the stored text, character for character: 3 quotes.\n" in done.stdout
    assert f"in the documents in {seeds}: 3.\n" in done.stdout
    path = next((index / "models").rglob("tokenizer.json"))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b" ")
    assert footnote("verify", *where).returncode == 1


def test_chat_understands_a_follow_up(footnote: RunFootnote, sample_index: Path) -> None:
    """Each line is a question; the second one leans on the first; the end of input ends it."""
    done = footnote("chat", "--index", str(sample_index), stdin="Which flag did the Japanese ship fly?\n\nWho is it?\n")
    assert done.returncode == 0
    assert "rising sun" in done.stdout


def test_chat_answers_an_unrelated_short_question(footnote: RunFootnote, sample_index: Path) -> None:
    """The word "there" does not tie a question to the one before if it has an answer alone."""
    questions = ["When did the security dialogue first meet?", "Is there a rising sun flag?"]
    alone = footnote("chat", "--index", str(sample_index), stdin=questions[1])
    assert "rising sun" in alone.stdout
    together = footnote("chat", "--index", str(sample_index), stdin="\n\n".join(questions))
    assert together.stdout.endswith(alone.stdout)


def test_golden_questions_exit_with_1_when_one_fails(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """The contract's keys, and an exit code that CI can use."""
    golden = tmp_path / "golden.yaml"
    golden.write_text(
        f"- question: {ASKED}\n  document: japan-south-korea-security-dialogue.md\n  fragment: June 1998\n"
    )
    done = footnote("eval", str(golden), "--index", str(sample_index), "--json")
    assert done.returncode == 0
    assert list(json.loads(done.stdout)) == ["passed", "failed", "cases"]
    golden.write_text(golden.read_text() + f"- question: {ASKED}\n  expect: none\n")
    done = footnote("eval", str(golden), "--index", str(sample_index))
    assert done.returncode == 1
    assert "FAILED" in done.stdout


def test_the_page_of_an_evaluation_has_the_figures_of_its_json(
    footnote: RunFootnote, sample_index: Path, tmp_path: Path
) -> None:
    """The contract's keys as ever; each value is in the page; the next run is compared with this one."""
    (tmp_path / "squad.json").write_text(json.dumps(ARTICLES))
    where = ["squad.json", "--index", str(sample_index)]
    done = footnote("eval", *where, "--json", "--html", "page.html")
    figures = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "footnote: the page is in page.html\n")
    assert list(figures) == ["questions", "p_at_1", "r_at_5", "mrr_at_10", "refusal", "ece", "latency_ms"]
    page = (tmp_path / "page.html").read_text("utf-8")
    shown = re.findall(r'(?s)<tr id="figure-([^"]+)">.*?<td class="number"><data value="([^"]+)"', page)
    expected = flatten_figures({name: value for name, value in figures.items() if name != "questions"})
    assert {name: float(value) for name, value in shown} == expected
    assert "There is no earlier run of this file to compare with" in page

    done = footnote("eval", *where, "--html", "page.html")
    assert "Compared with the run of 20" in done.stdout
    assert re.search(r"(?m)^P@1 +[01]\.\d{3} +[01]\.\d{3}  ±0 same +[01]\.\d{3} +[01]\.\d{3}$", done.stdout)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "made with the same index, model, weights, threshold and version" in page

    (record,) = (sample_index / "eval").glob("squad-*.json")
    record.write_text("{}")
    done = footnote("eval", *where)
    assert (done.returncode, "There is no earlier run of this file" in done.stdout) == (0, True)
    assert len(done.stderr.splitlines()) == 1
    assert "the previous run is ignored:" in done.stderr
    assert json.loads(record.read_text())["figures"]["p_at_1"] == figures["p_at_1"]


def test_a_page_of_golden_questions_says_what_changed(
    footnote: RunFootnote, sample_index: Path, tmp_path: Path
) -> None:
    """With another threshold a question fails that passed; the exit code is as ever."""
    golden = f'- {{question: "{ASKED}", document: japan-south-korea-security-dialogue.md, fragment: June 1998}}\n'
    (tmp_path / "golden.yaml").write_text(golden)
    where = ["golden.yaml", "--index", str(sample_index), "--html", "page.html"]
    assert footnote("eval", *where).returncode == 0
    done = footnote("eval", *where, FOOTNOTE_ANSWER__THRESHOLD="1")
    assert done.returncode == 1
    assert f"now fails: {ASKED}" in done.stdout
    page = (tmp_path / "page.html").read_text("utf-8")
    assert f'<b>now fails:</b> <span dir="auto">{ASKED}</span>' in page
    assert "closest passage, not shown as an answer" in page


def test_a_page_that_cannot_be_written_is_an_error_before_anything_is_measured(
    footnote: RunFootnote, tmp_path: Path
) -> None:
    """One line; the file need not even be one of the two kinds."""
    (tmp_path / "x.json").write_text("nothing")
    done = footnote("eval", "x.json", "--html", "none/page.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "footnote: cannot write none/page.html: its folder does not exist\n"


def test_a_file_without_questions_is_an_error(footnote: RunFootnote, tmp_path: Path) -> None:
    """There is nothing to measure."""
    (tmp_path / "x.json").write_text('{"data": []}')
    done = footnote("eval", "x.json")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "footnote: x.json contains no questions\n")


def test_no_color_is_respected_and_forced_colour_works(footnote: RunFootnote, sample_index: Path) -> None:
    """Colour only where it is wanted."""
    assert "\x1b[" in footnote("ask", ASKED, "--index", str(sample_index), FORCE_COLOR="1").stdout
    plain = footnote("ask", ASKED, "--index", str(sample_index), FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in plain


def test_the_shipped_passages_answer_their_golden_questions(footnote: RunFootnote, sample_index: Path) -> None:
    """At least 38 of 42 questions bring the right sentence and 16 of 22 are refused; a regression fails here."""
    done = footnote("eval", str(ROOT / "tests/golden/seeds.yaml"), "--index", str(sample_index), "--json")
    _assert_right(json.loads(done.stdout)["cases"], answered=38, refused=16)


def test_the_supplied_articles_answer_their_golden_questions(
    footnote: RunFootnote, sample_index: Path, measuring_data: Path, tmp_path: Path
) -> None:
    """The real input as it came: at least 27 of 30 answered right, 15 of 17 refused."""
    shutil.copytree(sample_index / "models", tmp_path / "ix" / "models", copy_function=os.link)
    golden = str(ROOT / "tests/golden/articles.yaml")
    where = ["--seeds", str(measuring_data / "seeds"), "--index", str(tmp_path / "ix")]
    _assert_right(json.loads(footnote("eval", golden, *where, "--json").stdout)["cases"], answered=27, refused=15)


def test_golden_questions_sharpen_the_confidence_and_a_rebuild_says_so(
    footnote: RunFootnote, sample_index: Path, tmp_path: Path
) -> None:
    """Twenty near misses teach to refuse other ones: of twenty held out at least 12 in place of at least 6."""
    shutil.copytree(sample_index, tmp_path / "ix", copy_function=os.link)
    held_out = str(ROOT / "tests/golden/near_misses_held_out.yaml")
    where = ["--index", str(tmp_path / "ix")]
    _assert_right(json.loads(footnote("eval", held_out, *where, "--json").stdout)["cases"], answered=0, refused=6)
    names = ("near_misses", "seeds")
    both = "\n".join((ROOT / f"tests/golden/{name}.yaml").read_text("utf-8") for name in names)
    (tmp_path / "both.yaml").write_text(both, "utf-8")
    golden = {"FOOTNOTE_GOLDEN": "both.yaml"}
    done = footnote("rebuild", *where, **golden)
    assert (done.returncode, "Encoded 0 of" in done.stdout) == (0, True)
    assert "golden questions that get an answer, only" in done.stderr
    status = json.loads(footnote("status", *where, "--json", **golden).stdout)
    assert (status["sharpened"]["questions"], status["sharpened"]["overlap"], status["stale"]) == (84, True, False)
    assert status["sharpened"]["shift"] < -0.3
    assert "by 84 golden questions: log-odds -" in footnote("status", *where, **golden).stdout
    _assert_right(
        json.loads(footnote("eval", held_out, *where, "--json", **golden).stdout)["cases"], answered=0, refused=12
    )
    (tmp_path / "both.yaml").unlink()
    done = footnote("rebuild", *where, **golden)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot read the golden questions in" in done.stderr


def _assert_right(cases: list[dict[str, object]], *, answered: int, refused: int) -> None:
    assert sum(bool(case["passed"]) for case in cases if case["expected"] is not None) >= answered
    assert sum(bool(case["passed"]) for case in cases if case["expected"] is None) >= refused
