"""Traps of struck-out and raised text, and of questions that stand in a document as if they were answers."""

from tests.support.samples import docx, docx_paragraph, epub
from tests.traps.rendering import to_body
from tests.traps.trap import Ask, Trap, make_traps, render_traps

INTRO = "The glass works of Ilmen can be visited from May to October, every day but Sunday."

GLASS = (
    "# Prices of the glass works",
    INTRO,
    "A tour of the furnace costs ~~17~~ 12 euros for a group.",
    "~~Children blow their own glass in the furnace hall.~~",
    "The furnace hall is closed to children.",
)
STRUCK_ASKS = (
    Ask("price", "What does a tour of the furnace cost?", ("12 euros",), ("costs 17", "17 12 euros")),
    Ask("whole", "Do children blow their own glass in the furnace hall?", (), ("children blow their own glass",)),
)


def page(body: str) -> str:
    """Make a web page."""
    return f'<html lang="en"><head><title>Glass works</title></head><body><main>{body}</main></body></html>'


HTML = page(to_body(GLASS))
MARKDOWN_HTML = f"""# Prices of the glass works

{INTRO}

A tour of the furnace costs <s>17</s> 12 euros for a group.

<del>Children blow their own glass in the furnace hall.</del>

The furnace hall is closed to children.
"""
ITEM_MARKDOWN = f"""# Rules of the glass works

{INTRO}

You may bring:

- ~~cameras with a flash~~
- water bottles
"""
ITEM_ASK = Ask("item", "May I bring a camera with a flash?", (), ("cameras with a flash",))
STRUCK_CELL = """<table><tr><th>Tour</th><th>Price</th></tr><tr><td>Furnace</td><td><del>17</del> 12 euros</td></tr>
<tr><td>Museum</td><td>5 euros</td></tr></table>"""
CELL_ASK = Ask("cell", "What is the price of the furnace tour?", ("12 euros",), ("17",))
RAISED_RUN = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>{}</w:t></w:r>'
RAISED_HTML = f"<h1>Sand</h1><p>{INTRO}</p><p>A spoon of the sand holds about 10<sup>6</sup> grains of quartz.</p>"
RAISED_ASK = Ask("power", "How many grains does a spoon of the sand hold?", (), ("106 grains", "10 6 grains"))


def struck_docx(tag: str) -> bytes:
    """Make a Word file whose text is struck out with a property of its runs."""
    struck = f'<w:r><w:rPr><w:{tag}/></w:rPr><w:t xml:space="preserve">{{}}</w:t></w:r>'
    return docx(
        docx_paragraph(INTRO)
        + '<w:p><w:r><w:t xml:space="preserve">A tour of the furnace costs </w:t></w:r>'
        + struck.format("17")
        + '<w:r><w:t xml:space="preserve"> 12 euros for a group.</w:t></w:r></w:p><w:p>'
        + struck.format("Children blow their own glass in the furnace hall.")
        + f"</w:p>{docx_paragraph('The furnace hall is closed to children.')}"
    )


ANSWER = ("No, the kiln is too hot for that.", "You can watch from the gallery.")
QUESTION = "May visitors put their own glass into the kiln?"
OTHER = "When does the gallery open?"
FAQ = Ask("answer", QUESTION, ANSWER)
ASKED_AGAIN = Ask("reworded", "Can visitors put glass of their own into the kiln?", ANSWER)
FAQ_TEXT = f"""Questions about the glass works

Q: {OTHER}
A: The gallery opens at ten.

Q: {QUESTION}
A: {" ".join(ANSWER)}
"""
FAQ_GAPS = FAQ_TEXT.replace("\nA:", "\n\nA:")
FAQ_BOLD = f"""# Questions about the glass works

**Q: {OTHER}**

A: The gallery opens at ten.

**Q:** {QUESTION}

**A:** {ANSWER[0]}

{ANSWER[1]}
"""
FAQ_BOLD_ONLY = f"""# Questions about the glass works

**{OTHER}**

The gallery opens at ten.

**{QUESTION}**

{ANSWER[0]}

{ANSWER[1]}
"""
FAQ_BOLD_LINE = FAQ_BOLD_ONLY.replace("**\n\n", "**  \n")
DETAILS = f"""<details><summary>{OTHER}</summary><p>The gallery opens at ten.</p></details>
<details><summary>{QUESTION}</summary><p>{ANSWER[0]}</p><p>{ANSWER[1]}</p></details>"""
DETAILS_MARKDOWN = f"""# Questions about the glass works

<details>
<summary>{OTHER}</summary>

The gallery opens at ten.

</details>

<details>
<summary>{QUESTION}</summary>

{ANSWER[0]}

{ANSWER[1]}

</details>
"""
HEADED = (
    "# Questions about the glass works",
    INTRO,
    f"## {OTHER}",
    "The gallery opens at ten.",
    f"## {QUESTION}",
    *ANSWER,
)
BOLD_NODES = (
    "# Questions about the glass works",
    f"**{OTHER}**",
    "The gallery opens at ten.",
    f"**{QUESTION}**",
    *ANSWER,
)
LETTERED = (
    "# Questions about the glass works",
    f"Q: {OTHER}",
    "A: The gallery opens at ten.",
    f"Q: {QUESTION}",
    f"A: {' '.join(ANSWER)}",
)

TRAPS: list[Trap] = [
    *render_traps("struck out", "glass", "md html epub docx", GLASS, *STRUCK_ASKS),
    *make_traps("struck out", "glass-del.html", HTML.replace("<s>", "<del>").replace("</s>", "</del>"), *STRUCK_ASKS),
    *make_traps(
        "struck out", "glass-strike.html", HTML.replace("<s>", "<strike>").replace("</s>", "</strike>"), *STRUCK_ASKS
    ),
    *make_traps(
        "struck out",
        "glass-style.html",
        HTML.replace("<s>", '<span style="text-decoration: line-through">').replace("</s>", "</span>"),
        *STRUCK_ASKS,
    ),
    *make_traps("struck out", "glass-html.md", MARKDOWN_HTML, *STRUCK_ASKS),
    *make_traps("struck out", "glass-double.docx", struck_docx("dstrike"), *STRUCK_ASKS),
    *make_traps("struck out", "glass-item.md", ITEM_MARKDOWN, ITEM_ASK),
    *make_traps("struck out", "glass-cell.html", page(f"<h1>Tours</h1><p>{INTRO}</p>{STRUCK_CELL}"), CELL_ASK),
    *make_traps("raised", "sand.html", page(RAISED_HTML), RAISED_ASK),
    *make_traps("raised", "sand.epub", epub({"c.xhtml": RAISED_HTML}), RAISED_ASK),
    *make_traps(
        "raised",
        "sand.docx",
        docx(
            docx_paragraph(INTRO)
            + "<w:p><w:r><w:t>A spoon of the sand holds about 10</w:t></w:r>"
            + RAISED_RUN.format(6)
            + '<w:r><w:t xml:space="preserve"> grains of quartz.</w:t></w:r></w:p>'
        ),
        RAISED_ASK,
    ),
    *make_traps(
        "raised",
        "sand.rst",
        f"Sand\n====\n\n{INTRO}\n\nA spoon of the sand holds about 10\\ :sup:`6` grains of quartz.\n",
        RAISED_ASK,
    ),
    *make_traps("FAQ", "faq.txt", FAQ_TEXT, FAQ, ASKED_AGAIN),
    *make_traps("FAQ", "faq-gaps.txt", FAQ_GAPS, FAQ),
    *make_traps("FAQ", "faq-letters.md", "# " + FAQ_TEXT, FAQ),
    *make_traps("FAQ", "faq-bold.md", FAQ_BOLD, FAQ, ASKED_AGAIN),
    *make_traps("FAQ", "faq-bold-only.md", FAQ_BOLD_ONLY, FAQ),
    *make_traps("FAQ", "faq-bold-line.md", FAQ_BOLD_LINE, FAQ),
    *make_traps("FAQ", "faq-details.md", DETAILS_MARKDOWN, FAQ),
    *make_traps("FAQ", "faq-details.html", page(f"<h1>Questions</h1><p>{INTRO}</p>{DETAILS}"), FAQ),
    *render_traps("FAQ", "faq-headings", "md txt rst html epub docx", HEADED, FAQ),
    *render_traps("FAQ", "faq-strong", "html docx rst", BOLD_NODES, FAQ),
    *render_traps("FAQ", "faq-lettered", "html docx epub pdf", LETTERED, FAQ),
    *make_traps(
        "FAQ",
        "faq.csv",
        f'Question,Answer\n{OTHER},The gallery opens at ten.\n"{QUESTION}","{" ".join(ANSWER)}"\n',
        FAQ,
    ),
    *make_traps(
        "FAQ",
        "faq.jsonl",
        f'{{"question": "{OTHER}", "answer": "The gallery opens at ten."}}\n'
        f'{{"question": "{QUESTION}", "answer": "{" ".join(ANSWER)}"}}\n',
        FAQ,
    ),
]
