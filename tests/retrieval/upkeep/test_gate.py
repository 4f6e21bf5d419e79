"""The gate: golden questions decide whether a new generation goes live."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.asking.ranker import OperatingPoint
from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.progress import silent
from retrieval.store import layout, opening
from retrieval.store.manifest import GoldenRecord
from retrieval.upkeep.gate import GoldenOutcome, Verdict, ask_golden, verdict_json
from retrieval.upkeep.plan import GateRule, RebuildOptions
from retrieval.upkeep.rebuild import REMOVAL, rebuild
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

FERRY = "- question: How much does the ferry cost?\n  document: ferry.txt\n  fragment: four euros\n"
ZOO = "- question: When does the zoo open?\n  document: zoo.txt\n  fragment: at noon\n"
ANSWERS_ALWAYS = replace(BY_LATE, points=(OperatingPoint(0.5, 0.0, 1.0, 1.0),))


@pytest.fixture
def gated(options: RebuildOptions, tmp_path: Path) -> RebuildOptions:
    """Return options with one golden question, about the ferry."""
    (tmp_path / "golden.yaml").write_text(FERRY)
    return replace(options, golden=tmp_path / "golden.yaml", ranker=ANSWERS_ALWAYS, precision=0.5)


def test_a_generation_that_breaks_a_question_is_refused_until_the_gate_is_off(gated: RebuildOptions) -> None:
    """The live generation stays, the report names the question, and a rebuild with the gate off publishes."""
    first = rebuild(gated, silent)
    assert first.verdict is not None
    assert (first.published, first.verdict.before, first.verdict.failed) == (True, None, [])
    (gated.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    report = rebuild(gated, silent)
    assert report.refused
    assert report.verdict is not None
    assert [outcome.golden.question for outcome in report.verdict.broken] == ["How much does the ferry cost?"]
    assert [(old.text, new.text) for old, new in report.verdict.changed] == [
        ("The ferry costs four euros.", "The ferry costs five euros.")
    ]
    assert report.manifest.generation == "gen-1"
    assert layout.generations(gated.index) == ["gen-1"]
    published = rebuild(replace(gated, gate="off"), silent)
    assert (published.published, published.manifest.generation) == (True, "gen-2")
    assert published.manifest.golden == GoldenRecord(1, ("How much does the ferry cost?",))
    assert not rebuild(gated, silent).published  # the live generation is up to date


def test_a_question_that_failed_before_may_fail_unless_all_must_pass(gated: RebuildOptions, tmp_path: Path) -> None:
    """Both generations are asked the current questions. Without a generation to compare, only "pass" refuses."""
    (tmp_path / "golden.yaml").write_text(FERRY + ZOO)
    strict = replace(gated, gate="pass")
    refused = rebuild(strict, silent)
    assert (refused.refused, refused.live, layout.generations(gated.index)) == (True, None, [])
    first = rebuild(gated, silent)
    assert first.verdict is not None
    assert (first.published, [outcome.golden.documents for outcome in first.verdict.failed]) == (True, [("zoo.txt",)])
    (gated.seeds / "ferry.txt").unlink()
    (gated.seeds / "boat.txt").write_text("The ferry costs four euros.")
    moved = rebuild(gated, silent)  # the same answer from another document
    assert (moved.refused, moved.changes.renamed) == (True, (("ferry.txt", "boat.txt"),))
    (tmp_path / "golden.yaml").write_text(FERRY.replace("ferry.txt", "boat.txt") + ZOO)
    corrected = rebuild(gated, silent)
    assert corrected.verdict is not None
    assert (corrected.published, corrected.verdict.broken, len(corrected.verdict.changed)) == (True, [], 1)
    assert rebuild(strict, silent).refused is False
    (gated.seeds / "zoo.txt").write_text("The zoo opens at noon.")
    assert rebuild(strict, silent).published
    assert opening.open_index(gated.index).manifest.golden == GoldenRecord(2, ())


def write_kept(seeds: Path, **lines: str) -> None:
    """Write kept answers with their golden questions: the question is the name of the file, with "nine" after it.

    The heading is not the question, as after somebody edited it, so another document can answer the question better.
    """
    (seeds / "answers").mkdir(exist_ok=True)
    golden = []
    for name, text in lines.items():
        (seeds / "answers" / f"{name}.md").write_text(f"# Notes\n\n{text}\n")
        answers = [{"document": f"answers/{name}.md", "fragment": text}]
        golden.append(json.dumps({"question": f"{name} nine", "kind": "kept answer", "answers": answers}))
    (seeds / "answers" / "golden.jsonl").write_text("\n".join(golden))


def test_kept_answers_are_guarded(options: RebuildOptions) -> None:
    """A rebuild that would answer their questions worse is refused, without any golden file of the operator's."""
    options = replace(options, ranker=ANSWERS_ALWAYS, precision=0.5)
    write_kept(options.seeds, museum="The museum opens on Monday.")
    first = rebuild(options, silent)
    assert first.verdict is not None
    assert (first.published, [outcome.passed for outcome in first.verdict.now]) == (True, [True])
    assert first.manifest.calibration is None

    (options.seeds / "hours.txt").write_text("The museum closes at nine.")
    report = rebuild(options, silent)

    assert report.verdict is not None
    assert [outcome.text for outcome in report.verdict.broken] == ["The museum closes at nine."]
    assert report.refused
    assert rebuild(replace(options, gate="pass"), silent).refused


@pytest.mark.parametrize("rule", ["no worse", "pass"])
def test_a_removed_kept_answer_does_not_stay_because_of_the_gate(gated: RebuildOptions, rule: GateRule) -> None:
    """Whoever removed it is owed that, whatever else fails; the reason is said, and later rebuilds are guarded."""
    gated = replace(gated, gate=rule)
    write_kept(gated.seeds, museum="The museum opens on Monday.", cat="The cat sleeps.")
    assert rebuild(gated, silent).published
    (gated.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    assert rebuild(gated, silent).refused
    (gated.seeds / "answers" / "cat.md").unlink()
    said: list[str] = []

    report = rebuild(gated, silent, announce=said.append)

    assert said == [REMOVAL]
    assert (report.published, report.changes.removed) == (True, ("answers/cat.md",))
    assert report.verdict is not None
    assert verdict_json(report.verdict)["open"] is True
    assert [outcome.golden.question for outcome in report.verdict.broken] == ["How much does the ferry cost?"]
    (gated.seeds / "answers" / "museum.md").write_text("# museum\n\nThe ferry costs six euros.\n")
    assert rebuild(replace(gated, gate="pass"), silent).refused


@pytest.mark.parametrize("change", ["edited", "removed", "broken file", "no golden file"])
def test_kept_answers_that_people_changed_by_hand_stop_nothing(options: RebuildOptions, change: str) -> None:
    """Their questions are left out until the file is written again."""
    options = replace(options, ranker=ANSWERS_ALWAYS, precision=0.5)
    write_kept(options.seeds, museum="The museum opens on Monday.", cat="The cat sleeps.")
    assert rebuild(options, silent).published
    folder = options.seeds / "answers"
    if change == "edited":
        (folder / "museum.md").write_text("# museum\n\nThe museum was sold.\n")
    elif change == "removed":
        (folder / "museum.md").unlink()
    else:
        (folder / "cat.md").write_text("# cat\n\nThe cat was sold.\n")
        (folder / "golden.jsonl").write_text("{") if change == "broken file" else (folder / "golden.jsonl").unlink()

    report = rebuild(options, silent)

    assert report.published
    asked = [outcome.golden.question for outcome in report.verdict.now] if report.verdict else []
    assert asked == (["cat nine"] if change in ("edited", "removed") else [])


def make_outcome(question: str, text: str | None, *, passed: bool) -> GoldenOutcome:
    return GoldenOutcome(
        GoldenQuestion(question, (GoldenAnswer("a.txt", ("x",)),)), "a.txt" if text else None, text, passed
    )


@pytest.mark.parametrize(("rule", "blocking"), [("off", []), ("no worse", ["b"]), ("pass", ["b", "c"])])
def test_the_rule_decides_which_failures_block(rule: GateRule, blocking: list[str]) -> None:
    """Question a passes, b passed before and fails, c failed before and fails."""
    before = (
        make_outcome("a", "1", passed=True),
        make_outcome("b", "1", passed=True),
        make_outcome("c", "1", passed=False),
    )
    now = (
        make_outcome("a", "1", passed=True),
        make_outcome("b", None, passed=False),
        make_outcome("c", "1", passed=False),
    )
    verdict = Verdict(rule, now, before)
    kept = [replace(of_one, golden=replace(of_one.golden, kind="kept answer")) for of_one in (*before, *now)]
    assert [of_one.golden.question for of_one in Verdict(rule, tuple(kept[3:]), tuple(kept[:3])).blocking] == blocking[
        :1
    ]
    assert [outcome.golden.question for outcome in verdict.blocking] == blocking
    printed = verdict_json(verdict)
    assert (printed["open"], printed["passed"], printed["failed"]) == (not blocking, 1, ["b", "c"])
    assert [change["question"] for change in printed["changed"]] == ["b"]


@pytest.mark.parametrize(("rule", "blocked"), [("off", False), ("no worse", True), ("pass", True)])
def test_an_index_that_fell_silent_does_not_go_live(rule: GateRule, blocked: bool) -> None:
    """The live one answered, if wrongly; the new one answers nothing. One that was silent before is no worse."""
    answered = (make_outcome("a", "1", passed=False), make_outcome("b", None, passed=False))
    silent_now = (make_outcome("a", None, passed=False), make_outcome("b", None, passed=False))
    verdict = Verdict(rule, silent_now, answered)
    assert (verdict.silent, bool(verdict.blocking)) == (True, blocked)
    assert verdict_json(verdict)["silent"] is True
    assert Verdict("no worse", silent_now, silent_now).blocking == []
    assert Verdict("no worse", silent_now, None).blocking == []
    assert Verdict("no worse", answered, silent_now).silent is False


def test_golden_questions_are_answered_from_the_threshold_on(word_encoder: WordEncoder) -> None:
    """A sentence with half of the words has probability 0.5: answered at 0.4, refused at 0.6."""
    retriever = Retriever(index_of(word_encoder), word_encoder, ANSWERS_ALWAYS)
    golden = [
        GoldenQuestion("ferry price", (GoldenAnswer("ferry.txt", ("price of four",)),)),
        GoldenQuestion("library cat"),
    ]
    assert [outcome.passed for outcome in ask_golden(retriever, golden, 0.4)] == [True, False]
    assert [outcome.passed for outcome in ask_golden(retriever, golden, 0.6)] == [True, True]
