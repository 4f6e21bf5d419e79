"""Traps of prose: an exception, a myth, a claim or a note that stands beside the sentence and turns it."""

from tests.support.samples import docx_with_notes, epub
from tests.traps.lengthening import ABOVE, BELOW
from tests.traps.rendering import bullets
from tests.traps.trap import Ask, Trap, make_traps, render_traps

INTRO = "The island of Sarn has one village, a harbour for twenty boats and a path around the cliffs."


def cues(*texts: str) -> str:
    """Make subtitles, a cue of three seconds for each text."""
    times = [f"00:00:{3 * n:02}.000 --> 00:00:{3 * n + 3:02}.000" for n in range(len(texts))]
    return "WEBVTT\n\n" + "\n".join(f"{time}\n{text}\n" for time, text in zip(times, texts, strict=True))


OBSERVATORY = (
    "# The observatory",
    INTRO,
    "The observatory is open every evening from eight to eleven. This does not apply to Mondays and the week of the "
    "full moon. Coffee is served in the hall.",
    "Visitors can cancel their visit free of charge. However, from the third day before the visit on, half of the fee "
    "is kept.",
)
ROPEWAY = (
    "# The ropeway",
    INTRO,
    "The ropeway runs every ten minutes. Except on windy days, when it stands still. The cabins hold eight people.",
    "Dogs may ride in all cabins. The exception is the glass cabin. Tickets are sold below.",
)
POST = (
    "# The post office",
    INTRO,
    "The post office takes parcels of any size for the mainland.",
    "Exceptions: parcels with liquids or batteries.",
    "The post office opens at eight.",
)
NOT_IF = (
    "# The night ferry",
    INTRO,
    "The fare is not refunded if the ferry is late because of ice, fog or a low tide. The deck is closed at night, "
    "unless the captain opens it. Cabins cannot be changed on board.",
)
MYTHS = (
    "# Wool and salt water",
    INTRO,
    "Myth: Salt water makes wool waterproof.",
    "Fact: Salt water only makes wool stiff. It soaks through within a minute.",
)
MYTH_ITEMS = (
    "# Widespread errors about gulls",
    INTRO,
    "These widespread beliefs about gulls are wrong:",
    bullets("Gulls sleep while they fly.", "Gulls drink no water.", "A gull finds its nest by smell."),
)
CLAIM = (
    "# The chain bridge",
    INTRO,
    "“The chain bridge can carry forty carts at a time. Nobody has to fear for his horse,” claimed the owner in 1868. "
    "A year later the council found that it could carry six.",
)
SPEECH = (
    "# The lake of Oden",
    INTRO,
    "The lake of Oden has no bottom. That is at least what an old tale says. Boats are hired at the mill.",
)
BEFORE = (
    "# The bath house",
    INTRO,
    "Until the fire of 1911, the following rule held. The bath house was open to sailors at night. Nobody paid.",
)
NOTE_TEXT = "From November to March cars are only carried on Saturdays."
NOTED = f"The ferry to Sarn carries cars at any hour of the day.{{}} It needs twenty minutes.\n\n{{}} {NOTE_TEXT}\n"
LONG_NOTED = NOTED.replace("minutes.\n\n", f"minutes.\n\n{ABOVE}\n\n{BELOW}\n\n")
NOTE = Ask("restricts", "When does the ferry carry cars?", ("carries cars at any hour", NOTE_TEXT))
HTML_NOTE = (
    f"<h1>The ferry</h1><p>{INTRO}</p><p>The ferry to Sarn carries cars at any hour of the day.{{}} It needs twenty "
    f"minutes.</p><p>The harbour master sells the tickets.</p>{{}}"
)
EXCEPT = Ask(
    "next", "When is the observatory open?", ("open every evening from eight", "does not apply to Mondays and the week")
)
BUT = Ask("however", "Can I cancel my visit to the observatory free of charge?", ("free of charge", "half of the fee"))

TRAPS: list[Trap] = [
    *render_traps("exception", "observatory", "md txt rst html epub docx pdf", OBSERVATORY, EXCEPT),
    *render_traps("exception", "observatory", "md html", OBSERVATORY, BUT),
    *make_traps(
        "exception",
        "observatory.vtt",
        cues(
            "Welcome to the island of Sarn.",
            "The observatory is open every evening",
            "from eight to eleven.",
            "This does not apply to Mondays",
            "and the week of the full moon.",
            "Coffee is served in the hall.",
        ),
        EXCEPT,
    ),
    *make_traps(
        "exception",
        "observatory.jsonl",
        '{"title": "Observatory", "text": "The observatory is open every evening from eight to eleven. This does not '
        'apply to Mondays and the week of the full moon."}\n{"title": "Post office", "text": "The post office opens at '
        'eight."}\n',
        EXCEPT,
    ),
    *make_traps(
        "exception",
        "observatory.csv",
        "Place,Text\nObservatory,The observatory is open every evening from eight to eleven. This does not apply to "
        "Mondays and the week of the full moon.\nPost office,The post office opens at eight.\n",
        EXCEPT,
    ),
    *render_traps(
        "exception",
        "ropeway",
        "md txt html",
        ROPEWAY,
        Ask("fragment", "How often does the ropeway run?", ("every ten minutes", "except on windy days")),
        Ask(
            "exception-is",
            "May my dog ride in the cabins?",
            ("dogs may ride in all cabins", "the exception is the glass"),
        ),
    ),
    *render_traps(
        "exception",
        "post",
        "md html docx",
        POST,
        Ask(
            "paragraph", "What parcels does the post office take?", ("of any size", "parcels with liquids or batteries")
        ),
    ),
    *render_traps(
        "condition",
        "night-ferry",
        "md txt html",
        NOT_IF,
        Ask("not-if", "Is the fare refunded if the ferry is late because of fog?", ("the fare is not refunded if",)),
        Ask("unless", "Is the deck closed at night?", ("closed at night unless the captain opens it",)),
    ),
    *render_traps(
        "myth",
        "wool",
        "md txt html docx",
        MYTHS,
        Ask("label", "Does salt water make wool waterproof?", ("only makes wool stiff",)),
    ),
    *render_traps(
        "myth",
        "gulls",
        "md txt html docx",
        MYTH_ITEMS,
        Ask("items", "Do gulls sleep while they fly?", ("beliefs about gulls are wrong", "sleep while they fly")),
    ),
    *render_traps(
        "speech",
        "chain-bridge",
        "md txt html",
        CLAIM,
        Ask("claimed", "How many carts can the chain bridge carry?", ("forty carts", "claimed the owner")),
    ),
    *render_traps(
        "speech",
        "oden",
        "md txt",
        SPEECH,
        Ask("tale", "Does the lake of Oden have a bottom?", ("no bottom", "what an old tale says")),
    ),
    *render_traps(
        "speech",
        "bath-house",
        "md html",
        BEFORE,
        Ask(
            "until",
            "Is the bath house open to sailors at night?",
            ("until the fire of 1911", "open to sailors at night"),
        ),
    ),
    *make_traps("footnote", "ferry-note.md", f"# The ferry\n\n{INTRO}\n\n" + NOTED.format("[^1]", "[^1]:"), NOTE),
    *make_traps(
        "footnote", "ferry-note-long.md", f"# The ferry\n\n{INTRO}\n\n" + LONG_NOTED.format("[^1]", "[^1]:"), NOTE
    ),
    *make_traps("footnote", "ferry-note-long.txt", f"The ferry\n\n{INTRO}\n\n" + LONG_NOTED.format("*", "*"), NOTE),
    *make_traps("footnote", "ferry-note.txt", f"The ferry\n\n{INTRO}\n\n" + NOTED.format("*", "*"), NOTE),
    *make_traps("footnote", "ferry-star.md", f"# The ferry\n\n{INTRO}\n\n" + NOTED.format("\\*", "\\*"), NOTE),
    *make_traps(
        "footnote", "ferry-note.rst", f"The ferry\n=========\n\n{INTRO}\n\n" + NOTED.format(" [1]_", ".. [1]"), NOTE
    ),
    *make_traps(
        "footnote",
        "ferry-note.html",
        "<html><head><title>The ferry</title></head><body><main>"
        + HTML_NOTE.format(
            '<sup><a href="#n1">1</a></sup>', f'<div class="footnotes"><ol><li id="n1">{NOTE_TEXT}</li></ol></div>'
        )
        + "</main></body></html>",
        NOTE,
    ),
    *make_traps(
        "footnote",
        "ferry-note.epub",
        epub(
            {
                "c.xhtml": HTML_NOTE.format(
                    '<a xmlns:epub="http://www.idpf.org/2007/ops" epub:type="noteref" href="#n1">1</a>',
                    '<aside xmlns:epub="http://www.idpf.org/2007/ops" epub:type="footnote" id="n1"><p>'
                    f"{NOTE_TEXT}</p></aside>",
                )
            }
        ),
        NOTE,
    ),
    *make_traps(
        "footnote",
        "ferry-note.docx",
        docx_with_notes(
            f"<w:p><w:r><w:t>{INTRO}</w:t></w:r></w:p><w:p><w:r><w:t>The ferry to Sarn carries cars at any hour of the "
            'day.</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:t xml:space="preserve"> It needs twenty '
            "minutes.</w:t></w:r></w:p><w:p><w:r><w:t>The harbour master sells the tickets.</w:t></w:r></w:p>",
            footnote=[NOTE_TEXT],
        ),
        NOTE,
    ),
]
