"""Count where the documents' folder names a member who answered, kept, judged or added something there."""

from pathlib import Path

from bot.discord_bot.operations import glossary_file, kept_answers
from bot.discord_bot.operations.kept_answers import MEMBER
from retrieval.reading.wrong_quotes import read_wrong_quotes


def count_entries(seeds: Path, member: int) -> int:
    """Count the answers, kept messages, wrong quotes and words of the glossary with a member's id.

    Messages that the member wrote are left out. Raises KeptAnswerError.
    """
    answers = [answer for answer in kept_answers.listed(seeds) if not (answer.kept_by and answer.author_id == member)]
    names = [answer.kept_by or answer.author for answer in answers]
    names += [entry.member for entry in read_wrong_quotes(seeds)]
    names += glossary_file.members(seeds)
    return sum(_id_of(name) == member for name in names)


def _id_of(name: str) -> int | None:
    match = MEMBER.fullmatch(name)
    return int(match["id"]) if match else None
