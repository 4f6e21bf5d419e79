"""What names a member in the documents' folder is counted for /privacy."""

from pathlib import Path

from bot.discord_bot.operations import glossary_file, kept_answers
from bot.discord_bot.operations.kept_answers import KeptAnswer
from bot.discord_bot.operations.named_members import count_entries
from retrieval.reading.wrong_quotes import WrongQuote, add_wrong_quote

MESSAGE = "https://discord.com/channels/1/2/"


def test_everything_that_a_member_made_is_counted(tmp_path: Path) -> None:
    """An answer, a message that was kept, a wrong quote and a word; others' entries and own messages are not."""
    assert count_entries(tmp_path, 7) == 0
    for member in ("mod (7)", "other (9)"):
        kept_answers.write(tmp_path, KeptAnswer((f"Who is {member}?",), "A moderator.", member))
        add_wrong_quote(tmp_path, WrongQuote(f"Why {member}?", "abc", member=member))
        glossary_file.add_entry(tmp_path, [f"a{member[-2]}", f"b{member[-2]}"], member)
    assert (count_entries(tmp_path, 7), count_entries(tmp_path, 77)) == (3, 0)
    kept_answers.write(tmp_path, KeptAnswer(("x",), "y", "mod (7)", message=f"{MESSAGE}3", kept_by="other (9)"))
    assert (count_entries(tmp_path, 7), count_entries(tmp_path, 9)) == (3, 4)
