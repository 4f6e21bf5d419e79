"""Pages of small evaluations, made with the encoder that can be explained."""

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bot.report import comparison
from bot.report.html_page import About, golden_page, squad_page
from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenQuestion, run_golden
from retrieval.measuring.measure import baseline_figures, eval_figures, measure
from retrieval.measuring.runs import EvalRun, flatten_figures
from retrieval.measuring.squad import read_squad
from retrieval.progress import silent
from tests.support.small_index import ARTICLES, BACKWARDS, BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

HOSTILE = (
    "<script>document.title = 'owned'</script></style></title></svg>"
    "<img src=http://127.0.0.1:9/x onerror=\"document.title = 'owned'\">"
    "{{ 7 * 7 }} \"' &lt; &#60; \u202eevil\u202c \u2066\u200b " + "x" * 400
)
ESCAPED = "&lt;script&gt;document.title = &#39;owned&#39;&lt;/script&gt;&lt;/style&gt;"


RUN = EvalRun("ab" * 32, "2026-11-22 10:00:00 UTC", "0.1.0", None, "words", "words", "w", 0.5, {}, [])


def run_of(figures: dict[str, Any], **others: Any) -> EvalRun:
    return replace(RUN, figures=flatten_figures(figures), **others)


def page_of_squad(folder: Path, *, hostile: str = "", previous: EvalRun | None = None) -> str:
    """Return the page of a run in which every question is ranked the wrong way round."""
    content = json.loads(json.dumps(ARTICLES))
    if hostile:
        for article in content["data"]:
            article["title"] += hostile
            for paragraph in article["paragraphs"]:
                paragraph["context"] += " " + hostile
                for asked in paragraph["qas"]:
                    asked["question"] += hostile + "\ud800"
    (folder / "squad.json").write_text(json.dumps(content))
    found = measure(read_squad(folder / "squad.json"), WordEncoder(), BACKWARDS, "en", silent)
    found.elapsed_ms[:] = [4.0, 5.0, 6.0, 30.0]  # the only thing that differs from run to run
    figures = eval_figures(found)
    run = run_of(figures)
    baselines = {name: flatten_figures(one) for name, one in baseline_figures(found).items()}
    rows = comparison.compare(comparison.SQUAD, run.figures, previous, baselines)
    return squad_page(About("squad.json" + hostile, run, previous, [hostile]), found, BACKWARDS, rows, figures)


def page_of_golden(*, hostile: str = "", previous: EvalRun | None = None) -> str:
    """Return the page of five questions: passed, wrong quote, refused rightly, refused wrongly, answered wrongly."""
    questions = [
        GoldenQuestion("museum sleeps" + hostile, "library.md", hostile or "museum"),
        GoldenQuestion("closes monday", "ferry.txt", "monday" + hostile),
        GoldenQuestion("who", None, None),
        GoldenQuestion("price monday museum cat", "ferry.txt" + hostile, "four"),
        GoldenQuestion("museum", None, None),
    ]
    cases = run_golden(questions, Retriever(index_of(WordEncoder()), WordEncoder(), BY_LATE).ask)
    passed = [one.passed for one in cases]
    run = run_of({"passed": sum(passed), "failed": len(passed) - sum(passed)}, generation="gen-1", passed=passed)
    rows = comparison.compare(comparison.golden_figures(cases), run.figures, previous, {})
    return golden_page(About("golden.yaml" + hostile, run, previous), cases, rows)
