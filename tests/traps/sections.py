"""Traps of headings and code: a section that says what its sentences are not, a command without its warning."""

from tests.traps.lengthening import ABOVE, BELOW
from tests.traps.rendering import Code, bullets
from tests.traps.trap import Ask, Trap, make_traps, render_traps

INTRO = "Norvil is a small program that copies the readings of tide gauges to a file."

INSURANCE = (
    "# The boat insurance of the Lune guild",
    "The guild insures boats of up to nine metres against damage.",
    "## Covered",
    "Damage by storms at the mooring. Damage by fire and lightning.",
    "## Not covered",
    "Damage by ice in the winter harbour. Theft of oars and anchors.",
    "## Reports",
    "Damage is reported to the guild within a week.",
)
INSURANCE_ITEMS = (
    "# The sail loft",
    "The loft mends sails of all sizes and sells thread.",
    "## What we do",
    bullets("sails of up to 60 square metres", "sprayhoods"),
    "## What we do not do",
    bullets("tents and awnings", "leather cushions"),
)
VERSIONS = (
    "# Norvil",
    INTRO,
    "## Since version 3",
    "Readings are kept for ninety days. The port is set with --port.",
    "## Before version 3",
    "Readings were written to the folder spool. The password was set with NORVIL_PASS.",
)
DEPRECATED = (
    "# Options of Norvil",
    INTRO,
    "## Options",
    "The option --every sets the seconds between two readings.",
    "## Deprecated",
    "The option --gentle slows the copying down at night.",
)
BY_HAND = (
    "# Copying by hand",
    INTRO,
    "## Example of a wrong configuration",
    "The gauge is named with its harbour.",
    Code("ini", "gauge = harbour/7\nevery = 0"),
    "## Example of a right configuration",
    "The gauge is named with its number alone.",
    Code("ini", "gauge = 7\nevery = 60"),
)
GOOD_BAD = (
    "# Dates in Norvil",
    INTRO,
    "Dates are compared as texts, so the year comes first.",
    "Wrong:",
    Code("python", 'norvil.find(date="03.11.2024")'),
    "Right:",
    Code("python", 'norvil.find(date="2024-11-03")'),
)
WARNING = (
    "# Resetting Norvil",
    INTRO,
    "**Warning:** This deletes all readings of the gauge and cannot be undone.",
    "Reset the program with this command:",
    Code("bash", "norvil reset --all"),
    "The program then starts with an empty file.",
)
LEAD_IN = (
    "# Running Norvil",
    INTRO,
    "## On a server",
    "Start it in the background with:",
    Code("bash", "norvil serve --port 7070 &"),
    "## On a desk",
    "Start it in the foreground, for tests only, with:",
    Code("bash", "norvil run --once"),
)
ADMONITION_RST = f"""Resetting Norvil
================

{INTRO}

.. warning:: This deletes all readings of the gauge and cannot be undone.

Reset the program with this command:

.. code-block:: bash

   norvil reset --all
"""
ADMONITION_MD = f"""# Resetting Norvil

{INTRO}

> [!WARNING]
> This deletes all readings of the gauge and cannot be undone.

Reset the program with this command:

```bash
norvil reset --all
```
"""
ADMONITION_MKDOCS = f"""# Resetting Norvil

{INTRO}

!!! warning

    This deletes all readings of the gauge and cannot be undone.

Reset the program with this command:

```bash
norvil reset --all
```
"""
ADMONITION_HTML = f"""<html><head><title>Resetting Norvil</title></head><body><main><h1>Resetting Norvil</h1>
<p>{ABOVE}</p><p>{INTRO}</p><div class="admonition warning"><p class="admonition-title">Warning</p>
<p>This deletes all readings of the gauge and cannot be undone.</p></div><p>Reset the program with this command:</p>
<pre><code>norvil reset --all</code></pre><p>{BELOW}</p></main></body></html>"""
TERMS_HTML = f"""<html><head><title>Norvil</title></head><body><main><h1>Norvil</h1><p>{INTRO}</p>
<p>Options that no longer work:</p><dl><dt>--gentle</dt><dd>Slows the copying down at night.</dd>
<dt>--twice</dt><dd>Copies each reading a second time.</dd></dl></main></body></html>"""
TERMS_RST = f"""Norvil
======

{INTRO}

Options that no longer work:

gentle
   Slows the copying down at night.

twice
   Copies each reading a second time.
"""
RESET = Ask("reset", "How do I reset Norvil?", ("this deletes all readings", "norvil reset --all"))
GENTLE = Ask("term", "What does gentle do to the copying at night?", ("no longer work", "slows the copying down"))

TRAPS: list[Trap] = [
    *render_traps(
        "heading",
        "boat-insurance",
        "md txt rst html epub docx pdf",
        INSURANCE,
        Ask("not", "Does the insurance pay for damage by ice?", ("not covered", "damage by ice")),
    ),
    *render_traps(
        "heading",
        "sail-loft",
        "md rst html docx",
        INSURANCE_ITEMS,
        Ask("items", "Do you mend leather cushions?", ("what we do not do", "leather cushions")),
    ),
    *render_traps(
        "heading",
        "norvil-versions",
        "md txt html docx",
        VERSIONS,
        Ask("before", "How is the password set?", ("before version 3", "norvil_pass")),
    ),
    *render_traps(
        "heading",
        "norvil-options",
        "md rst html epub",
        DEPRECATED,
        Ask("deprecated", "How can I slow the copying down at night?", ("deprecated", "--gentle")),
    ),
    *render_traps(
        "heading",
        "norvil-config",
        "md rst html docx",
        BY_HAND,
        Ask("wrong", "Is the gauge named with its harbour?", ("example of a wrong configuration", "with its harbour")),
    ),
    *render_traps(
        "code",
        "norvil-dates",
        "md rst html docx txt",
        GOOD_BAD,
        Ask("right", "What is the right date for norvil.find?", ('right norvil.find(date="2024-11-03")',)),
        Ask("wrong", 'Can I write date="03.11.2024" in norvil.find?', ('wrong norvil.find(date="03.11.2024")',)),
    ),
    *render_traps("code", "norvil-reset", "md txt rst html docx epub", WARNING, RESET),
    *render_traps(
        "code",
        "norvil-running",
        "md rst html docx",
        LEAD_IN,
        Ask("server", "How do I start Norvil on a server?", ("in the background with", "norvil serve --port 7070 &")),
        Ask("once", "What does norvil run --once do?", ("for tests only", "norvil run --once")),
    ),
    *make_traps("code", "norvil-admonition.rst", ADMONITION_RST, RESET),
    *make_traps("code", "norvil-admonition.md", ADMONITION_MD, RESET),
    *make_traps("code", "norvil-mkdocs.md", ADMONITION_MKDOCS, RESET),
    *make_traps(
        "code", "norvil-admonition-long.md", ADMONITION_MD.replace(INTRO, f"{INTRO}\n\n{ABOVE}\n\n{BELOW}"), RESET
    ),
    *make_traps(
        "code", "norvil-mkdocs-long.md", ADMONITION_MKDOCS.replace(INTRO, f"{INTRO}\n\n{ABOVE}\n\n{BELOW}"), RESET
    ),
    *make_traps("code", "norvil-admonition-long.html", ADMONITION_HTML, RESET),
    *make_traps("definition list", "norvil-terms.html", TERMS_HTML, GENTLE),
    *make_traps("definition list", "norvil-terms.rst", TERMS_RST, GENTLE),
]
