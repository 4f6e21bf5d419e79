"""AsciiDoc, Org, LaTeX and notebooks are read as what a reader of the finished page sees."""

import json
import time
from pathlib import Path

import pytest

from retrieval.reading.formats import tex
from tests.support.reading import (
    asides_of,
    placed_sentences,
    read_content,
    rejection_reason,
    sentences_of,
    structure_of,
)

ASCIIDOC = """// a comment
= The *ferry*
Ann Lee <ann@lake.example>
v1.2, 2024-05-01
:price: five euros

It crosses the _lake_ twice{nbsp}a day, for {price}. +
See https://lake.example[the page] or <<winter,below>>.footnote:[Since 2020.]

include::other.adoc[]
NOTE: Dogs pay, too.

[WARNING]
====
The pier is slippery.
====

== Steps

. Buy a `ticket`.
** In coins.
. Wait.

Captain:: Ines Falk.

[source,python]
----
pay(5) # <1>
----

.Rooms
[cols="1,1",options="header"]
|===
|Room |Beds

|Hall
|4
|Attic |2
|===

////
hidden
////
=== Winter

It rests.
"""


def test_asciidoc(tmp_path: Path) -> None:
    """Attributes are replaced, marks and macros are not seen, boxes are text."""
    read = read_content(tmp_path, "a.adoc", ASCIIDOC.replace("{nbsp}", " ").encode())
    assert [row for row in structure_of(read) if row[0] != "aside"] == [
        ("heading", 1, 0, "", "The ferry"),
        ("prose", 0, 0, "", "It crosses the lake twice a day, for five euros. See the page or below."),
        ("prose", 0, 0, "", "Since 2020."),
        ("prose", 0, 0, "", "Dogs pay, too."),
        ("prose", 0, 0, "", "Warning"),
        ("prose", 0, 0, "", "The pier is slippery."),
        ("heading", 2, 0, "", "Steps"),
        ("item", 1, 1, "", "Buy a ticket."),
        ("item", 2, 0, "", "In coins."),
        ("item", 1, 2, "", "Wait."),
        ("heading", 7, 0, "", "Captain"),
        ("prose", 0, 0, "", "Ines Falk."),
        ("heading", 7, 0, "", ""),
        ("code", 0, 0, "python", "pay(5)"),
        ("row", 0, 0, "", "Room: Hall; Beds: 4."),
        ("row", 0, 0, "", "Room: Attic; Beds: 2."),
        ("heading", 3, 0, "", "Winter"),
        ("prose", 0, 0, "", "It rests."),
    ]
    document = read.document
    assert (document.title, document.source, document.published) == ("The ferry", "Ann Lee", "2024-05-01")


def test_asciidoc_without_a_title(tmp_path: Path) -> None:
    """The first section is no header; paragraphs keep what only looks like a mark."""
    read = read_content(
        tmp_path, "b.asciidoc", b"== Fares\n\nA fare is 2*3 euros, or a_b_c.\n\n* Dogs +\n  pay.\n- Cats do.\n"
    )
    assert placed_sentences(read) == [
        ("A fare is 2*3 euros, or a_b_c.", None, "Fares"),
        ("Dogs pay.", None, "Fares"),
        ("Cats do.", None, "Fares"),
    ]


ASCIIDOC_DETAILS = """= Pier
:lake: https://lake.example
:map: {lake}/map
:depth: 40

image:https://badge.example/a.svg[Depth,link={lake}] image:{lake}/b.svg[Boats]

See {map}[the map^], {tides}/all[the tides,window=_blank] or link:{lake}["a, b"].

To row, run:

 $ row
   --fast

. Untie it.
. Push:
+
[source,sh,subs="attributes+"]
----
push {depth}
----
+
It floats.
+
WARNING: It rocks.
. Sit.

oars:: How many.
  two::: One rower.
  four:::
+
Two rowers.
+
----
row four
----

sail:: Of cloth.

CAUTION: It is wet.

{cpp} is no boat.
"""


def test_blocks_and_terms_of_asciidoc_belong_where_they_are_attached(tmp_path: Path) -> None:
    """To items and terms with "+"; else terms end. Indented paragraphs are code, and values may name others."""
    read = read_content(tmp_path, "a.adoc", ASCIIDOC_DETAILS.encode())
    assert structure_of(read) == [
        ("heading", 1, 0, "", "Pier"),
        ("aside", 0, 0, "", "Depth Boats"),
        ("prose", 0, 0, "", "See the map, the tides or a, b."),
        ("prose", 0, 0, "", "To row, run:"),
        ("code", 0, 0, "", "$ row\n  --fast"),
        ("item", 1, 1, "", "Untie it."),
        ("item", 1, 2, "", "Push:"),
        ("code", 1, 0, "bash", "push 40"),
        ("prose", 1, 0, "", "It floats."),
        ("prose", 1, 0, "", "Warning"),
        ("prose", 1, 0, "", "It rocks."),
        ("item", 1, 3, "", "Sit."),
        ("heading", 7, 0, "", "oars"),
        ("prose", 0, 0, "", "How many."),
        ("heading", 8, 0, "", "two"),
        ("prose", 0, 0, "", "One rower."),
        ("heading", 8, 0, "", "four"),
        ("prose", 0, 0, "", "Two rowers."),
        ("code", 0, 0, "", "row four"),
        ("heading", 7, 0, "", "sail"),
        ("prose", 0, 0, "", "Of cloth."),
        ("heading", 7, 0, "", ""),
        ("prose", 0, 0, "", "Caution"),
        ("prose", 0, 0, "", "It is wet."),
        ("prose", 0, 0, "", "C++ is no boat."),
    ]


ORG = """#+TITLE: The ferry
#+AUTHOR: Ann Lee
#+DATE: <2024-05-01 Wed>
# a comment
* TODO [#A] Crossing :boats:
:PROPERTIES:
:ID: 7
:END:
SCHEDULED: <2024-05-02 Thu>
It crosses the /lake/ *twice* a day,
see [[https://lake.example][the page]] or =ask=[fn:1]. +It is free.+

- Buy a ticket.
  1. In coins.
  2. Or notes.
- [X] Wait.
- Captain :: Ines Falk.

| Room | Beds |
|------+------|
| Hall | 4    |

#+BEGIN_SRC python
pay(5)
#+END_SRC
#+begin_quote
Dogs pay, too.
#+end_quote
** Winter
It rests.
"""


def test_org(tmp_path: Path) -> None:
    """Drawers, plans, tags and keywords of tasks are not text."""
    read = read_content(tmp_path, "a.org", ORG.encode())
    assert [row for row in structure_of(read) if row[0] != "aside"] == [
        ("heading", 1, 0, "", "Crossing"),
        ("prose", 0, 0, "", "It crosses the lake twice a day, see the page or ask."),
        ("item", 1, 0, "", "Buy a ticket."),
        ("item", 2, 1, "", "In coins."),
        ("item", 2, 2, "", "Or notes."),
        ("item", 1, 0, "", "[x] Wait."),
        ("heading", 7, 0, "", "Captain"),
        ("prose", 1, 0, "", "Ines Falk."),
        ("row", 0, 0, "", "Room: Hall; Beds: 4."),
        ("code", 0, 0, "python", "pay(5)"),
        ("prose", 0, 0, "", "Dogs pay, too."),
        ("heading", 2, 0, "", "Winter"),
        ("prose", 0, 0, "", "It rests."),
    ]
    document = read.document
    assert (document.title, document.source, document.published) == ("The ferry", "Ann Lee", "2024-05-01")


TEX = r"""\documentclass{article}
\usepackage{graphicx} % a comment
\title{The \emph{ferry}\thanks{x}}
\author{Ann Lee \and Ben Falk}
\date{2024-05-01}
\begin{document}
\maketitle
It crosses the lake~twice a day\footnote{Since the spring of 2020.} --- for 5\,\euro{}, or 10\% less \cite{lee},
if $n > 3$. M\"uller asked ``why''.

% hidden
\section{Steps}\label{steps}
\begin{enumerate}[label=(\alph*)]
  \item Buy a \textbf{ticket}.
  \begin{itemize} \item In coins. \end{itemize}
  \item Wait.
\end{enumerate}
\begin{equation} a = b \end{equation}
\begin{tabular}{ll}\hline
Room & Beds \\ \hline
Hall & 4 \\
Attic & 2 \\
\end{tabular}
\begin{lstlisting}[language=Python]
pay(5)  % no comment
\end{lstlisting}
\begin{figure}[ht]\includegraphics{a.png}\caption{The pier.}\end{figure}
\subsection*{Winter} It rests \href{https://lake.example}{until March}.
\begin{thebibliography}{9}\bibitem{lee} Lee.\end{thebibliography}
\end{document}
Behind the end.
"""


def test_tex(tmp_path: Path) -> None:
    """Commands and comments are not text; a note comes at the end of its section, and keeps its mark."""
    read = read_content(tmp_path, "a.tex", TEX.encode())
    assert [row for row in structure_of(read) if row[0] != "aside"] == [
        ("heading", 1, 0, "", "The ferry"),
        (
            "prose", 0, 0, "",
            "It crosses the lake twice a day¹ — for 5€, or 10% less, if n > 3. Müller asked “why”.",
        ),
        ("prose", 0, 0, "", "¹ Since the spring of 2020."),
        ("heading", 2, 0, "", "Steps"),
        ("item", 1, 1, "", "Buy a ticket."),
        ("item", 2, 0, "", "In coins."),
        ("item", 1, 2, "", "Wait."),
        ("row", 0, 0, "", "Room: Hall; Beds: 4."),
        ("row", 0, 0, "", "Room: Attic; Beds: 2."),
        ("code", 0, 0, "python", "pay(5)  % no comment"),
        ("heading", 3, 0, "", "Winter"),
        ("prose", 0, 0, "", "It rests until March."),
    ]  # fmt: skip
    assert [aside.strip() for aside in asides_of(read)] == ["a = b", "Room; Beds", "The pier."]
    document = read.document
    assert (document.title, document.source, document.published) == ("The ferry", "Ann Lee, Ben Falk", "2024-05-01")


RAISED_AND_STRUCK = ["The area is 10⁶ m² and H2O.", "The fee is 6 euros."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.adoc", ":fee: 6\n\nThe area is 10^6^ m^2^ and H~2~O. [.line-through]*It was 5.* [line-through]#Or 4.# "
         "The fee is {fee} euros.\n"),
        ("a.org", "The area is 10^{6} m^2 and H_{2}O. +It was 5.+ The fee is 6 euros.\\\\\n"),
        ("a.tex", "\\newcommand{\\fee}{6}\\def\\euros#1{#1 euros}\\renewcommand{\\st}[1]{#1}\nThe area is "
         "10\\textsuperscript{6} m\\textsuperscript{2} and H\\textsubscript{2}O. \\st{It was 5.} "
         "The fee is \\euros{\\fee}.\\iffalse It was 4.\\fi\n"),
    ],
)  # fmt: skip
def test_raised_struck_out_and_defined_text(tmp_path: Path, name: str, content: str) -> None:
    """A raised number keeps its place, what is struck out is left out, and what the file defines is put in."""
    assert sentences_of(read_content(tmp_path, name, content.encode())) == RAISED_AND_STRUCK


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.adoc", "* [ ] Buy paint\n* [x] Buy oil\n\nThe end.\n"),
        ("a.org", "- [ ] Buy paint\n- [X] Buy oil\nThe end.\n"),
        ("b.org", "   - [ ] Buy paint\n   - [X] Buy oil\n   The end.\n"),
    ],
)
def test_boxes_of_tasks_and_what_follows_a_list(tmp_path: Path, name: str, content: str) -> None:
    """What is done can be told from what is not; a line that is not indented more belongs to no item."""
    assert sentences_of(read_content(tmp_path, name, content.encode())) == ["[ ] Buy paint", "[x] Buy oil", "The end."]


def test_terms_notes_and_explanations_of_asciidoc(tmp_path: Path) -> None:
    """Terms follow each other without an empty line; behind them none applies; a note is below its paragraph."""
    content = (
        "Keeper:: Ines Falk\nPhone::\n  12 34\n\nIt is old.footnote:[Since 1702.] See menu:File[Save].\n\n"
        "----\nputs 1 # <1>\n----\n<1> It prints.\n"
    )
    assert placed_sentences(read_content(tmp_path, "a.adoc", content.encode())) == [
        ("Ines Falk", None, "Keeper"), ("12 34", None, "Phone"), ("It is old.", None, None),
        ("See File › Save.", None, None), ("Since 1702.", None, None), ("puts 1", None, None),
        ("It prints.", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("style", "language"),
    [("source,ruby", "ruby"), ("source", ""), (",ruby", "ruby"), ("listing", ""), ("literal", "")],
)
def test_a_paragraph_of_asciidoc_is_code_by_its_style(tmp_path: Path, style: str, language: str) -> None:
    """Up to an empty line, below its title; an item that it is attached to holds it."""
    code = f"[{style}]\nputs 1\n* no item\n"
    content = f"To print:\n\n{code}\nIt *prints*.\n\n. Say:\n+\n{code}\n. Go.\n\n[{style}]\n.On paper\nputs 2\n"
    shown = ("code", 0, 0, language, "puts 1\n* no item")
    assert structure_of(read_content(tmp_path, "a.adoc", content.encode())) == [
        ("prose", 0, 0, "", "To print:"), shown, ("prose", 0, 0, "", "It prints."),
        ("item", 1, 1, "", "Say:"), ("code", 1, *shown[2:]), ("item", 1, 2, "", "Go."),
        ("aside", 0, 0, "", "On paper"), ("code", 1, 0, language, "puts 2"),
    ]  # fmt: skip


def test_a_section_of_org_that_is_not_exported_is_left_out(tmp_path: Path) -> None:
    """With those inside it, not with the next one."""
    content = "* COMMENT A\nOne.\n** B\nTwo.\n* C\nThree.\n* D :noexport:\nFour.\n[[file:a.png]]\n"
    assert sentences_of(read_content(tmp_path, "a.org", content.encode())) == ["Three."]


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (r"\SI{5}{\metre}", "5 m"), (r"\qty[mode=text]{3.5}{\kilo\gram}", "3.5 kg"),
        (r"\SI{9}{\metre\per\second\squared}", "9 m/s²"), (r"\SI{4}{\square\metre}", "4 m²"), (r"\num{12}", "12"),
        (r"\SI{1.5}{\square\milli\metre}", "1.5 mm²"), (r"\qty{2}{\cubic\centi\meter\per\second}", "2 cm³/s"),
        (r"\SI{8}{\square \kilo \metre}", "8 km²"), (r"\SIrange{2}{5}{\celsius}", "2–5 °C"),
        (r"\qtyrange[per-mode=symbol]{1}{3}{\metre\per\second}", "1–3 m/s"), (r"\numrange{4}{9}", "4–9"),
        (r"\SIlist{1;2;5}{\metre}", "1, 2, 5 m"), (r"\numlist{1;2}", "1, 2"), (r"$40^\circ$C", "40°C"),
        (r"$7\,^{\circ}\mathrm{C}$", r"7°\mathrm{C}"), (r"\ang{45}", "45°"), (r"\SI{2}{\fathom}", "2 fathom"),
    ],
)  # fmt: skip
def test_quantities_of_tex_keep_their_units(tmp_path: Path, quantity: str, text: str) -> None:
    """As siunitx prints them."""
    assert sentences_of(read_content(tmp_path, "a.tex", f"It is {quantity} here.".encode())) == [f"It is {text} here."]


def test_environments_of_tex_that_never_end_are_read_quickly() -> None:
    """Each is looked at once, and text inside the first ones stays."""
    started = time.process_time()
    parts = tex.read((r"\begin{table}[ht] It is red. " * 5_000).encode()).parts
    assert time.process_time() - started < 2
    assert {part.text for part in parts} == {"It is red."}


def test_cells_of_tex_that_span_columns_and_rows(tmp_path: Path) -> None:
    """A cell across all columns names the rows below it, and one across rows counts in each."""
    table = (
        "\\begin{tabular}{lll}Boat & Seats & Pier\\\\ \\hline\n\\multicolumn{3}{c}{Small boats}\\\\\n"
        "Canoe & 2 & \\multirow{2}{*}{East}\\\\ Punt & 3 &\\\\ Raft & 4 & West\\\\\n"
        "\\multirow[t]{2}{2cm}{Yacht} & 8 & \\multicolumn{1}{|c|}{North}\\\\ & 9 & South\\\\ \\end{tabular}"
    )
    assert sentences_of(read_content(tmp_path, "a.tex", table.encode())) == [
        "Small boats — Boat: Canoe; Seats: 2; Pier: East.", "Small boats — Boat: Punt; Seats: 3; Pier: East.",
        "Small boats — Boat: Raft; Seats: 4; Pier: West.", "Small boats — Boat: Yacht; Seats: 8; Pier: North.",
        "Small boats — Boat: Yacht; Seats: 9; Pier: South.",
    ]  # fmt: skip


def test_tex_as_pandoc_writes_it(tmp_path: Path) -> None:
    """Targets and the definitions of numbers are no text, boxes of tasks and coloured code are."""
    content = r"""\hypertarget{fees}{%
\section{Fees}\label{fees}}
\begin{itemize}
\item[$\boxtimes$] Paint
\item[$\square$] Oil
\end{itemize}
\begin{enumerate}
\def\labelenumi{\arabic{enumi}.}
\tightlist
\item Open it. See Section~\ref{fees}.
\end{enumerate}
\begin{Shaded}
\begin{Highlighting}[]
\BuiltInTok{print}\NormalTok{(}\DecValTok{1}\NormalTok{)}
\end{Highlighting}
\end{Shaded}
"""
    assert sentences_of(read_content(tmp_path, "a.tex", content.encode())) == [
        "☒ Paint", "☐ Oil", "Open it.", "See Section ….", "print(1)",
    ]  # fmt: skip


def test_a_notebook(tmp_path: Path) -> None:
    """Cells of Markdown are text and tables, cells of code are code; what it printed is left out."""
    notebook = {
        "cells": [
            {
                "cell_type": "markdown",
                "source": ["# The ferry\n", "\n", "It **crosses** the [lake](https://a.example).\n"],
            },
            {"cell_type": "code", "source": "pay(5)", "outputs": [{"text": ["paid"]}]},
            {"cell_type": "markdown", "source": "| Room | Beds |\n|---|---|\n| Hall | 4 |\n"},
            {"cell_type": "raw", "source": "x"},
        ],
        "metadata": {"kernelspec": {"language": "python"}},
        "nbformat": 4,
    }
    read = read_content(tmp_path, "a.ipynb", json.dumps(notebook).encode())
    assert [row for row in structure_of(read) if row[0] != "aside"] == [
        ("heading", 1, 0, "", "The ferry"),
        ("prose", 0, 0, "", "It crosses the lake."),
        ("code", 0, 0, "python", "pay(5)"),
        ("header", 0, 0, "", "Room | Beds"),
        ("row", 0, 0, "", "Hall | 4"),
    ]
    assert [table.header_end - table.start for table in read.document.tables] == [len("Room | Beds")]
    assert rejection_reason(tmp_path, "b.ipynb", b"{}") == "not a Jupyter notebook: it has no cells"
    assert rejection_reason(tmp_path, "c.ipynb", b"{") == "not a Jupyter notebook: invalid JSON"
