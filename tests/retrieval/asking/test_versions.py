"""Of a page in several versions the newest answers, unless the question names another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from retrieval.asking.explaining import Trace
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.follow_ups import Previous
from retrieval.types import Answer, ReadDocument
from tests.support.small_index import BY_LATE
from tests.support.word_encoder import WordEncoder

OLD, MIDDLE, NEW = "The library opens at nine.", "The library opens at monday.", "The library opens at four."
ONLY_OLD = "The ferry sleeps at nine."
OTHER = "The museum closes at nine."
MANUALS = {
    "manual-2.9/footnote.toml": 'version = "2.9"\nsource = "Manual"',
    "manual-2.9/hours.md": f"# Hours\n\n{OLD}\n",
    "manual-2.9/ferry.md": f"# Ferry\n\n{ONLY_OLD}\n",
    "manual-2.10/footnote.toml": 'version = "2.10"\nsource = "Manual"',
    "manual-2.10/hours.md": f"# Hours\n\n{MIDDLE}\n",
    "manual-v3/footnote.toml": 'version = "v3"\nsource = "Manual"',
    "manual-v3/hours.md": f"# Hours\n\n{NEW}\n",
    "museum/hours.md": f"# Museum\n\n{OTHER}\n",
}


def index_of_files(folder: Path, files: Mapping[str, str]) -> Index:
    """Index files that are written into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    reads = list(read_files(list_files(folder)[0], 1_000_000))
    return build_index([read for read in reads if isinstance(read, ReadDocument)], WordEncoder(), "en", "gen-1").index


@dataclass
class Manuals:
    """Three versions of a manual and another document, asked with every option."""

    index: Index

    def ask(self, question: str, previous: Previous | None = None, *, newest: bool = True, **options: object) -> Answer:
        """Ask as the terminal does."""
        retriever = Retriever(self.index, WordEncoder(), BY_LATE, newest_versions=newest)
        options = {"threshold": 0.6} | options
        return ask_in_parts(partial(retriever.ask, **options), question, previous, "en")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> Manuals:
    """Index the manuals once."""
    return Manuals(index_of_files(tmp_path_factory.mktemp("manuals"), MANUALS))


def quoted(answer: Answer) -> list[tuple[str, str | None]]:
    """Return the texts of an answer with the versions of their documents."""
    return [(quote.text, quote.citation.version) for quote in answer.quotes]


@pytest.mark.parametrize(
    ("question", "expected", "versions"),
    [
        ("The library opens at?", (NEW, "v3"), ()),
        ("The library opens at, in 2.9?", (OLD, "2.9"), ("2.9",)),
        ("On version 2.10, the library opens at?", (MIDDLE, "2.10"), ("2.10",)),
        ("In manual 3 the library opens at?", (NEW, "v3"), ("3",)),
        ("The ferry sleeps at?", (ONLY_OLD, "2.9"), ()),  # only the old manual has this page
        ("The museum closes at?", (OTHER, None), ()),
    ],
)
def test_a_question_is_answered_from_the_version_it_names_or_the_newest(
    manuals: Manuals, question: str, expected: tuple[str, str | None], versions: tuple[str, ...]
) -> None:
    """2.10 is newer than 2.9; a page that only an old version has is quoted with its version."""
    answer = manuals.ask(question, top=5)
    assert quoted(answer)[0] == expected
    assert answer.versions == versions
    assert answer.question == question
    found = {quote.citation.document for quote in answer.quotes}
    assert found.isdisjoint({"manual-2.9/hours.md", "manual-2.10/hours.md"} - {answer.quotes[0].citation.document})


def test_no_other_version_than_the_named_one_is_searched(manuals: Manuals) -> None:
    """A page that the version lacks has no answer; a document without a version holds for every version."""
    assert not manuals.ask("The ferry sleeps at, in 2.10?").answered
    answer = manuals.ask("The museum closes at, in 2.10?")
    assert (quoted(answer), answer.versions) == ([(OTHER, None)], ("2.10",))
    assert manuals.ask("The museum closes at, in 2.10?", collections={"manual-2.10"}).quotes == ()


def test_an_unknown_version_is_an_ordinary_word(manuals: Manuals) -> None:
    """No document has it, so nothing is limited to it."""
    answer = manuals.ask("The library opens at, in 2.11?", threshold=0.1)
    assert (quoted(answer), answer.versions) == ([(NEW, "v3")], ())


@pytest.mark.parametrize(
    "question",
    [
        "The library opens at, in 2.9 and 2.10?",
        "in 2.9 and in 2.10, the library opens at?",
        "The library opens at, in version 2.9 or version 2.10?",
        "The library opens at, in manual 2.9 and 2.10?",
    ],
)
def test_several_versions_are_asked_one_by_one(manuals: Manuals, question: str) -> None:
    """The answer has a quote of each, in the order of the question."""
    answer = manuals.ask(question)
    assert quoted(answer) == [(OLD, "2.9"), (MIDDLE, "2.10")]
    assert (answer.versions, answer.unanswered, answer.question) == (("2.9", "2.10"), (), question)
    assert [part.versions for part in answer.parts] == [("2.9",), ("2.10",)]


def test_a_version_that_says_nothing_is_named(manuals: Manuals) -> None:
    """As a part of a question without an answer is."""
    answer = manuals.ask("The ferry sleeps at, in 2.9 and 2.10?")
    assert (quoted(answer), answer.unanswered) == ([(ONLY_OLD, "2.9")], ("The ferry sleeps at in version 2.10?",))
    refused = manuals.ask("The ferry sleeps at, in 2.10 and v3?")
    assert (refused.answered, refused.parts, refused.versions) == (False, (), ("2.10", "3"))


def test_versions_that_say_the_same_are_quoted_once(manuals: Manuals) -> None:
    """Here a document without a version, which holds for both."""
    answer = manuals.ask("The museum closes at, in 2.9 and 2.10?")
    assert (quoted(answer), answer.parts, answer.versions) == ([(OTHER, None)], (), ("2.9", "2.10"))


def test_a_follow_up_can_name_several_versions(manuals: Manuals) -> None:
    """It asks the same of each."""
    before = manuals.ask("The library opens at?")
    given = frozenset(quote.citation.id for quote in before.quotes)
    answer = manuals.ask("and in 2.9 and 2.10?", Previous(before.question, given))
    assert quoted(answer) == [(OLD, "2.9"), (MIDDLE, "2.10")]


@pytest.mark.parametrize("follow_up", ["and in 2.9?", "and 2.9?", "what about version 2.9?", "in 2.9?"])
@pytest.mark.parametrize("first", ["The library opens at?", "The library opens at, in 2.10?"])
def test_a_follow_up_asks_the_same_of_another_version(manuals: Manuals, first: str, follow_up: str) -> None:
    """The version of the follow-up counts, not the one before; the next follow-up works as well."""
    before = manuals.ask(first)
    answer = manuals.ask(follow_up, Previous(first, frozenset(quote.citation.id for quote in before.quotes)))
    assert (quoted(answer), answer.versions) == ([(OLD, "2.9")], ("2.9",))
    again = manuals.ask("and in 2.10?", Previous(answer.question, frozenset({answer.quotes[0].citation.id})))
    assert quoted(again) == [(MIDDLE, "2.10")]


def test_a_version_alone_asks_nothing(manuals: Manuals) -> None:
    """Without a question before, there is no answer."""
    assert manuals.ask("in 2.9?") == Answer("in 2.9?", (), (), 0.0, 0.6, "gen-1", versions=("2.9",))


def test_every_version_is_searched_if_the_operator_wants_it(manuals: Manuals) -> None:
    """A version that is named still limits the search."""
    answer = manuals.ask("The library opens at?", newest=False, top=5)
    assert {version for _, version in quoted(answer)} >= {"2.9", "2.10", "v3"}
    assert quoted(manuals.ask("The library opens at, in 2.9?", newest=False, top=5)) == [(OLD, "2.9")]


def test_what_may_not_be_seen_makes_nothing_old(manuals: Manuals) -> None:
    """The newest version of a page is the newest among the visible collections; a hidden one is never quoted."""
    seen = {"manual-2.9", "manual-2.10"}
    assert quoted(manuals.ask("The library opens at?", collections=seen)) == [(MIDDLE, "2.10")]
    assert manuals.ask("The library opens at, in manual v3?", collections=seen).versions == ()


def test_a_document_is_searched_whatever_its_version(manuals: Manuals) -> None:
    """Who asks one document means it."""
    row = [document.id for document in manuals.index.documents].index("manual-2.9/hours.md")
    assert quoted(manuals.ask("The library opens at?", document=row)) == [(OLD, "2.9")]


def test_an_answer_is_that_of_an_index_of_the_newest_pages_alone(manuals: Manuals, tmp_path: Path) -> None:
    """Confidence tells nothing of the versions that are left out."""
    newest = {name: text for name, text in MANUALS.items() if name != "manual-2.9/hours.md" and "2.10" not in name}
    alone = Manuals(index_of_files(tmp_path, newest))
    question = "The library opens at?"
    assert manuals.ask(question, top=5) == alone.ask(question, top=5)


def test_an_explanation_says_which_versions_were_searched(manuals: Manuals) -> None:
    """Both how the question was asked and the versions are in it."""
    retriever, trace = Retriever(manuals.index, WordEncoder(), BY_LATE), Trace()
    answer = retriever.ask("The library opens at, in 2.9?", trace=trace)
    explanation = retriever.explain(trace, answer)
    assert (explanation.versions, explanation.asked_as) == (("2.9",), "The library opens at?")


@pytest.mark.parametrize("question", ["The library opens at, in 3?", "The library opens at, in manual v3?", "in v3?"])
def test_versions_of_hidden_documents_are_ordinary_words(manuals: Manuals, tmp_path: Path, question: str) -> None:
    """The answer is that of an index of what may be seen."""
    seen = {name: text for name, text in MANUALS.items() if "2.9" in name or "2.10" in name}
    alone = Manuals(index_of_files(tmp_path, seen))
    assert manuals.ask(question, collections={"manual-2.9", "manual-2.10"}) == alone.ask(question)


def test_without_versions_no_document_is_looked_at(word_encoder: WordEncoder) -> None:
    """An index that says it has none costs nothing."""
    from dataclasses import replace

    from tests.support.small_index import index_of

    retriever = Retriever(replace(index_of(word_encoder), have_versions=False), word_encoder, BY_LATE)
    retriever.ask("The library opens at, in 2.9?")
    assert not retriever._scopes._cache
