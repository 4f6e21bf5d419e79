"""Questions for managers and the team: what is stored, listed, dismissed and forgotten, on SQLite and PostgreSQL."""

import datetime

import pytest

from bot.discord_bot.storage.database import Database, Gap
from bot.discord_bot.storage.question_store import QuestionStore
from bot.discord_bot.storage.records import MonthlyCounts, VotedDown

pytestmark = pytest.mark.asyncio
TODAY = datetime.datetime.now(datetime.UTC).date()
GUILD = 81384788765712384


def days_ago(days: int) -> datetime.date:
    """Return the day some days before today."""
    return TODAY - datetime.timedelta(days=days)


async def vote(
    database: Database, message: int, citation: str, question: str, day: datetime.date = TODAY, **changed: int
) -> None:
    """Vote an answer down and store its question."""
    values = {"guild": GUILD, "user": 7, "helpful": 0} | changed
    await database.vote(
        message=message, citation=citation, generation="gen-1",
        guild=values["guild"], user=values["user"], helpful=bool(values["helpful"]),
    )  # fmt: skip
    await QuestionStore(database).add_voted(values["guild"], message, citation, question, day)


async def test_votes_are_counted_by_quote_and_question(database: Database) -> None:
    """Each vote against a quote counts once while it stands; other servers and helpful votes do not."""
    store = QuestionStore(database)
    await vote(database, 1, "aa", "why?", days_ago(3))
    await vote(database, 2, "aa", "why? <@80351110224678912>")
    await vote(database, 2, "aa", "why?", user=8)
    await vote(database, 3, "aa", "why?", days_ago(1))
    await vote(database, 4, "bb", "how?", helpful=1)
    await vote(database, 5, "aa", "why?", guild=GUILD + 1)

    assert await store.voted_down(GUILD) == [
        VotedDown("aa", "why? @…", 2, TODAY, TODAY),
        VotedDown("aa", "why?", 2, days_ago(3), days_ago(1)),
    ]
    await vote(database, 1, "aa", "why?", helpful=1)
    await database.delete_votes(8)
    assert [quote.count for quote in await store.voted_down(GUILD)] == [1, 1]


async def test_dismissal_is_taken_back(database: Database) -> None:
    """A dismissed quote is not listed for its question alone, until that is taken back."""
    store = QuestionStore(database)
    await vote(database, 1, "aa", "why?")
    await vote(database, 2, "aa", "how?")

    await store.dismiss_voted(GUILD, "aa", "why?")
    assert [quote.question for quote in await store.voted_down(GUILD)] == ["how?"]
    assert await store.dismissed_voted(GUILD) == [("aa", "why?")]
    await store.dismiss_voted(GUILD, "aa", "why?", dismissed=False)
    assert {quote.question for quote in await store.voted_down(GUILD)} == {"why?", "how?"}


async def test_dismissed_gap_counts_again_when_asked_another_day(database: Database) -> None:
    """It stays dismissed on its day, and can be taken back."""
    store = QuestionStore(database)
    await database.add_gap(GUILD, "why?", days_ago(1))
    await database.add_gap(GUILD, "how?", days_ago(1))

    await store.dismiss_gaps(GUILD, ["why?"])
    await database.add_gap(GUILD, "why?", days_ago(1))
    assert await database.gaps(GUILD) == [Gap("how?", days_ago(1))]
    assert await database.gaps(GUILD, dismissed=True) == [Gap("why?", days_ago(1), 2)]
    await database.add_gap(GUILD, "why?", TODAY)
    assert await database.gaps(GUILD) == [Gap("why?", TODAY), Gap("how?", days_ago(1))]
    await store.dismiss_gaps(GUILD, ["why?"], dismissed=False)
    assert len(await database.gaps(GUILD)) == 3


async def test_question_is_handed_over_once(database: Database) -> None:
    """A second claim fails until the first is given up; its thread is remembered, for each server by itself."""
    store = QuestionStore(database)
    assert await store.claim_handover(GUILD, "key", TODAY)
    assert not await store.claim_handover(GUILD, "key", TODAY)
    assert await store.claim_handover(GUILD + 1, "key", TODAY)
    await store.finish_handover(GUILD, "key", None)
    assert await store.claim_handover(GUILD, "key", TODAY)
    await store.finish_handover(GUILD, "key", 5)
    assert (await store.handover(GUILD, "key"), await store.handover(GUILD + 1, "key")) == (5, None)


async def test_questions_are_forgotten_after_90_days(database: Database) -> None:
    """Whatever is stored next deletes them, also handed over ones, which can be asked again."""
    store = QuestionStore(database)
    await vote(database, 1, "aa", "old?", days_ago(91))
    await store.claim_handover(GUILD, "old", days_ago(91))

    await vote(database, 2, "aa", "new?")

    assert [quote.question for quote in await store.voted_down(GUILD)] == ["new?"]
    assert await store.claim_handover(GUILD, "old", TODAY)


async def test_questions_are_counted_by_month(database: Database) -> None:
    """Each server by itself; a month is listed once it is over, until it is deleted."""
    store = QuestionStore(database)
    may, june = datetime.date(2024, 5, 31), datetime.date(2024, 6, 1)
    for guild, day, answered in ((GUILD, may, True), (GUILD, may, True), (GUILD, may, False), (GUILD, june, False)):
        await store.count(guild, day, answered=answered)
    await store.count(GUILD + 1, may, answered=False)

    first, second = await store.counts_before(june)
    assert (first, second) == (
        MonthlyCounts(GUILD, datetime.date(2024, 5, 1), 2, 1),
        MonthlyCounts(GUILD + 1, datetime.date(2024, 5, 1), 0, 1),
    )
    await store.delete_counts(first)
    assert await store.counts_before(june) == [second]
    assert [counts.guild for counts in await store.counts_before(datetime.date(2024, 7, 1))] == [GUILD + 1, GUILD]
