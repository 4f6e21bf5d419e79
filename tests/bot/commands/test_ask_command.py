"""`footnote ask` and `footnote chat`: replies, JSON and exit codes."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.showing.answer_json import answer_json, citation_json, part_json
from retrieval.reading.wrong_quotes import WrongQuote, add_wrong_quote
from retrieval.types import Answer, Citation, PassagePart, Quote
from tests.bot.conftest import RunFootnote
from tests.support.paths import SEEDS

QUESTION = "When did the security dialogue first meet?"
CITATION_KEYS = ["id", "document", "title", "source", "published", "url", "path", "line", "paragraph", "start", "end"]
CITATION_KEYS += ["page", "heading", "row", "time", "version"]


def test_answer_shows_quote_and_citation_and_exits_with_0(footnote: RunFootnote, sample_index: Path) -> None:
    """It has the quote, title, source, date, file and line, within 80 columns and without colour codes."""
    done = footnote("ask", QUESTION, "--index", str(sample_index))
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(done.stdout.split())
    assert "“The security dialogue first met in Seoul in June 1998;" in text
    assert "could build mutual trust.”" in text
    assert "— Japan and South Korea consider resuming their security dialogue, News report, 2023-03" in text
    assert "japan-south-korea-security-dialogue.md:" in text
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_refusal_shows_no_source_and_exits_with_1(footnote: RunFootnote, sample_index: Path) -> None:
    """It is one line; --show-closest adds the closest passages."""
    done = footnote("ask", "What is the capital of Australia?", "--index", str(sample_index))
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "I don't know: nothing in the documents answers that.\n",
        "",
    )
    done = footnote("ask", "What is the capital of Australia?", "--index", str(sample_index), "--show-closest")
    assert done.returncode == 1
    assert "None of them is an answer:" in done.stdout


def test_quote_called_wrong_is_left_out(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """What managers decided in Discord holds in the terminal as well, for that question alone."""
    shutil.copytree(SEEDS, tmp_path / "seeds")

    def ids(question: str) -> list[str]:
        done = footnote("ask", question, "--index", str(sample_index), "--seeds", str(tmp_path / "seeds"), "--json")
        return [quote["citation"]["id"] for quote in json.loads(done.stdout)["quotes"]]

    (first,) = ids(QUESTION)
    add_wrong_quote(tmp_path / "seeds", WrongQuote(QUESTION.lower(), first))

    assert first not in ids(QUESTION)
    assert ids("In which year did the security dialogue first meet?") == [first]


def test_json_has_the_documented_keys_in_order(footnote: RunFootnote, sample_index: Path) -> None:
    """Programs rely on the keys, and on the offsets into the file."""
    done = footnote("ask", QUESTION, "--index", str(sample_index), "--json")
    answer = json.loads(done.stdout)
    assert list(answer) == ["question", "answered", "confidence", "threshold", "quotes", "generation", "elapsed_ms"]
    (quote,) = answer["quotes"]
    assert list(quote) == ["text", "before", "after", "score", "citation", "passage"]
    citation = quote["citation"]
    assert list(citation) == CITATION_KEYS
    text = (SEEDS / citation["path"]).read_text("utf-8")
    assert text[citation["start"] : citation["end"]] == quote["text"]
    assert [part["kind"] for part in quote["passage"]] == ["heading", "prose"]
    for part in quote["passage"]:
        assert part["text"] == text[part["start"] : part["end"]]
    assert (answer["question"], answer["answered"], answer["generation"]) == (QUESTION, True, "gen-1")
    assert 0 <= answer["threshold"] <= answer["confidence"] <= 1


def test_an_explanation_is_added_and_changes_nothing(footnote: RunFootnote, sample_index: Path) -> None:
    """Below the reply on a terminal, under one more key in JSON."""
    arguments = ("ask", QUESTION, "--index", str(sample_index))
    plain, explained = footnote(*arguments).stdout, footnote(*arguments, "--explain").stdout
    assert explained.startswith(plain)
    assert f"\nExplanation of: {QUESTION}\n" in explained
    assert "Answered: the first passage has a confidence of" in explained
    answers = [json.loads(footnote(*arguments, "--json", *more).stdout) for more in ((), ("--explain",))]
    assert list(answers[1]) == [*answers[0], "explanations"]
    (explanation,) = answers[1]["explanations"]
    assert explanation["considered"][0]["text"] == answers[0]["quotes"][0]["text"]
    assert all(answers[0][key] == answers[1][key] for key in answers[0] if key != "elapsed_ms")


def test_parts_of_a_question_are_answered_or_said_to_be_unanswered(footnote: RunFootnote, sample_index: Path) -> None:
    """One answered part is an answer; JSON names the citations of each."""
    question = f"{QUESTION} Who won the football World Cup?"
    done = footnote("ask", question, "--index", str(sample_index))
    assert (done.returncode, done.stderr) == (0, "")
    assert "first met in Seoul in June 1998" in " ".join(done.stdout.split())
    assert done.stdout.endswith("\nNo answer found to: Who won the football World Cup?\n")
    answer = json.loads(footnote("ask", question, "--index", str(sample_index), "--json").stdout)
    first, second = answer["parts"]
    assert list(first) == ["question", "answered", "confidence", "quotes"]
    assert (first["question"], first["quotes"]) == (QUESTION, [answer["quotes"][0]["citation"]["id"]])
    assert (second["answered"], second["quotes"]) == (False, [])


def test_json_of_a_refusal_has_no_quotes(footnote: RunFootnote, sample_index: Path) -> None:
    """`quotes` is empty, and `closest` is present only with --show-closest."""
    question = "Who won the football World Cup?"
    arguments = ["ask", question, "--index", str(sample_index), "--json"]
    refusal = json.loads(footnote(*arguments).stdout)
    assert (refusal["answered"], refusal["quotes"], "closest" in refusal) == (False, [], False)
    with_closest = json.loads(
        footnote("ask", question, "--index", str(sample_index), "--json", "--show-closest").stdout
    )
    assert (with_closest["quotes"], len(with_closest["closest"])) == ([], 3)


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
def test_odd_questions_do_not_crash(footnote: RunFootnote, sample_index: Path, question: str, code: int) -> None:
    """They are refused with exit code 1, or cause one line of error and exit code 2."""
    done = footnote("ask", "--index", str(sample_index), "--", question)
    assert done.returncode == code, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == (code == 2)
    assert "Traceback" not in done.stderr


def test_question_that_is_not_utf_8_does_not_crash(footnote: RunFootnote, sample_index: Path) -> None:
    """Python passes on such bytes as lone surrogates."""
    done = footnote("ask", os.fsdecode(b"caf\xe9 \xff"), "--index", str(sample_index), "--json")
    assert json.loads(done.stdout)["question"] == "caf"
    assert (done.returncode, done.stderr) == (1, "")


def test_environment_decides_about_colour(footnote: RunFootnote, sample_index: Path) -> None:
    """FORCE_COLOR turns it on without a terminal, and NO_COLOR off."""
    assert "\x1b[" in footnote("ask", QUESTION, "--index", str(sample_index), FORCE_COLOR="1").stdout
    plain = footnote("ask", QUESTION, "--index", str(sample_index), FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in plain


def test_chat_understands_a_follow_up(footnote: RunFootnote, sample_index: Path) -> None:
    """Each line is a question, the second one depends on the first, and the end of input ends the chat."""
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


def test_offsets_of_json_lead_into_the_file() -> None:
    """Where the text of the document is not the file, the place in the file counts."""
    part = PassagePart(1, 2, "a", "prose", source_span=(4, 9))
    assert part_json(part) == {"text": "a", "start": 4, "end": 9, "kind": "prose"}
    citation = Citation("abc", "a.md", "A", None, None, None, "a.md", 3, 2, 1, 2, source_span=(4, 9))
    content = citation_json(citation)
    assert (content["start"], content["end"], "source_span" in content) == (4, 9, False)


def test_json_of_a_part_names_only_what_it_has() -> None:
    """Text, place and kind are always there; level, number, language and gap only if they say something."""
    plain = {"text": "a", "start": 1, "end": 2, "kind": "prose"}
    assert part_json(PassagePart(1, 2, "a", "prose")) == plain
    whole = PassagePart(1, 2, "a", "code", 2, 3, "python", after_gap=True)
    details = {"level": 2, "number": 3, "language": "python", "after_gap": True}
    assert part_json(whole) == plain | {"kind": "code"} | details


def test_json_has_the_version_of_a_document_and_those_of_the_question() -> None:
    """The first is null if there is none, the others are left out."""
    citation = Citation("abc", "a.md", "A", None, None, None, "a.md", 3, 2, 1, 2, version="2.3")
    quote = Quote("a", "", "", 1.0, citation)
    answer = Answer("a?", (quote,), (), 1.0, 0.5, "gen-1", versions=("2.3",))
    content = answer_json(answer, 1.0, show_closest=False)
    assert (content["versions"], content["quotes"][0]["citation"]["version"]) == (["2.3"], "2.3")
    without = replace(quote, citation=replace(citation, version=None))
    content = answer_json(replace(answer, quotes=(without,), versions=()), 1.0, show_closest=False)
    assert "versions" not in content
    assert content["quotes"][0]["citation"]["version"] is None
