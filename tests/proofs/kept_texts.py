"""Type hostile texts into everything that Discord keeps in files: python -m tests.proofs.kept_texts [N].

Each of N texts (10,000) becomes an answer, a kept message, its revision, a wrong quote and a word of the glossary, is
read back as the bot and the next rebuild read it, and removed again. Prints how many were kept and refused, and what
was wrong; exits with 1 if anything was.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.glossary_file import GlossaryError, add_entry, remove_line
from bot.discord_bot.operations.kept_answers import KeptAnswer, KeptAnswerError
from retrieval.measuring.golden import read_valid_golden
from retrieval.reading.folder import GOLDEN_FILE, list_files
from retrieval.reading.glossary import read_glossary
from retrieval.reading.wrong_quotes import (
    WrongQuote,
    WrongQuotes,
    add_wrong_quote,
    read_wrong_quotes,
    remove_wrong_quotes,
)
from tests.support.hostile_texts import texts

MESSAGE = "https://discord.com/channels/1/2/3"


def main(count: int) -> int:
    """Print the figures; return an exit code."""
    started, counts, faults = time.monotonic(), Counter[str](), Counter[str]()
    hostile = list(texts(count + 2))
    with tempfile.TemporaryDirectory() as name:
        seeds = Path(name)
        for text, other, third in zip(hostile, hostile[1:], hostile[2:], strict=False):
            for check in (check_answer, check_wrong_quote, check_word):
                outcome = check(seeds, text, other, third)
                counts[f"{check.__name__.removeprefix('check_')}: {outcome.partition(':')[0]}"] += 1
                if outcome.startswith("fault"):
                    faults[f"{outcome} {text!r}"] += 1
    print(f"{count:,} texts in {time.monotonic() - started:.0f} s: {dict(sorted(counts.items()))}")
    for fault, number in faults.most_common(10):
        print(f"  {number} × {fault}")
    return 1 if faults else 0


def check_answer(seeds: Path, text: str, question: str, author: str) -> str:
    """Keep a message, change its text, and remove it; return "kept", "refused" or what was wrong."""
    try:
        questions, cleaned = kept_answers.parse_form(question, text)
    except KeptAnswerError:
        return "refused"
    message = KeptAnswer(questions, cleaned, f"{author} (7)", message=MESSAGE, kept_by="8", source=author)
    name = kept_answers.write(seeds, message)
    found = kept_answers.messages(seeds)
    if [(answer.text, answer.kept_by, answer.message_ids) for answer in found] != [(cleaned, "8", (2, 3))]:
        return "fault: a kept message is read as another one"
    golden = read_valid_golden(seeds / GOLDEN_FILE) if (seeds / GOLDEN_FILE).exists() else []
    if len(golden) not in (0, len(questions)):
        return "fault: the golden questions are others"
    kept_answers.write(seeds, kept_answers.revise(found[0], question, f"{cleaned}\n{author}", "mod (9)"))
    files, rejected = list_files(seeds)
    if [file.id for file in files] != [f"answers/{name}"] or rejected:
        return "fault: a revision is another file"
    kept_answers.remove(seeds, name)
    return "kept" if not list((seeds / "answers").iterdir()) else "fault: something is left"


def check_wrong_quote(seeds: Path, text: str, question: str, member: str) -> str:
    """Call a quote wrong, and take it back; return "kept", "refused" or what was wrong."""
    entry = WrongQuote(question[:1_000], "aaaaaaaaaa", text[:1_000], "a.md", member[:1_000])
    add_wrong_quote(seeds, entry)
    found = read_wrong_quotes(seeds)
    known = WrongQuotes(seeds).citations(question[:1_000])
    remove_wrong_quotes(seeds, found)
    if read_wrong_quotes(seeds):
        return "fault: a wrong quote cannot be taken back"
    for path in (seeds / "answers").glob("wrong_quotes.jsonl"):  # an entry that cannot be read stays for people
        path.unlink()
    if not found:
        return "refused"
    return "kept" if "aaaaaaaaaa" in known and len(found) == 1 else "fault: a wrong quote is not recognised"


def check_word(seeds: Path, text: str, other: str, member: str) -> str:
    """Add a word to the glossary, and remove it; return "kept", "refused" or what was wrong."""
    try:
        line = add_entry(seeds, [f"word {text[:40]}", f"other {other[:40]}"], member)
    except GlossaryError:
        return "refused"
    if len(read_glossary(seeds)) != 1:
        return "fault: the glossary has other entries"
    removed = remove_line(seeds, lambda found: found == line)
    return "kept" if removed == line and not read_glossary(seeds) else "fault: another line was removed"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 10_000))
