"""Make the pages of small evaluations with the word encoder."""

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bot.report.comparison import SQUAD_FIGURES, compare_figures, golden_figures
from bot.report.html_page import PageHeader, golden_page, squad_page
from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.measure import baseline_figures, eval_figures, measure
from retrieval.measuring.runs import EvalRun, flatten_figures
from retrieval.measuring.squad import read_squad
from retrieval.measuring.verdicts import run_golden
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


def run_of(figures: dict[str, Any], **fields: Any) -> EvalRun:
    """Make the record of a run with some figures."""
    return replace(RUN, figures=flatten_figures(figures), **fields)


def page_of_squad(folder: Path, *, hostile: str = "", previous: EvalRun | None = None) -> str:
    """Make the page of a SQuAD file whose candidates are ranked the wrong way round."""
    content = json.loads(json.dumps(ARTICLES))
    if hostile:
        for article in content["data"]:
            article["title"] += hostile
            for paragraph in article["paragraphs"]:
                paragraph["context"] += " " + hostile
                for question in paragraph["qas"]:
                    question["question"] += hostile + "\ud800"
    (folder / "squad.json").write_text(json.dumps(content))
    measurement = measure(read_squad(folder / "squad.json"), WordEncoder(), BACKWARDS, "en", silent)
    measurement.elapsed_ms[:] = [4.0, 5.0, 6.0, 30.0]  # nothing else differs from run to run
    figures = eval_figures(measurement)
    run = run_of(figures)
    baselines = {name: flatten_figures(nested) for name, nested in baseline_figures(measurement).items()}
    rows = compare_figures(SQUAD_FIGURES, run.figures, previous, baselines)
    header = PageHeader("squad.json" + hostile, run, previous, [hostile])
    return squad_page(header, measurement, BACKWARDS, rows, figures)


def page_of_golden(*, hostile: str = "", previous: EvalRun | None = None) -> str:
    """Make the page of five questions: passed, wrong quote, rightly refused, wrongly refused, wrongly answered."""
    questions = [
        GoldenQuestion("museum sleeps" + hostile, (GoldenAnswer("library.md", (hostile or "museum",)),)),
        GoldenQuestion("closes monday", (GoldenAnswer("ferry.txt", ("monday" + hostile,)),), "price" + hostile),
        GoldenQuestion("who"),
        GoldenQuestion("price monday museum cat", (GoldenAnswer("ferry.txt" + hostile, ("four",)),), "price" + hostile),
        GoldenQuestion("museum"),
    ]
    cases = run_golden(questions, Retriever(index_of(WordEncoder()), WordEncoder(), BY_LATE), 0.5, explained=True)
    passed = [case.passed for case in cases]
    run = run_of({"passed": sum(passed), "failed": len(passed) - sum(passed)}, generation="gen-1", passed=passed)
    rows = compare_figures(golden_figures(cases), run.figures, previous, {})
    return golden_page(PageHeader("golden.yaml" + hostile, run, previous), cases, rows)
