"""Compare what is shown with its marked sentence, on prose: python -m tests.benchmarks.prose FILE [--cache FOLDER].

Asks every question of a SQuAD or XQuAD-R file, whatever the confidence. Prints as JSON how many characters are shown of
the first quotes for each character of their sentences (as the mean of the ratios, and as the ratio of the means), the
sizes of what is shown, and how often the right sentence is marked.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from bot.answering_stack import load_cross_encoder, load_encoder
from bot.building import compile_models
from bot.showing.terminal import progress
from config.settings import DEFAULTS, RANKER, load_settings
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.measuring.squad import gold_rows, read_squad
from retrieval.measuring.tallies import size_figures
from retrieval.measuring.visible_text import shown_text
from retrieval.progress import ProgressEvent, Task
from tests.benchmarks.wild import default_cache


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description="Compare what is shown with the marked sentence, on prose.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the compiled model is kept")
    options = parser.parse_args()
    print(json.dumps(measure(options.file, options.cache), indent=1))
    return 0


def measure(file: Path, cache: Path) -> dict[str, object]:
    """Ask every question and compute the figures."""
    corpus = read_squad(file)
    settings = load_settings(DEFAULTS, index=str(cache / "prose"))
    encoder = load_encoder(settings.index_folder, compile_models(settings), settings.threads)
    sentences, shown, right = [], [], 0
    with progress() as show:
        index = build_index(corpus.reads, encoder, settings.documents.language, "prose", progress=show).index
        retriever = Retriever(index, encoder, read_ranker(RANKER), load_cross_encoder(settings))
        gold = gold_rows(index, corpus.questions)
        for number, (question, row) in enumerate(zip(corpus.questions, gold, strict=True)):
            show(ProgressEvent(Task.ASK, number, len(gold)))
            quote = retriever.ask(question.text, threshold=0.0).quotes[0]
            sentences.append(len(quote.text))
            shown.append(len(shown_text(quote)))
            document = index.documents[question.document].id
            place = (quote.citation.document, quote.citation.start)
            right += row >= 0 and place == (document, index.sentence(row).start)
        show(ProgressEvent(Task.ASK, len(gold), len(gold)))
    ratios = [whole / part for whole, part in zip(shown, sentences, strict=True)]
    return {
        "questions": len(gold),
        "marked_right": round(right / len(gold), 4),
        "mean_of_ratios": round(statistics.fmean(ratios), 3),
        "ratio_of_means": round(sum(shown) / sum(sentences), 3),
        "shown_characters": size_figures(shown),
        "sentence_characters": size_figures(sentences),
    }


if __name__ == "__main__":
    sys.exit(main())
