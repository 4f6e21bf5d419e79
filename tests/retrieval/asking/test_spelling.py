"""Misspelt words of a question: which are mended, to what, and which stay."""

from dataclasses import replace

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.asking.spelling import mend_spelling, write_out_small_words
from retrieval.asking.wordings import word_question
from retrieval.index.index import Index
from retrieval.index.scope import Scopes, whole_scope
from retrieval.text.short_forms import SHORT_FORMS, SMALL_WORDS
from retrieval.text.terms import split_terms
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

TEXTS = {
    "town/a.txt": "The library lends hardware.\n\nLibraries close on Monday. The library sleeps.",
    "town/b.txt": "Ctenophores eat beroids. The museum opens at nine. The casting of Bendigo is fine.",
    "secret/c.txt": "The codename is Bluebarrel. Coasting is bad. Registrations are secret.",
    "town/d.txt": "We register ships. A recipe names its recipient. The crawler modders wait.",
}


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index of some documents in two collections."""
    return replace(index_of(word_encoder, TEXTS), glossary=(("lbrary", "book house"),))


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("When does the libraray open?", "When does the library open?"),
        ("Is there hradware?", "Is there hardware?"),
        ("do ctneohpores eat", "do ctenophores eat"),
        ("Are there shipps?", "Are there ships?"),
        ("where is bednigo?", "where is bendigo?"),
        ("Where is Bednigo's museum?", "Where is Bendigo's museum?"),
        ("Do ctenphores eat (beriods)?", "Do ctenophores eat (beroids)?"),
        ("hardwere and ctenphores", "hardware and ctenophores"),
        ("Which recipie?", "Which recipe?"),  # has the term of "recipient"
    ],
)
def test_a_misspelt_word_is_mended_from_the_documents(index: Index, question: str, mended: str) -> None:
    """Case, marks and the rest of the question stay as they are."""
    assert mend_spelling(index, question, whole_scope(index)) == mended


@pytest.mark.parametrize(
    "question", ["Wann ist die hradware da?", "que es el libraray", "waar is de hradware", "où est la libraray"]
)
def test_a_question_in_another_language_stays(index: Index, question: str) -> None:
    """What looks like a misspelt word of English is a word of that language, though the documents count as English."""
    assert mend_spelling(index, question, whole_scope(index)) == question
    assert write_out_small_words(index, question, whole_scope(index)) == question


@pytest.mark.parametrize(
    "question",
    [
        "When does the library open?",  # nothing is wrong
        "Is there hardware2 or hradware-x?",  # codes
        "What is hradware.txt, hrad_ware or HRADWARE?",
        'What is "hradware"?',  # quoted
        "What is `hradware`, “hradware” or 'hradware'?",
        "Is there a lbrary?",  # in the glossary
        "Is there a quuxy hradware bednigo?",  # too many: another subject or language
        "Are there crawlers? Is it a modder?",  # forms of words of the documents
        "Who lends hardwood?",  # English, though no document has it
        "Is it a liberry?",  # a short word with another letter
        "Are there shipzs?",  # a short word with a letter too many
        "Is there hradwrae?",  # two mistakes in a word that is not long
        "Who is Bendiga?",  # another ending
        "Is it caosting?",  # two words are as near
        "What is quuxify?",  # nothing is near
        "",
    ],
)
def test_what_is_right_exact_or_doubtful_stays(index: Index, question: str) -> None:
    """Nothing is mended into something else by accident."""
    assert mend_spelling(index, question, whole_scope(index)) == question


def test_an_index_without_words_or_in_another_language_mends_nothing(index: Index) -> None:
    """An older generation has no words, and the list of right words is English."""
    question, scope = "Is there hradware?", whole_scope(index)
    assert mend_spelling(replace(index, words=None), question, scope) == question
    assert mend_spelling(replace(index, language="de"), question, scope) == question


def test_hidden_documents_have_no_influence(index: Index) -> None:
    """Their words are not offered, not even other forms of visible words, and they make nothing ambiguous."""
    town = Scopes(index).of(["town"])
    assert mend_spelling(index, "What is Bluebarel?", whole_scope(index)) == "What is Bluebarrel?"
    assert mend_spelling(index, "What is Bluebarel?", town) == "What is Bluebarel?"
    assert mend_spelling(index, "Where are registratoins?", whole_scope(index)) == "Where are registrations?"
    assert mend_spelling(index, "Where are registratoins?", town) == "Where are registratoins?"
    assert mend_spelling(index, "Is it caosting?", town) == "Is it casting?"


def test_an_answer_says_how_the_question_was_asked(index: Index, word_encoder: WordEncoder) -> None:
    """And so does a refusal; a question without a mistake says nothing."""
    retriever = Retriever(index, word_encoder, BY_LATE)
    answer = retriever.ask("libraray sleeps", threshold=0.8)
    assert (answer.question, answer.asked_as, answer.answered) == ("libraray sleeps", "library sleeps", True)
    refused = retriever.ask("libraray hradware of nowhere", threshold=1.0)
    assert (refused.asked_as, refused.answered) == ("library hardware of nowhere", False)
    assert retriever.ask("library sleeps").asked_as == ""


CHAT = {
    "game/a.txt": "At level 6 a picture shows the damage. The voice channel has a password. Photos, photos! A photo.",
    "game/b.txt": "A photo is no image. The config is a file. Five photos are few. What a photo!",
    "game/c.txt": "The temperature is low. It is temporary. Rate limits apply. Messages come. Direct flights go.",
    "secret/d.txt": "Episodes are secret. Level IV is secret, Lv4 as well, and dis is the underworld.",
}


@pytest.fixture
def chat(word_encoder: WordEncoder) -> Index:
    """Return an index of documents that lack most short forms."""
    return replace(index_of(word_encoder, CHAT), glossary=(("dmg", "harm"),))


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("what about lvl 6", "what about level 6"),
        ("what about lvl6?", "what about level 6?"),
        ("Lvl 6 (pw)?", "Level 6 (password)?"),
        ("which vc is it", "which voice channel is it"),
        ("show my pics", "show my photos"),  # of several, the one that is much more frequent
    ],
)
def test_a_short_form_is_written_out_as_the_documents_do(chat: Index, question: str, written: str) -> None:
    """Case, numbers, marks and the rest of the question stay as they are."""
    assert mend_spelling(chat, question, whole_scope(chat)) == written


@pytest.mark.parametrize(
    ("question", "asked", "asked_as"),
    [
        ("forgot my pw", "forgot my password", ""),
        ("dont u have a lvl 6", "do not you have a level 6", ""),
        ("show my pics", "show my photos", "show my photos"),
        ("which vc has the pw", "which voice channel has the password", "which voice channel has the password"),
        ("the tempreature for lvl 6", "the temperature for level 6", "the temperature for level 6"),
    ],
)
def test_a_form_with_one_meaning_is_no_correction(chat: Index, question: str, asked: str, asked_as: str) -> None:
    """It is asked as what it stands for without a word; a choice among meanings and a mended word are said."""
    (wording,) = word_question(chat, question, whole_scope(chat))
    assert (wording.text, wording.mended) == (asked, asked_as)


@pytest.mark.parametrize(
    "question",
    [
        "where is the config",  # in the documents
        "which db",  # they have no database
        "what temp is it",  # two meanings, about as frequent
        "how much dmg",  # in the glossary
        "what is `lvl` or 'pw'",  # quoted
        "is PW a company",  # a name
        "lvl-up, lvl_up, lvl.up, lvl6x, db2 and pw1",  # codes
        "who is Pw of the voice channel",  # a name
        "what does the vid show",  # nobody says "video" here
        "the dms of rate limits",  # "direct" and "messages" stand apart
    ],
)
def test_a_short_form_that_is_known_quoted_or_in_doubt_stays(chat: Index, question: str) -> None:
    """Nothing is written out by accident."""
    assert mend_spelling(chat, question, whole_scope(chat)) == question


@pytest.mark.parametrize(("levels", "written"), [(99, "what lvl"), (100, "what level")])
def test_a_short_form_that_has_strayed_into_the_documents_is_written_out(
    word_encoder: WordEncoder, levels: int, written: str
) -> None:
    """In a row or two, where what it stands for is in fifty times as many."""
    text = "Set lvl here.\n\nAnd lvl there.\n\n" + "\n\n".join(f"Level {number} is open." for number in range(levels))
    index = index_of(word_encoder, {"a.txt": text})
    assert mend_spelling(index, "what lvl", whole_scope(index)) == written


def test_a_short_form_is_written_out_by_visible_documents_only(chat: Index) -> None:
    """What hidden ones call it must not show."""
    assert mend_spelling(chat, "how many eps", whole_scope(chat)) == "how many episodes"
    assert mend_spelling(chat, "how many eps", Scopes(chat).of(["game"])) == "how many eps"


def test_no_short_form_is_one_of_its_long_forms() -> None:
    """Lower case, short before long."""
    assert all(short.isalpha() and short.islower() for short in SHORT_FORMS)
    assert all(len(short) < len(long) for short, forms in SHORT_FORMS.items() for long in forms)


def test_one_meaning_in_two_spellings_is_not_in_doubt(word_encoder: WordEncoder) -> None:
    """And a word with the same term is no meaning: an author is no authorization."""
    index = index_of(
        word_encoder, {"a.txt": "The organisation is old. Authors write. The authentication is new. Author!"}
    )
    assert mend_spelling(index, "which org has auth", whole_scope(index)) == "which organisation has authentication"


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("wat do u sell", "what do you sell"),
        ("Whats dis, and whos Ur?", "What is dis, and who is Ur?"),  # a word of the documents, and a name
        ("i cant, im sure, but dont", "i can not, I am sure, but do not"),
        ("what is 'wat' or `u`", "what is 'wat' or `u`"),
        ("r2 and u-boat", "r2 and u-boat"),
    ],
)
def test_small_words_of_a_chat_are_written_out(chat: Index, question: str, written: str) -> None:
    """Quoted ones, names, codes and words of the documents stay."""
    assert write_out_small_words(chat, question, whole_scope(chat)) == written


def test_what_small_words_stand_for_is_searched_for_no_more_than_needed() -> None:
    """Most of it are stop words, or words that nearly all documents have."""
    written = {term for words in SMALL_WORDS.values() for term in split_terms(words, "en")}
    assert written == {"becaus", "go", "through", "want"}


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("what is level vi", "what is level 6"),
        ("Rank IX guards", "Rank 9 guards"),
        ("what is level iv", "what is level iv"),  # the documents have it
        ("Henry VI", "Henry VI"),
        ("who is lv9", "who is level 9"),
        ("where is t2, ch3 or lv4", "where is t2, ch3 or lv4"),  # nothing has tiers and chapters, and "Lv4" is there
    ],
)
def test_a_rank_in_roman_numerals_is_asked_in_digits(chat: Index, question: str, written: str) -> None:
    """Unless the documents have the numeral."""
    assert mend_spelling(chat, question, whole_scope(chat)) == written
