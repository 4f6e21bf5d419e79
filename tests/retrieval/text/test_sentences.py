"""Sentences are exact spans, split where people would split them."""

import time
from pathlib import Path

import pytest
import sentencex
from hypothesis import given
from hypothesis import strategies as st

from retrieval.measuring.squad import read_squad
from retrieval.text.sentences import MAX_SENTENCE_LENGTH, WITHOUT_END, sentence_spans, split_sentences
from retrieval.types import Document, ReadDocument
from tests.support.reading import split_text


def test_sentences_know_where_they_are() -> None:
    """Offsets, lines, paragraphs and sections refer to the text of the whole file."""
    text = "# Hours\n\nIt opens. It closes\nat nine.\n\nThe end."
    read = ReadDocument(Document("a.md", "A", None, None, None, text, ""), split_text(text)[1])
    sentences = split_sentences(read, 7, "en")
    assert [(text[s.start : s.end], s.document, s.section, s.paragraph, s.line) for s in sentences] == [
        ("It opens.", 7, 1, 2, 3),
        ("It closes\nat nine.", 7, 1, 2, 3),
        ("The end.", 7, 1, 3, 6),
    ]


@pytest.mark.parametrize(
    ("own", "likely"),
    [
        (None, ["Der 2. Vorsitzende vertritt sie, wenn sie nicht da ist.", "Das ist so."]),
        ("en", ["Der 2.", "Vorsitzende vertritt sie, wenn sie nicht da ist.", "Das ist so."]),
    ],
)
def test_sentences_end_as_in_the_language_that_the_words_show(own: str | None, likely: list[str]) -> None:
    """Whatever the language of the folder is, unless the document says its own."""
    text = " ".join(["Der 2. Vorsitzende vertritt sie, wenn sie nicht da ist.", "Das ist so."])
    read = ReadDocument(Document("a.md", "A", None, None, None, text, ""), split_text(text)[1], own)
    assert [text[s.start : s.end] for s in split_sentences(read, 0, "en")] == likely


def test_a_run_without_a_full_stop_is_cut_at_white_space() -> None:
    """No sentence exceeds MAX_SENTENCE_LENGTH, and nothing but white space is lost."""
    text = "word " * 1_000 + "x" * 3_000
    spans = sentence_spans(text, "en")
    assert max(end - start for start, end in spans) <= MAX_SENTENCE_LENGTH
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace(" ", "")


def test_an_overlong_paragraph_is_split_like_a_short_one() -> None:
    """Although the splitter gets it in chunks, no sentence is lost or cut."""
    sentence = "The ferry of the town crosses the bay twice a day."
    text = " ".join([sentence] * 500)
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == [sentence] * 500


def test_marks_of_inches_are_no_quotes() -> None:
    """What is between two inch marks is not kept together as if it were quoted."""
    text = 'The pipe is 5" wide. It is red. The hose is 6" wide. It is blue.'
    sentences = ['The pipe is 5" wide.', "It is red.", 'The hose is 6" wide.', "It is blue."]
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == sentences


def test_marks_behind_a_stop_belong_to_its_sentence() -> None:
    """Emphasis, quotes, brackets and references close with the sentence; what is in round brackets stays together."""
    text = 'See *here.* It says "no." (Or so. I guess.) Then **go!** They left.[4] It ended.<sup>2</sup> Fine.'
    sentences = ["See *here.*", 'It says "no."', "(Or so. I guess.)", "Then **go!**", "They left.[4]"]
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == [
        *sentences,
        "It ended.<sup>2</sup>",
        "Fine.",
    ]


def test_a_raised_mark_behind_a_stop_belongs_to_its_sentence() -> None:
    """A sentence ends behind the mark of its footnote, with or without a closing quote."""
    text = 'It is open.¹ He said "no."¹² The pier² is old. It ends.³'
    sentences = ["It is open.¹", 'He said "no."¹²', "The pier² is old.", "It ends.³"]
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == sentences


def test_a_missing_space_between_sentences_is_told_from_a_name() -> None:
    """Before a word that opens sentences, a stop ends one even without a space; in a name it does not."""
    text = "The gate is shut.The bell rings. Call System.Environment.Exit on .NET."
    sentences = ["The gate is shut.", "The bell rings.", "Call System.Environment.Exit on .NET."]
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == sentences


def test_steps_in_one_line_are_sentences_with_their_numbers() -> None:
    """A number begins its step, whether or not a stop is before it; a number that belongs to a word does not."""
    text = "How: 1. Open the tap 2. Set the dial to 3. Then wait. 3. Close it."
    sentences = ["How: 1. Open the tap", "2. Set the dial to 3.", "Then wait.", "3. Close it."]
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == sentences


def test_chinese_and_hindi_sentences_need_no_space() -> None:
    """Stops of scripts without spaces between sentences end them."""
    for text, language in (("门关了。狗在等。", "zh"), ("दरवाज़ा बंद है।कुत्ता बाहर है।", "hi")):
        assert len(sentence_spans(text, language)) == 2


def test_many_open_quotes_take_linear_time() -> None:
    """A hostile line of 300,000 open quotes and brackets does not take quadratic time."""
    assert sentence_spans('("“' * 100_000, "en") == []


@given(st.text(max_size=300))
def test_spans_are_ordered_and_trimmed_and_have_a_letter_or_digit(text: str) -> None:
    """In any paragraph, the spans do not overlap and are worth quoting."""
    last = 0
    for start, end in sentence_spans(text, "en"):
        assert start >= last
        assert text[start:end] == text[start:end].strip()
        assert any(map(str.isalnum, text[start:end]))
        last = end


def test_boundaries_agree_with_xquad_r(measuring_data: Path) -> None:
    """The F-measure of our boundaries against XQuAD-R's own is at least 0.98."""
    corpus = read_squad(measuring_data / "data" / "xquad-r" / "en.json")
    correct = predicted = expected = count = 0
    sentence_spans("Loads the library.", "en")
    started = time.perf_counter()
    split_all = [[sentence_spans(r.document.text[b.start : b.end], "en") for b in r.blocks] for r in corpus.reads]
    elapsed = time.perf_counter() - started
    for read, paragraphs, breaks in zip(corpus.reads, split_all, corpus.sentence_spans, strict=True):
        text = read.document.text
        ends = {block.end for block in read.blocks}  # the end of a paragraph is too easy to count
        ours = {b.start + end for b, spans in zip(read.blocks, paragraphs, strict=True) for _, end in spans} - ends
        theirs = {len(text[:end].rstrip()) for _, end in breaks} - ends
        correct += len(ours & theirs)
        predicted += len(ours)
        expected += len(theirs)
        count += sum(map(len, paragraphs))
    f_measure = 2 * correct / (predicted + expected)
    print(f"boundary F {f_measure:.4f}, {count / elapsed:,.0f} sentences/s")
    assert f_measure >= 0.98


@pytest.mark.parametrize("language", ["en", "de", "fr", "el", "hy", "ja", "hi", "my"])
@given(text=st.text(st.sampled_from("aZ1 \"'([{}]<>*_-+,/#|=~@&"), min_size=1, max_size=60))
def test_a_line_that_the_splitter_does_not_get_is_one_sentence_to_it(language: str, text: str) -> None:
    """A line of ASCII without a stop and without a closing bracket is left whole in any language."""
    assert WITHOUT_END.fullmatch(text)
    assert len(sentencex.get_sentence_boundaries(language, text)) == 1


@pytest.mark.parametrize(
    "text", ["Go. Stop", "Go! Stop", "Go? Stop", "a) one b) two", "- one\n- two", "Η τιμή· ναι", "a: b;"]
)
def test_what_may_hold_several_sentences_is_given_to_the_splitter(text: str) -> None:
    """Stops, numbers of items, several lines and other scripts are not left whole unseen."""
    assert not WITHOUT_END.fullmatch(text)
