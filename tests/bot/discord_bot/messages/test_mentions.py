"""Names stand in the place of what Discord writes with ids."""

import time

import pytest

from bot.discord_bot.messages.mentions import as_question, mentioned_users, with_names

NAMES = {("@", 1): "ann", ("@&", 2): "keyholders", ("#", 3): "boat-shed"}


def name_of(kind: str, id_: int) -> str:
    """Return the name of what the tests mention."""
    return NAMES.get((kind, id_), "")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("<@&2> can I bring my canoe?", "can I bring my canoe?"),
        ("can I bring my canoe? <@1> <@!1>", "can I bring my canoe?"),
        ("may the <@&2> open the gate?", "may the  keyholders  open the gate?"),
        ("what is <#3> for?", "what is  boat shed  for?"),
        ("<#3>", "boat shed"),
        ("may <@9> row alone?", "may    row alone?"),
        ("when <:oar:55> do <a:wave:56>we meet <t:1700000000:R>?", "when   do  we meet  ?"),
        ("what does </ask:12> do?", "what does /ask do?"),
        ("<@1>", ""),
        ("a < b and <b>?", "a < b and <b>?"),
        (" what is <@ 1>? ", "what is <@ 1>?"),
    ],
)
def test_question_has_words_alone(text: str, question: str) -> None:
    """Who is addressed is left out, and so is what has no name; the search does not mind the spaces."""
    assert as_question(text, name_of) == question


def test_shown_text_has_what_discord_shows() -> None:
    """A mention without a name stays as it is."""
    text = "Ask <@!1> or <@&2> in <#3> with </footnote word:12> <:oar:55> <#9> <t:17:R>"
    assert with_names(text, name_of) == "Ask @ann or @keyholders in #boat-shed with /footnote word :oar: <#9> <t:17:R>"
    assert list(mentioned_users(text + "<@4><@1>")) == [1, 4]


@pytest.mark.parametrize("text", ["<@1>" * 20_000, "<@" * 40_000, "<:" + "a" * 80_000, "<t:-" * 30_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    """Their length is not squared."""
    started = time.perf_counter()
    as_question(text, name_of)
    with_names(text, name_of)
    assert time.perf_counter() - started < 1.0
