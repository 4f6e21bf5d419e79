"""`footnote eval`: exit codes, JSON, pages and comparisons, and how well golden questions are answered."""

import json
import os
import re
import shutil
from pathlib import Path

from retrieval.measuring.runs import flatten_figures
from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT
from tests.support.small_index import ARTICLES

QUESTION = "When did the security dialogue first meet?"


def test_failed_golden_question_means_exit_code_1(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """If all pass, the exit code is 0. The JSON has the documented keys."""
    golden = tmp_path / "golden.yaml"
    golden.write_text(
        f"- question: {QUESTION}\n  document: japan-south-korea-security-dialogue.md\n  fragment: June 1998\n"
    )
    done = footnote("eval", str(golden), "--index", str(sample_index), "--json")
    assert done.returncode == 0
    assert list(json.loads(done.stdout)) == [
        "passed", "failed", "cases", "total", "kinds", "fragments", "not_quotable",
    ]  # fmt: skip
    golden.write_text(golden.read_text() + f"- question: {QUESTION}\n  expect: none\n")
    done = footnote("eval", str(golden), "--index", str(sample_index))
    assert done.returncode == 1
    assert f"FAILED (answered) {QUESTION}" in done.stdout
    counts = next(line.split() for line in done.stdout.splitlines() if line.startswith("all "))
    assert counts[:11] == ["all", "1", "1", "0", "0", "0", "0", "1", "1", "0", "1"]


def test_fragment_that_can_never_be_quoted_is_an_error(
    footnote: RunFootnote, sample_index: Path, tmp_path: Path
) -> None:
    """The error names the entry; a .jsonl file may call a fragment not quotable, which then only counts."""
    right = {"document": "japan-south-korea-security-dialogue.md", "fragment": "June 1998"}
    entries = [{"question": QUESTION, "kind": "sentence", "answers": [right, right | {"fragment": "May 1997"}]}]
    (tmp_path / "golden.yaml").write_text(json.dumps(entries))
    done = footnote("eval", "golden.yaml", "--index", str(sample_index))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "footnote: golden.yaml expects what can never be quoted: entry 1: japan-south-korea-security-dialogue.md does "
        "not contain this ('May 1997')\n"
    )
    entries[0]["answers"] = [right, right | {"fragment": "May 1997", "quotable": False}]
    (tmp_path / "golden.jsonl").write_text(json.dumps(entries[0]) + "\n")
    done = footnote("eval", "golden.jsonl", "--index", str(sample_index), "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["passed"], result["fragments"]) == (0, 1, 2)
    assert [missing["fragment"] for missing in result["not_quotable"]] == ["May 1997"]
    assert result["kinds"]["sentence"]["verdicts"] == {"right": 1}


def test_page_and_next_run_have_the_figures_of_the_json(
    footnote: RunFootnote, sample_index: Path, tmp_path: Path
) -> None:
    """The JSON has the documented keys, the page has each value, and the next run is compared with this one."""
    (tmp_path / "squad.json").write_text(json.dumps(ARTICLES))
    arguments = ["squad.json", "--index", str(sample_index)]
    done = footnote("eval", *arguments, "--json", "--html", "page.html")
    figures = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "footnote: the page is in page.html\n")
    assert list(figures) == ["questions", "p_at_1", "r_at_5", "mrr_at_10", "refusal", "ece", "latency_ms"]
    page = (tmp_path / "page.html").read_text("utf-8")
    shown = re.findall(r'(?s)<tr id="figure-([^"]+)">.*?<td class="number"><data value="([^"]+)"', page)
    expected = flatten_figures({name: value for name, value in figures.items() if name != "questions"})
    assert {name: float(value) for name, value in shown} == expected
    assert "There is no earlier run of this file to compare with" in page

    done = footnote("eval", *arguments, "--html", "page.html")
    assert "Compared with the run of 20" in done.stdout
    assert re.search(r"(?m)^P@1 +[01]\.\d{3} +[01]\.\d{3}  ±0 same +[01]\.\d{3} +[01]\.\d{3}$", done.stdout)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "made with the same index, model, weights, threshold and version" in page

    (record,) = (sample_index / "eval").glob("squad-*.json")
    record.write_text("{}")
    done = footnote("eval", *arguments)
    assert (done.returncode, "There is no earlier run of this file" in done.stdout) == (0, True)
    assert len(done.stderr.splitlines()) == 1
    assert "the previous run is ignored:" in done.stderr
    assert json.loads(record.read_text())["figures"]["p_at_1"] == figures["p_at_1"]


def test_page_of_golden_questions_shows_what_changed(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """With a higher threshold, a question fails that passed before."""
    golden = f'- {{question: "{QUESTION}", document: japan-south-korea-security-dialogue.md, fragment: June 1998}}\n'
    (tmp_path / "golden.yaml").write_text(golden)
    arguments = ["golden.yaml", "--index", str(sample_index), "--html", "page.html"]
    assert footnote("eval", *arguments).returncode == 0
    done = footnote("eval", *arguments, FOOTNOTE_ANSWER__THRESHOLD="1")
    assert done.returncode == 1
    assert f"now fails: {QUESTION}" in done.stdout
    page = (tmp_path / "page.html").read_text("utf-8")
    assert f'<b>now fails:</b> <span dir="auto">{QUESTION}</span>' in page
    assert "closest passage, not shown as an answer" in page


def test_unwritable_page_is_an_error_before_measuring(footnote: RunFootnote, tmp_path: Path) -> None:
    """It is one line, even if the file of questions could not be read either."""
    (tmp_path / "x.json").write_text("nothing")
    done = footnote("eval", "x.json", "--html", "none/page.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "footnote: cannot write none/page.html: its folder does not exist\n"


def test_file_without_questions_is_an_error(footnote: RunFootnote, tmp_path: Path) -> None:
    """There is nothing to measure."""
    (tmp_path / "x.json").write_text('{"data": []}')
    done = footnote("eval", "x.json")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "footnote: x.json contains no question with an answer\n",
    )


def test_sample_documents_answer_their_golden_questions(footnote: RunFootnote, sample_index: Path) -> None:
    """At least 38 of 42 questions get the right sentence, and at least 16 of 22 are rightly refused."""
    done = footnote("eval", str(ROOT / "tests/golden/seeds.yaml"), "--index", str(sample_index), "--json")
    _assert_right(json.loads(done.stdout)["cases"], answered=38, refused=16)


def test_articles_answer_their_golden_questions(
    footnote: RunFootnote, sample_index: Path, measuring_data: Path, tmp_path: Path
) -> None:
    """At least 27 of 30 questions get the right sentence, and at least 15 of 17 are rightly refused."""
    shutil.copytree(sample_index / "models", tmp_path / "ix" / "models", copy_function=os.link)
    golden = str(ROOT / "tests/golden/articles.yaml")
    folders = ["--seeds", str(measuring_data / "seeds"), "--index", str(tmp_path / "ix")]
    _assert_right(json.loads(footnote("eval", golden, *folders, "--json").stdout)["cases"], answered=27, refused=15)


def test_golden_questions_calibrate_the_confidence(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """Near misses teach it to refuse others: of 20 held out, at least 13 instead of 5; most answers are right."""
    shutil.copytree(sample_index, tmp_path / "ix", copy_function=os.link)
    held_out = str(ROOT / "tests/golden/near_misses_held_out.yaml")
    folders = ["--index", str(tmp_path / "ix")]
    _assert_right(json.loads(footnote("eval", held_out, *folders, "--json").stdout)["cases"], answered=0, refused=5)
    names = ("near_misses", "seeds")
    questions = "\n".join((ROOT / f"tests/golden/{name}.yaml").read_text("utf-8") for name in names)
    (tmp_path / "questions.yaml").write_text(questions, "utf-8")
    golden = {"FOOTNOTE_GOLDEN": "questions.yaml"}
    done = footnote("rebuild", *folders, **golden)
    assert (done.returncode, "Encoded 0 of" in done.stdout) == (0, True)
    status = json.loads(footnote("status", *folders, "--json", **golden).stdout)
    assert (status["sharpened"]["questions"], status["sharpened"]["overlap"], status["stale"]) == (84, False, False)
    assert status["sharpened"]["right"] >= 0.75 * status["sharpened"]["answered"]
    assert status["sharpened"]["shift"] < -0.3
    assert "by 84 golden questions: log-odds -" in footnote("status", *folders, **golden).stdout
    _assert_right(
        json.loads(footnote("eval", held_out, *folders, "--json", **golden).stdout)["cases"], answered=0, refused=13
    )
    (tmp_path / "questions.yaml").unlink()
    done = footnote("rebuild", *folders, **golden)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot read the golden questions in" in done.stderr


def _assert_right(cases: list[dict[str, object]], *, answered: int, refused: int) -> None:
    assert sum(bool(case["passed"]) for case in cases if case["expected"] is not None) >= answered
    assert sum(bool(case["passed"]) for case in cases if case["expected"] is None) >= refused
