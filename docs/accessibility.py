"""Check every page of `footnote serve` with axe-core: `python -m docs.accessibility [axe.min.js]`.

Prints a line for each view, on a phone and on a desktop, in light and in dark: how many rules it passes, how many could
not be decided by a program, and each violation with the elements that it is about. Exits with 1 if there is any.

axe-core (MPL-2.0) is a tool of development and part of nothing that is published. The extra `dev` has a package that
carries it; a newer one can be named: `npm pack axe-core`, unpacked, has `package/axe.min.js`.
"""

import asyncio
import importlib.util
import sys
from pathlib import Path
from typing import Any, NamedTuple

from docs.browser import Page, find_browser, open_page
from docs.pictures import DESKTOP, PHONE, VIEWS, serving

PACKAGES = ("axe_core_python", "axe_playwright_python")  # each carries axe.min.js
MISSING = f"none of the packages {', '.join(PACKAGES)} is installed, which carry axe-core"
RUN = """axe.run().then((found) => ({
  version: axe.version,
  passed: found.passes.length,
  undecided: found.incomplete.map((one) => one.id),
  violations: found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]),
}))"""


class Findings(NamedTuple):
    """What axe-core says about a view: rules that are passed, cannot be decided and are violated, with the elements."""

    version: str
    passed: int
    undecided: list[str]
    violations: list[tuple[str, list[str]]]


def main(arguments: list[str]) -> int:
    """Check every view and print the findings; return an exit code."""
    axe, browser = Path(arguments[0]) if arguments else find_axe(), find_browser()
    if axe is None or browser is None:
        missing = "install Chromium: it is not on PATH" if browser is None else f"{MISSING}; install the extra dev"
        print(f"docs.accessibility: {missing}", file=sys.stderr)
        return 2
    return asyncio.run(check_views(browser, axe.read_text("utf-8")))


def find_axe() -> Path | None:
    """Return the file of axe-core in one of the packages that carry it, None if none is installed."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            return Path(spec.origin).with_name("axe.min.js")
    return None


async def check_views(browser: str, axe: str) -> int:
    """Check each view in each size and scheme, and print the findings; return 1 if there are violations."""
    views = violations = 0
    findings = None
    with serving() as address:
        for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                async with open_page(browser) as tab:
                    await tab.emulate(*size, dark=scheme == "dark")
                    for name, show in VIEWS.items():
                        await show(tab, address)
                        findings = await check(tab, axe)
                        print(describe(f"{name}, {size_name}, {scheme}", findings), flush=True)
                        views, violations = views + 1, violations + len(findings.violations)
    print(f"axe-core {findings.version if findings else '?'}: {violations} violations in {views} views")
    return 1 if violations else 0


async def check(tab: Page, axe: str) -> Findings:
    """Check the page as it is shown now, with everything unfolded."""
    await tab.run("document.querySelectorAll('main details').forEach((details) => { details.open = true; })")
    if not await tab.run("typeof axe === 'object'"):
        await tab.run(f"{axe}; 0")
    result: dict[str, Any] = await tab.run(RUN)
    return Findings(**result)


def describe(view: str, findings: Findings) -> str:
    """Describe the findings of a view on a line, with one more for each violation."""
    undecided = f", undecided: {', '.join(findings.undecided)}" if findings.undecided else ""
    line = f"{view}: {len(findings.violations)} violations, {findings.passed} rules passed{undecided}"
    return "\n".join([line, *(f"  {rule}: {'; '.join(nodes)}" for rule, nodes in findings.violations)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
