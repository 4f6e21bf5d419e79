"""A question may ask what a code means, and an entry may define it."""

import pytest

from retrieval.text.short_codes import CodeQuestion, begins_with_abbreviation, begins_with_code, parse_code_question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what's the k role", ("k", {"role"})),
        ("what does role k do?", ("k", {"role"})),
        ("what does -n do", ("-n", set())),
        ("what does the --dry-run option of mill mean", ("--dry-run", {"mill"})),
        ("what does --on-error s mean", ("s", {"error"})),
        ("what does `K` stand for", ("K", set())),
        ("what is a role", None),
        ("how many do I need", None),
        ("how do I use -n", None),
        ("what is the difference between -n and -q", None),
    ],
)
def test_a_question_asks_for_the_meaning_of_a_code(question: str, expected: tuple[str, set[str]] | None) -> None:
    """Of an option, of a letter beside what it is, or in quotes; an article and a pronoun are none."""
    asked = parse_code_question(question)
    assert (None if asked is None else (asked.code, set(asked.others))) == expected


@pytest.mark.parametrize(
    ("entry", "code", "begins"),
    [
        ("k (keeper): opens the bins", "k", True),
        ("`k` — opens the bins", "k", True),
        ("-n, --dry-run", "-n", True),
        ("-j <n>, --jobs <n>", "--jobs", True),
        ("(s)kip", "s", True),
        ("K (king): opens all", "k", False),
        ("k opens the bins", "k", False),
        ("-nx: both", "-n", False),
        ("use -n: it is quick", "-n", False),
    ],
)
def test_an_entry_begins_with_a_code(entry: str, code: str, *, begins: bool) -> None:
    """Or with other names of it before; letters count as they are written."""
    assert begins_with_code(entry, code) is begins


@pytest.mark.parametrize(
    ("question", "code", "others"),
    [
        ("what does OTP stand for", "OTP", set()),
        ("what do otp mean on the boat?", "otp", {"boat"}),
        ("what is an EV?", "EV", set()),
        ("whats R&D short for", "R&D", set()),
        ("meaning of 2FA", "2FA", set()),
    ],
)
def test_a_question_asks_what_an_abbreviation_stands_for(question: str, code: str, others: set[str]) -> None:
    """Also in small letters; whether it is one is told by the entry."""
    assert parse_code_question(question) == CodeQuestion(code, frozenset(others), may_be_abbreviation=True)


@pytest.mark.parametrize("question", ["what is the refund policy", "what does it do", "what is a lifeboat", "why OTP"])
def test_other_questions_ask_for_no_abbreviation(question: str) -> None:
    """Two words are none, nor is a long one that is only said to be something."""
    assert parse_code_question(question) is None


@pytest.mark.parametrize(
    ("entry", "code", "begins"),
    [
        ("OTP – one-time password", "otp", True),
        ("**GvG** : a war of two guilds", "gvg", True),
        ("OTP", "OTP", True),
        ("Pair: put both together", "pair", False),
        ("OTP passwords are short", "OTP", False),
        ("OTPs: passwords", "OTP", False),
    ],
)
def test_an_entry_defines_an_abbreviation(entry: str, code: str, *, begins: bool) -> None:
    """By two capitals, with a mark behind it."""
    assert begins_with_abbreviation(entry, code) is begins
