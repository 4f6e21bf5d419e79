"""reStructuredText is read with its lines and without other files."""

from itertools import count
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.reading.formats import rst
from retrieval.reading.formats.rst_directives import DIRECTIVE, ROLE
from tests.support.reading import placed_sentences, read_content, structure_of

Branch = list[tuple[str, "Branch"]]  # the marker of each item, and the list in it


def structure(text: str) -> list[tuple[str, int, int, str]]:
    """Return kind, level, number and text of each part of a document that has a text."""
    parts = rst.read(dedent(text).encode()).parts
    return [(part.kind, part.level, part.number, part.text) for part in parts if part.text]


def code(text: str) -> list[tuple[str, str]]:
    """Return language and text of each block of code."""
    return [(part.language, part.text) for part in rst.read(dedent(text).encode()).parts if part.kind == "code"]


def test_lines_are_kept_and_nothing_is_included(tmp_path: Path) -> None:
    """Directives that would read other files have no effect; the directives and roles of Sphinx are read as text."""
    content = (
        "The ferry\n=========\n\n:Author: Ann Lee\n\nIt crosses **twice** a day, see :ref:`the fares <fares>`.\n\n"
        ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n\n"
        ".. versionadded:: 2.0\n   Dogs travel free.\n\nFares\n-----\n\n::\n\n   code\n\n"
        "======  =====\nTicket  Price\n======  =====\nAdult   five\n======  =====\n"
    )
    read = read_content(tmp_path, "a.rst", content.encode())
    assert (read.document.title, read.document.source) == ("The ferry", "Ann Lee")
    assert placed_sentences(read) == [
        ("It crosses twice a day, see the fares.", 6, "The ferry"),
        ("Added in version 2.0: Dogs travel free.", 16, "The ferry"),
        ("code", 24, "The ferry › Fares"),
        ("Ticket: Adult; Price: five.", 26, "The ferry › Fares"),
    ]
    assert "root:" not in read.document.text


def test_fields_and_layout_tables_are_read(tmp_path: Path) -> None:
    """The name of a field is a heading; a table with long text in it is read as paragraphs."""
    long = "It crosses the lake twice a day. " * 14
    content = (
        f"It opens.\n\n:Fares: Adults pay five euros.\n\n.. list-table::\n\n   * - {long}\n     - Dogs travel free.\n"
    )
    read = placed_sentences(read_content(tmp_path, "a.rst", content.encode()))
    assert read[1] == ("Adults pay five euros.", 3, "Fares")
    assert [text for text, _, _ in read[2:]] == ["It crosses the lake twice a day."] * 14 + ["Dogs travel free."]


def test_lists_and_code_become_items_and_code(tmp_path: Path) -> None:
    """With their depth, numbers and language; all paragraphs of an item but the first are prose of its depth."""
    content = """
        Boats
        =====

        It needs:

        3. A boat.

           It must
           float.

           .. code-block:: py
              :linenos:

              if afloat:

                  row()

           - Two oars

             + and hands
        4. A rope::

             sudo tie
        """
    assert structure_of(read_content(tmp_path, "a.rst", dedent(content).encode())) == [
        ("heading", 1, 0, "", "Boats"),
        ("prose", 0, 0, "", "It needs:"),
        ("item", 1, 3, "", "A boat."),
        ("prose", 1, 0, "", "It must float."),
        ("code", 1, 0, "python", "if afloat:\n\n    row()"),
        ("item", 2, 0, "", "Two oars"),
        ("item", 3, 0, "", "and hands"),
        ("item", 1, 4, "", "A rope:"),
        ("code", 1, 0, "", "sudo tie"),
    ]


def test_options_of_a_command_are_items() -> None:
    """Each with its description; the terms of definitions are headings with their classifiers."""
    options = "-a            Row.\n-b, --by=OAR  Row by\n              an oar.\n\n              Hard.\n"
    assert structure(f"{options}\nOar : wood\n  A pole.\n") == [
        ("item", 1, 0, "-a Row."),
        ("item", 1, 0, "-b, --by=OAR Row by\nan oar."),
        ("text", 1, 0, "Hard."),
        ("heading", 7, 0, "Oar : wood"),
        ("text", 0, 0, "A pole."),
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (".. prompt:: bash $\n\n   ls", ("bash $", "ls")),
        (".. code-tab:: js\n\n   x()", ("js", "x()")),
        (".. code-block:: none\n   :emphasize-lines: 1\n\n   x", ("none", "x")),
        (".. sourcecode::\n\n   x", ("", "x")),
        (".. code:: python\n   :number-lines:\n\n   x", ("python", "x")),
        (".. parsed-literal::\n\n   a *b*", ("", "a b")),
        (">>> 1 + 1\n2", ("python", ">>> 1 + 1\n2")),
        ("::\n\n  a\n\n   b", ("", "a\n\n b")),
    ],
)
def test_blocks_of_code_are_read_with_their_language(block: str, expected: tuple[str, str]) -> None:
    """Whichever directive they are in, and with any options."""
    assert code(block) == [expected]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (".. note:: It is wet.\n   :class: x\n\n   It is cold.", [("text", "It is wet."), ("text", "It is cold.")]),
        (".. admonition:: Mind\n\n   It is wet.", [("text", "Mind"), ("text", "It is wet.")]),
        (".. warning:: It is wet.", [("text", "Warning"), ("text", "It is wet.")]),
        (".. danger::\n\n   It is wet.", [("text", "Danger"), ("text", "It is wet.")]),
        (".. important::\n   It is wet.", [("text", "Important"), ("text", "It is wet.")]),
        (".. tabs::\n\n   .. tab:: On *land*\n\n      Walk.", [("heading", "On land"), ("text", "Walk.")]),
        (".. rubric:: Oars\n\nThey row.", [("heading", "Oars"), ("text", "They row.")]),
        (".. deprecated:: 3.1", [("text", "Deprecated since version 3.1.")]),
        (".. deprecated:: 3.1\n\n   Swim.", [("text", "Deprecated since version 3.1: Swim.")]),
        (".. py:method:: row(*oars)\n   :async:\n\n   Moves.", [("heading", "row(*oars)"), ("text", "Moves.")]),
        (".. function:: a()\n              b(c)\n\n   .", [("heading", "a()"), ("heading", "b(c)"), ("text", ".")]),
        (".. only:: html\n\n   Here.", [("text", "Here.")]),
        (".. shout:: The boat is leaving now.", [("text", "The boat is leaving now.")]),
        (".. shout::\n   :loud:\n\n   Going\n   -----\n\n   Gone.", [("heading", "Going"), ("text", "Gone.")]),
        (".. topic:: Fares\n\n   Five euros.", [("text", "Fares"), ("text", "Five euros.")]),
        (".. code-block::\n   :caption: boat.py\n\n   x", [("aside", "boat.py"), ("code", "x")]),
        (".. autoclass:: Boat\n   :members:", []),
        (".. literalinclude:: /etc/passwd", []),
        (".. toctree::\n\n   a\n   b", []),
        (".. grid:: 1 2\n   :gutter: 2\n\n   .. grid-item-card:: Start\n      :link: a\n\n      Head.\n"
         "      ^^^\n      Row.\n      +++\n      Foot.",
         [("heading", "Start"), ("text", "Head."), ("text", "Row."), ("text", "Foot.")]),
        (".. dropdown:: How long is it?\n   :open:\n\n   Four metres.",
         [("heading", "How long is it?"), ("text", "Four metres.")]),
        (".. button-ref:: start\n   :color: primary\n\n   Go there.", [("text", "Go there.")]),
        (".. div:: wide\n\n   A text.", [("text", "A text.")]),
        (":octicon:`report;1em` It is :bdg:`new`.", [("text", " It is new.")]),
    ],
)  # fmt: skip
def test_directives_are_read_as_readers_see_them(block: str, expected: list[tuple[str, str]]) -> None:
    """Titles and signatures are headings, everything else is prose, also of directives that nobody knows."""
    assert [(kind, text) for kind, _, _, text in structure(f"{block}\n")] == expected


SCOPES = """
Boats
=====

Rowing
------

oars
   How many there are.

   two
      For one rower.

   four
      For a crew.

   Most boats have two.

Ask before you row.

.. tab:: Lake

   wind
      It is weak.

   Boats stay near the pier.

.. tab:: Sea

   wind
      It is strong.

.. warning:: It is wet.

.. list-table:: Fees
   :header-rows: 1

   * - Boat
     - Fee
   * - Kayak
     - 12

Fishing
-------

It is forbidden.
"""


def test_a_term_or_tab_applies_to_what_is_inside_it(tmp_path: Path) -> None:
    """Terms inside of others and of tabs are below these; behind a list or tabs, the headings above them apply."""
    read = placed_sentences(read_content(tmp_path, "a.rst", SCOPES.encode()))
    assert [(text, heading) for text, _, heading in read] == [
        ("How many there are.", "Boats › Rowing › oars"),
        ("For one rower.", "Boats › Rowing › oars › two"),
        ("For a crew.", "Boats › Rowing › oars › four"),
        ("Most boats have two.", "Boats › Rowing › oars"),
        ("Ask before you row.", "Boats › Rowing"),
        ("It is weak.", "Boats › Rowing › Lake › wind"),
        ("Boats stay near the pier.", "Boats › Rowing › Lake"),
        ("It is strong.", "Boats › Rowing › Sea › wind"),
        ("Warning", "Boats › Rowing"),
        ("It is wet.", "Boats › Rowing"),
        ("Fees — Boat: Kayak; Fee: 12.", "Boats › Rowing"),
        ("It is forbidden.", "Boats › Fishing"),
    ]


def test_what_a_directive_describes_has_its_options_and_fields(tmp_path: Path) -> None:
    """Type and default as lines below the name, also without a text; parameters are below their function."""
    content = """
.. confval:: lake_depth
   :type: ``int``
   :default: ``40``
   :no-index:

   In metres.

.. confval:: lake_name
   :default: Selm

.. py:function:: row(boat, speed=3)

   Moves a boat.

   :param speed: In knots.

It floats.
"""
    read = placed_sentences(read_content(tmp_path, "a.rst", content.encode()))
    assert [(text, heading) for text, _, heading in read] == [
        ("Type: int", "lake_depth"),
        ("Default: 40", "lake_depth"),
        ("In metres.", "lake_depth"),
        ("Default: Selm", "lake_name"),
        ("Moves a boat.", "row(boat, speed=3)"),
        ("In knots.", "row(boat, speed=3) › param speed"),
        ("It floats.", None),
    ]


def test_the_only_section_of_a_document_is_its_heading(tmp_path: Path) -> None:
    """It is no subtitle, as docutils takes it to be; the sections in it are below it."""
    content = "Lake\n====\n\nBoats\n-----\n\nThey float.\n\nOars\n~~~~\n\nTwo.\n"
    read = read_content(tmp_path, "a.rst", content.encode())
    assert [heading for _, _, heading in placed_sentences(read)] == ["Lake › Boats", "Lake › Boats › Oars"]


def test_roles_leave_their_text() -> None:
    """Of any name, before or after it; what is to be substituted is an aside if nothing else is in a paragraph."""
    text = "See :issue:`12`, `boats`:any:, :x:y:`the *lake* <z>` and :var:`OAR_<SIDE>`.\n\n|wet|\n\n|dry| is not.\n"
    assert [(kind, content) for kind, _, _, content in structure(text)] == [
        ("text", "See 12, boats, the *lake* and OAR_<SIDE>."),
        ("aside", "|wet|"),
        ("text", "|dry| is not."),
    ]


@pytest.mark.parametrize("piece", ["\n", " ", ":a", ".. a", ".. |", "a::", "|a", "- "])
def test_names_are_found_in_linear_time(piece: str) -> None:
    """A hundred thousand characters of what names of directives and roles look like."""
    text = f"..{piece * (100_000 // len(piece))}"
    assert DIRECTIVE.findall(text) == ROLE.findall(text) == []


branches: st.SearchStrategy[Branch] = st.recursive(
    st.just([]), lambda inner: st.lists(st.tuples(st.sampled_from(["-", "#."]), inner), max_size=3), max_leaves=15
)


def lists(branch: Branch, words: Any, depth: int) -> tuple[str, list[tuple[str, int, str]]]:
    """Write nested lists with a new word for each item and after the list in it; return them and what is in them."""
    text, expected = "", []
    for marker, inner in branch:
        item, after = next(words), next(words)
        nested, below = lists(inner, words, depth + 1)
        body = f"{item}\n\n{nested}{f'{after}{chr(10)}' if inner else ''}\n"
        text += f"{marker}{indent(body, '   ').removeprefix(' ' * len(marker))}\n..\n\n"
        expected += [("item", depth, item), *below, *([("text", depth, after)] if inner else [])]
    return text, expected


@settings(deadline=None)  # the first call may be slow
@given(branches)
def test_nesting_loses_no_text(branch: Branch) -> None:
    """However deep, every word is there once, in order and at its depth."""
    text, expected = lists(branch, (f"word{number}" for number in count()), 1)
    parts = [(kind, level, content) for kind, level, _, content in structure(f"x\n\n{text}")]
    assert parts == [("text", 0, "x"), *expected]


def test_notes_that_say_something_keep_their_marks(tmp_path: Path) -> None:
    """Numbered, counted or with a symbol; notes that name sources and citations have none."""
    text = """\
The ferry carries cars at any hour. [1]_ It takes *dogs* [#]_ as well, [*]_ says a guide. [2]_ [Lee]_

.. [1] On Sundays it carries no cars.
.. [#] They pay as much as
   their owner.
.. [*] But no more than two dogs.
.. [2] Lee, A. (2001), p. 3.
.. [Lee] Ferries of the lake.
"""
    blocks = [(kind, text) for kind, *_, text in structure_of(read_content(tmp_path, "a.rst", text.encode()))]
    assert blocks[:4] == [
        ("prose", "The ferry carries cars at any hour.¹ It takes dogs² as well,³ says a guide."),
        ("prose", "¹ On Sundays it carries no cars."),
        ("prose", "² They pay as much as their owner."),
        ("prose", "³ But no more than two dogs."),
    ]
    assert [kind for kind, _ in blocks[4:]] == ["aside", "aside"]
