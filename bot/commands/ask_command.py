"""Implement `footnote ask` and `footnote chat`; each function returns an exit code."""

import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot import answering_stack, building
from bot.hot_swap import HotSwap
from bot.showing.answer_json import answer_json
from bot.showing.collection_names import check_collections
from bot.showing.exit_codes import NO_ANSWER, SUCCESS
from bot.showing.reply import compose
from bot.showing.terminal import console, prepare, print_explanation, print_json, print_reply, say
from config.settings import Settings
from retrieval.errors import QuestionError
from retrieval.reading.folder import is_removed_answer
from retrieval.reading.wrong_quotes import WrongQuotes
from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.cleaning import clean_question
from retrieval.text.follow_ups import Ask, Following, Previous
from retrieval.text.without_wrong_quotes import ask_without

if TYPE_CHECKING:
    from bot.answering_stack import AnsweringStack
    from retrieval.asking.retriever import Retriever
    from retrieval.explanations import Explanation
    from retrieval.types import Answer


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How to answer: the most quotes (None: as in the settings), and the collections to search (none: all).

    With `explain`, what each stage found is shown as well.
    """

    top: int | None
    newest: bool
    collections: tuple[str, ...]
    explain: bool = False


def ask(settings: Settings, question: str, options: AskOptions, *, as_json: bool, show_closest: bool) -> int:
    """Answer one question and print the reply."""
    clean_question(question)  # raises for a bad question, before anything is loaded
    stack = building.open_or_build(settings) if as_json else building.open_or_build(settings, while_loading=prepare)
    started = time.perf_counter()
    explanations: list[Explanation] | None = [] if options.explain else None
    answer = _answer(stack, question, None, settings, options, explanations)
    elapsed_ms = (time.perf_counter() - started) * 1000
    if as_json:
        content = answer_json(answer, elapsed_ms, show_closest=show_closest)
        print_json(content if explanations is None else content | {"explanations": list(map(asdict, explanations))})
    else:
        print_reply(compose(answer, show_closest=show_closest))
        for explanation in explanations or ():
            print_explanation(explanation)
    return SUCCESS if answer.answered else NO_ANSWER


def _answer(
    stack: "AnsweringStack",
    question: str,
    previous: Previous | None,
    settings: Settings,
    options: AskOptions,
    explanations: "list[Explanation] | None" = None,
) -> "Answer":
    """Ask a question with its parts, after the previous one if there is one.

    If `explanations` is a list, one of each question that is asked, parts included, is added to it.
    Raises QuestionError for a bad question, and for an unknown collection, naming those that exist.
    """
    retriever = stack.retriever
    if options.collections:
        check_collections(retriever.collections, options.collections)
    text, wrong_quotes = clean_question(question), WrongQuotes(settings.seeds_folder)
    ask_one = partial(
        retriever.ask if explanations is None else partial(_explain, retriever, explanations),
        threshold=stack.threshold,
        newest=options.newest,
        collections=options.collections or None,
    )
    is_removed = partial(is_removed_answer, settings.seeds_folder)
    right = ask_without(ask_one, wrong_quotes.of_parts(text), options.top or settings.answer.top, is_removed)
    if explanations is not None:
        right = partial(_ask_withheld, right, explanations)
    return ask_in_parts(right, text, previous, retriever.index.language)


def _ask_withheld(
    ask: Ask, explanations: "list[Explanation]", question: str, *, following: Following | None = None
) -> "Answer":
    """Ask a question, and keep one explanation of it, which says whether what answers was withheld."""
    before = len(explanations)
    answer = ask(question, following=following)
    first = explanations[before]  # asked again, it is explained again
    explanations[before:] = [replace(first, withheld=first.answered and not answer.answered)]
    return answer


def _explain(retriever: "Retriever", explanations: "list[Explanation]", question: str, **options: Any) -> "Answer":
    """Ask a question as the retriever does, and add an explanation."""
    from retrieval.asking.explaining import Trace

    trace = Trace()
    answer = retriever.ask(question, trace=trace, **options)
    explanations.append(retriever.explain(trace, answer))
    return answer


def _open_for_chat(settings: Settings) -> HotSwap["AnsweringStack"]:
    """Open the index, and build it first if there is none; nothing else holds the opened generation."""
    first = building.open_or_build(settings)
    return HotSwap(
        settings.index_folder, first, first.manifest.generation,
        lambda current: answering_stack.open_live(settings, say, reuse=current), on_failure=say,
    )  # fmt: skip


def chat(settings: Settings, options: AskOptions) -> int:
    """Answer questions line by line until the end of input, switching to new generations between them."""
    live = _open_for_chat(settings)
    prompt = "› " if sys.stdin.isatty() else ""
    if prompt:
        import readline  # noqa: F401 - gives input() history and editing

        say("ask a question; an empty line or Ctrl-D ends the chat")
    previous: Previous | None = None
    while True:
        try:
            line = input(prompt)
        except EOFError:
            return SUCCESS
        if not line.strip():
            if prompt:
                return SUCCESS
            continue
        if live.refresh():
            say(f"now answering from {live.current.manifest.generation}")
        stack = live.current
        try:
            answer = _answer(stack, line, previous, settings, options)
        except QuestionError as error:
            say(str(error))
            continue
        previous = Previous(answer.question, frozenset(quote.citation.id for quote in answer.quotes))
        print_reply(compose(answer))
        console(sys.stdout).print()
