"""Store what managers review and what the team was asked: questions, without who asked them."""

import datetime
import functools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import delete, select, update

from bot.discord_bot.storage import schema
from bot.discord_bot.storage.bounds import clean
from bot.discord_bot.storage.database import USER_MENTION, Database, drop_old_questions
from bot.discord_bot.storage.records import MonthlyCounts, VotedDown
from bot.discord_bot.storage.schema import gaps, handovers, monthly_counts, voted_questions, votes

P = ParamSpec("P")
T = TypeVar("T")


def _finished(
    method: Callable[Concatenate["QuestionStore", P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["QuestionStore", P], Coroutine[Any, Any, T]]:
    """Let the database finish a method if its caller is cancelled."""

    async def run(self: "QuestionStore", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.finish(method(self, *args, **kwargs))

    functools.update_wrapper(run, method)
    return run


class QuestionStore:
    """The questions in a database. All methods raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @_finished
    async def add_voted(self, guild: int, message: int, citation: str, question: str, day: datetime.date) -> None:
        """Store what an answer that was voted down was asked, with mentions of users removed."""
        text = clean(" ".join(USER_MENTION.sub("@…", question).split()), schema.QUESTION_LENGTH)
        values = {"guild": guild, "day": day, "citation": clean(citation, schema.CITATION_LENGTH), "question": text}
        async with self._database.transaction() as connection:
            await connection.execute(
                self._database.insert(voted_questions)
                .values(message=message, dismissed=False, **values)
                .on_conflict_do_nothing()
            )
            await drop_old_questions(connection)

    @_finished
    async def voted_down(self, guild: int) -> list[VotedDown]:
        """Return the quotes that are voted down and not dismissed, with the questions; the newest first."""
        same = (votes.c.message == voted_questions.c.message) & (votes.c.citation == voted_questions.c.citation)
        chosen = (voted_questions.c.guild == guild) & ~voted_questions.c.dismissed & ~votes.c.helpful
        columns = (voted_questions.c.citation, voted_questions.c.question, voted_questions.c.day)
        query = select(*columns).join(votes, same).where(chosen).order_by(voted_questions.c.day)
        async with self._database.transaction() as connection:
            await drop_old_questions(connection)
            rows = (await connection.execute(query)).all()
        days: dict[tuple[str, str], list[datetime.date]] = {}
        for citation, question, day in rows:
            days.setdefault((citation, question), []).append(day)
        found = [VotedDown(*names, len(of_one), of_one[0], of_one[-1]) for names, of_one in days.items()]
        return sorted(found, key=lambda quote: -quote.last.toordinal())

    @_finished
    async def dismiss_voted(self, guild: int, citation: str, question: str, *, dismissed: bool = True) -> None:
        """Dismiss a quote that was voted down as the answer to a question, or take that back."""
        chosen = (voted_questions.c.guild == guild) & (voted_questions.c.citation == citation)
        chosen &= voted_questions.c.question == question
        async with self._database.transaction() as connection:
            await connection.execute(update(voted_questions).where(chosen).values(dismissed=dismissed))

    @_finished
    async def dismissed_voted(self, guild: int) -> list[tuple[str, str]]:
        """Return the citation and the question of each dismissed quote."""
        chosen = (voted_questions.c.guild == guild) & voted_questions.c.dismissed
        async with self._database.transaction() as connection:
            rows = await connection.execute(
                select(voted_questions.c.citation, voted_questions.c.question).where(chosen)
            )
            return list(dict.fromkeys((row[0], row[1]) for row in rows))

    @_finished
    async def dismiss_gaps(self, guild: int, questions: Sequence[str], *, dismissed: bool = True) -> None:
        """Dismiss unanswered questions, or take that back; one that is asked on another day counts again."""
        chosen = (gaps.c.guild == guild) & gaps.c.question.in_(list(questions))
        async with self._database.transaction() as connection:
            await connection.execute(update(gaps).where(chosen).values(dismissed=dismissed))

    @_finished
    async def claim_handover(self, guild: int, key: str, day: datetime.date) -> bool:
        """Return whether a question is to be passed on to the team now, because nobody did that before."""
        claim = self._database.insert(handovers).values(guild=guild, question=key, day=day).on_conflict_do_nothing()
        async with self._database.transaction() as connection:
            await drop_old_questions(connection)
            return (await connection.execute(claim)).rowcount == 1

    @_finished
    async def handover(self, guild: int, key: str) -> int | None:
        """Return the thread in which the team was asked a question, None without one."""
        chosen = (handovers.c.guild == guild) & (handovers.c.question == key)
        async with self._database.transaction() as connection:
            thread: int | None = (await connection.execute(select(handovers.c.thread).where(chosen))).scalar()
            return thread

    @_finished
    async def finish_handover(self, guild: int, key: str, thread: int | None) -> None:
        """Store the thread of a claimed question, or give the claim up without one."""
        chosen = (handovers.c.guild == guild) & (handovers.c.question == key)
        change = delete(handovers).where(chosen)
        async with self._database.transaction() as connection:
            await connection.execute(
                change if thread is None else update(handovers).where(chosen).values(thread=thread)
            )

    @_finished
    async def count(self, guild: int, day: datetime.date, *, answered: bool) -> None:
        """Count a question of a server in the month of a day."""
        name, table = "answered" if answered else "refused", monthly_counts
        values = {"answered": int(answered), "refused": int(not answered)}
        async with self._database.transaction() as connection:
            await connection.execute(
                self._database.insert(table)
                .values(guild=guild, month=day.replace(day=1), **values)
                .on_conflict_do_update(index_elements=[table.c.guild, table.c.month], set_={name: table.c[name] + 1})
            )

    @_finished
    async def counts_before(self, month: datetime.date) -> list[MonthlyCounts]:
        """Return the counts of all months before one, by its first day; the oldest first."""
        table = monthly_counts
        columns = (table.c.guild, table.c.month, table.c.answered, table.c.refused)
        query = select(*columns).where(table.c.month < month).order_by(table.c.month, table.c.guild)
        async with self._database.transaction() as connection:
            return [MonthlyCounts(*row) for row in await connection.execute(query)]

    @_finished
    async def delete_counts(self, counts: MonthlyCounts) -> None:
        """Delete the counts of a month, once they are reported."""
        chosen = (monthly_counts.c.guild == counts.guild) & (monthly_counts.c.month == counts.month)
        async with self._database.transaction() as connection:
            await connection.execute(delete(monthly_counts).where(chosen))
