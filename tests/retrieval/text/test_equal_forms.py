"""Forms of a glossary in a question: which are found, and what replaces them."""

import pytest

from retrieval.text.equal_forms import find_forms, form_words, replace_forms

GLOSSARY = (
    ("D2B", "Driver to Buy"),
    ("log in", "sign in", "sign on"),
    ("IT", "information technology"),
    ("driver", "chauffeur"),
)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How do I join D2B?", ["D2B"]),
        ("how do i join d2b", ["D2B"]),
        ("What do Drivers to buy cost?", ["Driver to Buy"]),
        ("What is driver-to-buy?", ["Driver to Buy"]),
        ("Who is the driver to ask?", ["driver"]),
        ("Why do I have to sign in to D2B?", ["sign in", "D2B"]),
        ("Where is the IT desk?", ["IT"]),
        ("How does it work?", []),
        ("What is D2BX?", []),
        ("", []),
    ],
)
def test_forms_are_found_as_whole_words_in_any_case_and_number(question: str, found: list[str]) -> None:
    """The longest form at a place counts; one of stop words alone must be written as in the glossary."""
    assert [form.form for form in find_forms(question, GLOSSARY, "en")] == found


def test_nothing_is_found_without_a_glossary() -> None:
    """An index without a glossary asks every question as it is."""
    assert find_forms("How do I join D2B?", (), "en") == []


def test_a_found_form_knows_its_place_and_the_other_forms() -> None:
    """The place is in the characters of the question."""
    (form,) = find_forms("Please, sign  in!", GLOSSARY, "en")
    assert (form.start, form.end, form.others) == (8, 16, ("log in", "sign on"))


def test_every_form_is_replaced_at_its_place() -> None:
    """The rest of the question stays as it is."""
    question = "Do I sign in to D2B, or not?"
    first, second = find_forms(question, GLOSSARY, "en")
    replaced = replace_forms(question, [(first, "log in"), (second, "Driver to Buy")])
    assert replaced == "Do I log in to Driver to Buy, or not?"


def test_words_of_a_form_have_no_case_and_no_punctuation() -> None:
    """Two entries for the same form are told by them."""
    assert form_words("Driver-to Buy!") == ("driver", "to", "buy")
