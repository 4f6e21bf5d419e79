"""Generate hostile texts: every construct of Discord's Markdown, whole, nested, broken, repeated and disguised."""

import random
from collections.abc import Callable, Iterator

LINKS = (
    "https://evil.example/a_b*c", "http://a.b", "HTTPS://EVIL.example", "steam://run/1", "discord://-/channels/1",
    "www.evil.example", "discord.gg/abc", "discord.com/invite/abc", "https://discord.com/channels/1/2/3",
    "discord.gift/abc", "mailto:a@b.example", "javascript:alert(1)", "https:\\//evil.example", "https://[::1]:80/(a)",
)  # fmt: skip
MENTIONS = (
    "<@80351110224678912>", "<@!80351110224678912>", "<@&165511591545143296>", "<#103735883630395392>",
    "</airhorn:816437322781949972>", "</a b c:816437322781949972>", "<:mmLol:216154654256398347>",
    "<a:b1nzy:392938283556143104>", "<t:1618953630>", "<t:1618953630:R>", "<t:-1:F>", "<id:customize>",
    "<id:linked-roles:216154654256398347>", "<80351110224678912:guide>", "@everyone", "@here", ":smile:",
    ":wave::skin-tone-2:", "<mailto:a@b.example>", "<tel:+49301234>", "<a@b.example>", "<+999123456>",
)  # fmt: skip
STARTS = ("# ", "## ", "### ", "-# ", "- ", "* ", "+ ", "1. ", "1998. ", "> ", ">>> ", ">", "  - ", "- # ", "> # ")
PAIRS = ("**", "*", "__", "_", "~~", "||", "`", "``", "```", "***", "```py\n", "~", "|", "\\", "**\\")
RUNS = ("[](", "\\", "`", "<", "*", "_", "[", "](", "||", "~", "<@", "- ", "> ", "# ", "1. ", ":", "@", "\\`", "(", "/")
ODDITIES = (
    "\\", "\n", " ", "  ", "\t", "\u00a0", "\u2028", "\u202e", "\u2066", "\u200b", "\u200d", "\u200c", "\ufeff",
    "\u0301", "\ufe0f", "\ud800", "\udc00", "\U000e0041", "＠everyone", "＜@1＞", "＊", "∗", "‐", "ⅼ", "שלום", "سلام",
    "👩\u200d👩\u200d👧", "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "é", "क्षि", "ü", "中文", "…",
    "\u115f", "\u2800", "¯\\_(ツ)_/¯", "\x00", "\x1b[31m", "'", '"', ")", "]", "(", "!", "a", "Z", "7", "3.5", "U.S.",
)  # fmt: skip
REPEATED = {  # see repeated()
    **{repr(run): run for run in RUNS},
    "words": "a word, 3.5 and - so on. ",
    "flags": "🇩",
    "halves of flags": "🇩a",
    "families": "👩\u200d",
    "marks": "\u0301",
    "marks and joiners": "\u0301\u200d",
    "selectors": "\ufe0f",
    "controls": "\u202e",
    "tags": "🏴\U000e0067",
    "blanks": "\u2800 ",
    "surrogates": "\ud800",
}


def repeated(name: str, size: int) -> str:
    """Repeat the entry of REPEATED with that name up to a length of `size` characters."""
    unit = REPEATED[name]
    return (unit * (size // len(unit) + 1))[:size]


def texts(count: int, seed: int = 0) -> Iterator[str]:
    """Yield that many texts, the same ones for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield "".join(_piece(rng, 3) for _ in range(rng.randint(1, 8)))


def _piece(rng: random.Random, depth: int) -> str:
    kinds: list[Callable[[random.Random, int], str]] = [_atom, _atom, _odd, _masked, _line, _paired, _run, _broken]
    return rng.choice(kinds)(rng, depth - 1) if depth else _odd(rng, 0)


def _atom(rng: random.Random, _: int) -> str:
    return rng.choice(rng.choice((LINKS, MENTIONS)))


def _odd(rng: random.Random, _: int) -> str:
    return "".join(
        rng.choice(ODDITIES)
        if rng.random() < 0.7
        else chr(rng.choice((rng.randrange(33, 127), rng.randrange(0x2FFFF))))
        for _ in range(rng.randint(1, 5))
    )


def _masked(rng: random.Random, depth: int) -> str:
    link = rng.choice(LINKS)
    target = rng.choice((link, f"<{link}>", f'{link} "title"', f" {link} ", link.replace(":", "\\:")))
    return f"{rng.choice(('', '!', chr(92)))}[{_piece(rng, depth)}]({target})"


def _line(rng: random.Random, depth: int) -> str:
    return rng.choice(("", "\n", " \n  ", ") ", "\r")) + rng.choice(STARTS) + _piece(rng, depth)


def _paired(rng: random.Random, depth: int) -> str:
    mark = rng.choice(PAIRS)
    return mark + _piece(rng, depth) + mark


def _run(rng: random.Random, _: int) -> str:
    return rng.choice(RUNS) * rng.choice((2, 3, 7, 30))


def _broken(rng: random.Random, depth: int) -> str:
    """Return a piece with an oddity somewhere inside."""
    text = _piece(rng, depth)
    position = rng.randint(0, len(text))
    return text[:position] + rng.choice(ODDITIES) + text[position:]
