"""Answers of moderators as files: what is written is read back, whatever it says, and nothing leaves its folder."""

import datetime
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.kept_answers import ANSWERED_BY, KeptAnswer, KeptAnswerError, parse_form
from retrieval.files import replace_text
from retrieval.measuring.golden import GoldenAnswer, read_golden, read_valid_golden
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument
from tests.support.hostile_texts import texts

DAY = datetime.date(2024, 5, 3)
MESSAGE = "https://discord.com/channels/1/2/3"
ANSWER = KeptAnswer(("How do I get *in*?", "Who opens?"), "Ring twice.\n\n- or knock", "mod (7)", DAY, MESSAGE)


def read_back(seeds: Path) -> ReadDocument:
    """Read the only document of a folder as a rebuild does."""
    (entry,) = list_files(seeds)[0]
    read = read_file(entry, 1_000_000)
    assert isinstance(read, ReadDocument)
    return read


def test_file_holds_everything_and_is_a_document(tmp_path: Path) -> None:
    """Questions, text, author, date and message are in it; it is quoted with the moderator as source and the date."""
    name = kept_answers.write(tmp_path, ANSWER)

    assert (tmp_path / "answers" / name).read_text("utf-8") == (
        '---\ntitle: "How do I get *in*?"\nsource: "answered by a moderator"\npublished: 2024-05-03\n'
        'author: "mod (7)"\nmessage: "https://discord.com/channels/1/2/3"\n---\n\n'
        "# How do I get *in*?\n## Who opens?\n\nRing twice.\n\n- or knock\n"
    )
    assert name.startswith("2024-05-03-how-do-i-get-in-")
    document = read_back(tmp_path).document
    assert (document.collection, document.title, document.source, document.published) == (
        "answers", "How do I get *in*?", ANSWERED_BY, "2024-05-03",
    )  # fmt: skip
    (read,) = kept_answers.listed(tmp_path)
    assert (read.questions, read.text, read.author, read.date, read.message, read.name) == (
        ANSWER.questions, ANSWER.text, ANSWER.author, DAY, MESSAGE, name,
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(texts(400))), st.sampled_from(list(texts(200))), st.sampled_from(list(texts(100))))
def test_hostile_texts_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, question: str, author: str
) -> None:
    """No text ends its field, becomes another field or a path, or loses anything but what is never shown."""
    seeds = tmp_path_factory.mktemp("seeds")
    try:
        questions, cleaned = parse_form(question, text)
    except KeptAnswerError:
        return
    name = kept_answers.write(seeds, KeptAnswer(questions, cleaned, author, DAY))

    written = {path.relative_to(seeds).as_posix() for path in seeds.rglob("*")}
    assert written - {"answers/golden.jsonl"} == {"answers", f"answers/{name}"}
    if "answers/golden.jsonl" in written:  # else no line says anything besides addresses
        assert len(read_valid_golden(seeds / "answers" / "golden.jsonl")) in (0, len(questions))
    read_file_again = read_file(list_files(seeds)[0][0], 1_000_000)
    if isinstance(read_file_again, ReadDocument):  # else it has nothing to quote
        document = read_file_again.document
        assert (document.source, document.published, document.collection) == (ANSWERED_BY, "2024-05-03", "answers")
    (read,) = kept_answers.listed(seeds)
    assert (read.source, read.date, len(read.questions)) == (ANSWERED_BY, DAY, len(questions))
    assert read.text == cleaned


@pytest.mark.parametrize(
    "text",
    ["# A heading", "b\n\n---\n\nc", "a\n===\nb", r"\# kept", r"\\# kept", "a\n---\nsource: x\n---", "- item\n\n# x"],
)
def test_marks_of_headings_stay_text(tmp_path: Path, text: str) -> None:
    """A line that would be a heading or an underline is read as the text that was typed."""
    kept_answers.write(tmp_path, KeptAnswer(("Why?",), text, "mod", DAY))

    assert kept_answers.listed(tmp_path)[0].text == text
    assert len(read_back(tmp_path).document.headings) == 1


@pytest.mark.parametrize(("questions", "text"), [("", "x"), (" \n\u200b", "x"), ("Why?", ""), ("Why?", " \n ")])
def test_empty_forms_are_refused(questions: str, text: str) -> None:
    """A question and a text are needed."""
    with pytest.raises(KeptAnswerError, match="a question and an answer are needed"):
        parse_form(questions, text)


def test_an_address_behind_words_is_kept_beside_them() -> None:
    """Quotes show no address that is hidden, and a moderator's link would be lost."""
    typed = (
        "Take [the map](https://example.org/a?b=1) or [this](<https://example.org/c>), not ![x](https://example.org/d)."
    )
    _, text = parse_form("Where?", typed)
    assert (
        text
        == "Take the map (https://example.org/a?b=1) or this (https://example.org/c), not ![x](https://example.org/d)."
    )


def test_names_that_are_not_listed_are_not_deleted(tmp_path: Path) -> None:
    """Only a kept answer can be removed, and only once."""
    (tmp_path / "secret.md").write_text("# S\n\nText.\n")
    name = kept_answers.write(tmp_path, ANSWER)
    for wrong in ("../secret.md", "secret.md", "", "x.md"):
        with pytest.raises(KeptAnswerError):
            kept_answers.remove(tmp_path, wrong)
    kept_answers.remove(tmp_path, name)
    with pytest.raises(KeptAnswerError):
        kept_answers.remove(tmp_path, name)
    assert (tmp_path / "secret.md").exists()


def test_linked_folder_is_not_followed(tmp_path: Path) -> None:
    """A link could lead out of the documents."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "seeds" / "answers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeptAnswerError, match="is a link"):
        kept_answers.write(tmp_path / "seeds", ANSWER)
    assert list((tmp_path / "elsewhere").iterdir()) == []


KEPT_MESSAGE = KeptAnswer(
    ("Where do cars go?",), "Cars go behind the mill.\nAsk Ines.", "ali (ce) (7)", DAY, MESSAGE,
    kept_answers.message_source("ali (ce) (7)"), "", "mod (8)", "2024-05-04T10:00:00+00:00",
)  # fmt: skip


def test_kept_message_is_a_document_with_a_link(tmp_path: Path) -> None:
    """Its author is the source, its address the link of each quote; who kept it and when it was edited are in it."""
    name = kept_answers.write(tmp_path, KEPT_MESSAGE)

    document = read_back(tmp_path).document
    assert (document.source, document.url, document.published) == ("a message by ali (ce)", MESSAGE, "2024-05-03")
    (read,) = kept_answers.messages(tmp_path)
    assert (read.kept_by, read.edited, read.author_id, read.message_ids) == (
        "mod (8)", "2024-05-04T10:00:00+00:00", 7, (2, 3),
    )  # fmt: skip
    kept_answers.write(tmp_path, ANSWER)
    assert [message.name for message in kept_answers.messages(tmp_path)] == [name]
    assert kept_answers.find_message(tmp_path, 3) == read
    assert kept_answers.find_message(tmp_path, 4) is None


def test_same_words_of_two_messages_are_two_files(tmp_path: Path) -> None:
    """As each of them is removed with its own message."""
    other = replace(KEPT_MESSAGE, message="https://discord.com/channels/1/2/4")
    names = {kept_answers.write(tmp_path, message) for message in (KEPT_MESSAGE, other, KEPT_MESSAGE)}

    assert len(names) == 2
    assert {message.message_ids for message in kept_answers.messages(tmp_path)} == {(2, 3), (2, 4)}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Cars go behind the mill.\nAsk Ines.", "a message by ali (ce)"),
        ("Ask Ines.", "a message by ali (ce)"),
        ("behind  the mill", "a message by ali (ce)"),
        ("Cars go behind the church.", "a message by ali (ce), edited by a moderator"),
    ],
)
def test_message_says_whether_it_is_word_for_word(text: str, source: str) -> None:
    """Trimming leaves the source as it is, another word does not; the author stays in any case."""
    revised = kept_answers.revise(KEPT_MESSAGE, "Where?", text, "other (9)")

    assert (revised.source, revised.author, revised.date) == (source, "ali (ce) (7)", DAY)
    assert (revised.questions, revised.kept_by) == (("Where?",), "other (9)")


@pytest.mark.parametrize("address", ["", "https://x](https://evil.example)/channels/1/2/3", "https://a/channels/1/2/x"])
def test_other_addresses_are_no_messages(address: str) -> None:
    """Only the address of a message in a channel has ids."""
    assert KeptAnswer(("Why?",), "x", message=address).message_ids is None


def test_golden_questions_are_written_beside_the_answers(tmp_path: Path) -> None:
    """One for each question, answered by any line; they go with the answer."""
    name = kept_answers.write(tmp_path, ANSWER)
    document = f"answers/{name}"

    golden = read_golden(tmp_path / "answers" / "golden.jsonl")

    assert [question.question for question in golden] == list(ANSWER.questions)
    assert golden[0].answers == (GoldenAnswer(document, ("Ring twice.",)), GoldenAnswer(document, ("- or knock",)))
    kept_answers.remove(tmp_path, name)
    assert list((tmp_path / "answers").iterdir()) == []


def test_two_answers_that_are_kept_at_once_both_have_golden_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one is kept while the first one writes the questions: it must not be overwritten by what was read."""
    second = threading.Thread(target=kept_answers.write, args=(tmp_path, replace(ANSWER, questions=("Who locks?",))))

    def write_late(path: Path, text: str) -> None:
        if path.suffix == ".jsonl" and second.ident is None:
            second.start()
            second.join(0.3)  # in which it would be done, if it did not wait
        replace_text(path, text)

    monkeypatch.setattr(kept_answers, "replace_text", write_late)

    kept_answers.write(tmp_path, ANSWER)
    second.join()

    golden = read_golden(tmp_path / "answers" / "golden.jsonl")
    assert {question.question for question in golden} == {*ANSWER.questions, "Who locks?"}


def test_lines_with_nothing_but_addresses_are_no_golden_answers(tmp_path: Path) -> None:
    """An evaluation sees no words in them; without any other line, there is no golden question."""
    picture = "![```](https://example.org/a.png)"
    kept_answers.write(tmp_path, KeptAnswer(("Where?",), f"{picture}\nBehind the mill.", "mod", DAY))
    (golden,) = read_golden(tmp_path / "answers" / "golden.jsonl")
    assert [answer.fragments for answer in golden.answers] == [("Behind the mill.",)]
    kept_answers.remove(tmp_path, kept_answers.listed(tmp_path)[0].name)

    kept_answers.write(tmp_path, KeptAnswer(("Where?",), picture, "mod", DAY))
    assert not (tmp_path / "answers" / "golden.jsonl").exists()
