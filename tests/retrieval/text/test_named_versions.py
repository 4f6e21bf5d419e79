"""A question names versions that documents have; everything else that looks like one is an ordinary word."""

import pytest

from retrieval.text.named_versions import (
    NamedVersions,
    find_in_follow_up,
    find_named_versions,
    name_each_version,
)

SUBJECTS = {
    "2.2": frozenset({"manual"}), "v2.3": frozenset({"manual"}), "2.10.1": frozenset({"manual"}),
    "2.10.4": frozenset({"manual"}), "3.9": frozenset({"python"}), "stable": frozenset({"manual"}), "7": frozenset(),
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "text", "versions"),
    [
        ("What is the port in 2.2?", "What is the port?", ("2.2",)),
        ("in 2.2, what is the port?", "what is the port?", ("2.2",)),
        ("How do I log in on version 2.2?", "How do I log in?", ("2.2",)),
        ("how do I log in for v2.2 with a key", "how do I log in with a key", ("2.2",)),
        ("What is the port in the 2.3 docs?", "What is the port?", ("2.3",)),
        ("What is the port in release 2.3.0 of it?", "What is the port of it?", ("2.3",)),
        ("default port v2.3", "default port", ("2.3",)),
        ("default port, version 2.3?", "default port?", ("2.3",)),
        ("How do I sort a list with Python 3.9?", "How do I sort a list with Python?", ("3.9",)),
        ("What is the port in the stable version?", "What is the port?", ("stable",)),
        ("What is the port in 2.10?", "What is the port?", ("2.10",)),
        ("What is the port in 2.2 and in 2.3?", "What is the port?", ("2.2", "2.3")),
        ("What is the port in 2.2 or 2.3?", "What is the port?", ("2.2", "2.3")),
        ("What is the port in version 7?", "What is the port?", ("7",)),
    ],
)
def test_a_named_version_is_understood(question: str, text: str, versions: tuple[str, ...]) -> None:
    """The words that only name it are not searched for; the name of its subject is."""
    named = find_named_versions(question, SUBJECTS)
    assert (named.text, named.versions) == (text, versions)


@pytest.mark.parametrize(
    "question",
    [
        "What is the port in 2.4?",  # no document has it
        "What is in chapter 2.2?",
        "How long is 2.2 metres in feet?",
        "Does it start in 2.2 seconds?",
        "Is it done in 7 days?",
        "Does it work in 7?",
        "How do I sort with Ruby 3.9?",
        "How do I upgrade from 2.2?",
        "How do I upgrade from version 2.2 to version 2.3?",
        "How do I migrate to 2.3?",
        "What changed between version 2.2 and version 2.3?",
        "What is new in 2.3?",
        "What was removed in version 2.3?",
        "Which system was dropped in version 2.3?",
        "When was v2.3 released?",
        "When will version 2.3 be released?",
        "When did version 2.3 come out?",
        "What is the release date of version 2.3?",
        "What did version 2.3 fix?",
        "Is a stable table in stock?",
        "Does it cost 2.2% more?",
        "Which address has 10.2.2.3?",
        "What does error 2.2.2 mean in 2.2.9?",
    ],
)
def test_what_only_looks_like_a_version_is_an_ordinary_word(question: str) -> None:
    """Numbers of other things, unknown versions, and questions about changes, which release notes answer."""
    assert find_named_versions(question, SUBJECTS) == NamedVersions(question)


def test_a_shorter_version_stands_for_those_that_begin_with_it() -> None:
    """Each named version says which of the documents' versions it stands for."""
    named = find_named_versions("What is the port in 2.10 and in 2.2?", SUBJECTS)
    assert named.matching == (frozenset({"2.10.1", "2.10.4"}), frozenset({"2.2"}))


@pytest.mark.parametrize("question", ["and in 2.2?", "and 2.2?", "what about 2.2?", "And for version 2.2?", "in 2.2?"])
def test_a_follow_up_can_be_a_version_alone(question: str) -> None:
    """With nothing but a version, it asks the same again."""
    assert find_named_versions(question, SUBJECTS, follows_up=True).versions == ("2.2",)


@pytest.mark.parametrize("asked", ["Where is the port? and in 2.2? and 2.3?", "Where is the port? and 2.2? and v2.3?"])
def test_a_further_follow_up_keeps_the_version_that_was_asked_last(asked: str) -> None:
    """Not that of a turn before it, and not several."""
    named = find_in_follow_up(f"{asked} and on Windows?", "and on Windows?", SUBJECTS)
    assert (named.versions, named.text.split("?")[0], named.text[-15:]) == (
        ("2.3",),
        "Where is the port",
        "and on Windows?",
    )


@pytest.mark.parametrize("text", ["1" * 4_000 + "%", "1.a" * 1_300 + "%", "1.x" * 1_300 + "%", "v1rc" * 1_000 + "1_"])
def test_what_nearly_is_a_version_takes_no_long_search(text: str) -> None:
    """Its digits could be divided in more ways than can be tried."""
    assert find_named_versions(text, SUBJECTS) == NamedVersions(text)


@pytest.mark.parametrize(
    ("question", "each"),
    [
        ("What is the port in 2.2 and 2.3?", "What is the port in version {}?"),
        ("What is the port, in 2.2, and is it open in v2.3?", "What is the port, and is it open in version {}?"),
        ("port in 2.2 or 2.3", "port in version {}"),
        ("and in 2.2 and 2.3?", "and in version {}?"),
    ],
)
def test_a_question_is_made_for_each_version(question: str, each: str) -> None:
    """In which that version, and no other one, is found again."""
    named = find_named_versions(question, SUBJECTS, follows_up=True)
    assert named.versions == ("2.2", "v2.3".removeprefix("v"))
    made = name_each_version(question, named.versions)
    assert made == [each.format("2.2"), each.format("2.3")]
    assert [find_named_versions(text, SUBJECTS).versions for text in made] == [("2.2",), ("2.3",)]
