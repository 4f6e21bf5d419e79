"""The gate: a new generation goes live only if golden questions let it."""

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.asking.ranker import OperatingPoint
from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenQuestion
from retrieval.progress import silent
from retrieval.store import layout, opening
from retrieval.store.manifest import GoldenRecord
from retrieval.upkeep.gate import GoldenOutcome, Verdict, ask_golden, verdict_json
from retrieval.upkeep.plan import GateRule, RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

FERRY = "- question: How much does the ferry cost?\n  document: ferry.txt\n  fragment: four euros\n"
ZOO = "- question: When does the zoo open?\n  document: zoo.txt\n  fragment: at noon\n"
ALWAYS = replace(BY_LATE, points=(OperatingPoint(0.5, 0.0, 1.0, 1.0),))  # answers every question


@pytest.fixture
def gated(options: RebuildOptions, tmp_path: Path) -> RebuildOptions:
    """Return options with one golden question, about the ferry."""
    (tmp_path / "golden.yaml").write_text(FERRY)
    return replace(options, golden=tmp_path / "golden.yaml", ranker=ALWAYS, precision=0.5)


def test_what_breaks_a_question_stays_out_until_the_gate_is_off(gated: RebuildOptions) -> None:
    """The old generation goes on answering, the report names the question, and "off" is the way through."""
    first = rebuild(gated, silent)
    assert first.verdict is not None
    assert (first.published, first.verdict.before, first.verdict.failed) == (True, None, [])
    (gated.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    report = rebuild(gated, silent)
    assert report.refused
    assert report.verdict is not None
    assert [one.golden.question for one in report.verdict.broken] == ["How much does the ferry cost?"]
    assert [(old.text, new.text) for old, new in report.verdict.changed] == [
        ("The ferry costs four euros.", "The ferry costs five euros.")
    ]
    assert report.manifest.generation == "gen-1"
    assert layout.generations(gated.index) == ["gen-1"]
    published = rebuild(replace(gated, gate="off"), silent)
    assert (published.published, published.manifest.generation) == (True, "gen-2")
    assert published.manifest.golden == GoldenRecord(1, ("How much does the ferry cost?",))
    assert not rebuild(gated, silent).published  # nothing to do: what is live is what is there


def test_a_question_that_failed_before_may_go_on_failing_but_not_where_all_must_pass(
    gated: RebuildOptions, tmp_path: Path
) -> None:
    """A golden file that grew compares both generations by the same questions; a first build is let through."""
    (tmp_path / "golden.yaml").write_text(FERRY + ZOO)
    with_all = replace(gated, gate="pass")
    refused = rebuild(with_all, silent)
    assert (refused.refused, refused.live, layout.generations(gated.index)) == (True, None, [])
    first = rebuild(gated, silent)
    assert first.verdict is not None
    assert (first.published, [one.golden.document for one in first.verdict.failed]) == (True, ["zoo.txt"])
    (gated.seeds / "ferry.txt").unlink()
    (gated.seeds / "boat.txt").write_text("The ferry costs four euros.")
    moved = rebuild(gated, silent)  # the answer is right, the document that was expected is gone
    assert (moved.refused, moved.changes.renamed) == (True, (("ferry.txt", "boat.txt"),))
    (tmp_path / "golden.yaml").write_text(FERRY.replace("ferry.txt", "boat.txt") + ZOO)
    mended = rebuild(gated, silent)
    assert mended.verdict is not None
    assert (mended.published, mended.verdict.broken, len(mended.verdict.changed)) == (True, [], 1)
    assert rebuild(with_all, silent).refused is False
    (gated.seeds / "zoo.txt").write_text("The zoo opens at noon.")
    assert rebuild(with_all, silent).published
    assert opening.open_index(gated.index).manifest.golden == GoldenRecord(2, ())


def outcome(question: str, text: str | None, *, passed: bool) -> GoldenOutcome:
    return GoldenOutcome(GoldenQuestion(question, "a.txt", "x"), "a.txt" if text else None, text, passed)


@pytest.mark.parametrize(("rule", "blocking"), [("off", []), ("no worse", ["b"]), ("pass", ["b", "c"])])
def test_a_rule_decides_which_failures_block(rule: GateRule, blocking: list[str]) -> None:
    """Of one that passes, one that broke and one that failed before: none, the second, the last two."""
    before = (outcome("a", "1", passed=True), outcome("b", "1", passed=True), outcome("c", "1", passed=False))
    now = (outcome("a", "1", passed=True), outcome("b", None, passed=False), outcome("c", "1", passed=False))
    verdict = Verdict(rule, now, before)
    assert [one.golden.question for one in verdict.blocking] == blocking
    found = verdict_json(verdict)
    assert (found["open"], found["passed"], found["failed"]) == (not blocking, 1, ["b", "c"])
    assert [one["question"] for one in found["changed"]] == ["b"]


def test_golden_questions_are_asked_at_the_threshold(words: WordEncoder) -> None:
    """Half of the words make even odds: answered at 0.5, refused above."""
    retriever = Retriever(index_of(words), words, ALWAYS)
    golden = [GoldenQuestion("ferry price", "ferry.txt", "price of four"), GoldenQuestion("library cat", None, None)]
    assert [one.passed for one in ask_golden(retriever, golden, 0.4)] == [True, False]
    assert [one.passed for one in ask_golden(retriever, golden, 0.6)] == [True, True]
