"""
A judge of accessibility, axe-core, for a page that is open.

Leaves to others: which pages, how wide, how dark.
"""

from functools import cache

from playwright.sync_api import Page

from tests.servers.node import PACKAGES

STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_JUDGE = """
async (standards) => {
  const options = { runOnly: { type: "tag", values: standards }, resultTypes: ["violations"] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
}
"""


def axe(page: Page) -> list[str]:
    """
    List what keeps somebody from using *page*: one rule broken by one element each, and how to mend it.

    The page keeps its own Content-Security-Policy, so that it is judged with the styles it really gets: evaluate()
    speaks to the page as a debugger does, whom no policy stops, while a script element would be refused. The browser
    has to run JavaScript, though: without it no answer ever comes.
    """
    page.evaluate(_source())
    broken: list[str] = page.evaluate(_JUDGE, STANDARDS)
    return broken


@cache
def _source() -> str:
    return (PACKAGES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
