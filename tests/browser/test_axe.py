"""The judge of accessibility sees what is wrong, also on a page that lets no script in."""

from playwright.sync_api import Page, Route

from tests.browser.axe import axe

GOOD = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'
FAULTS = {
    "label": '<input type="email">',
    "color-contrast": '<p style="color: #999; background: #fff">grey on white</p>',
    "target-size": "<button style='width: 9px; height: 9px; padding: 0'>x</button>" * 2,
    "heading-order": "<h4>too deep</h4>",
}


def shown(page: Page, html: str) -> Page:
    """Open *html* as if a site had sent it, with a policy that allows no script."""

    def answer(route: Route) -> None:
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy})

    page.route("http://site.example/", answer)
    page.goto("http://site.example/")
    return page


def test_a_good_page_is_good(page: Page):
    assert axe(shown(page, GOOD.format("<p>Fine.</p>"))) == []


def test_every_planted_fault_is_seen(page: Page):
    broken = axe(shown(page, GOOD.format("".join(FAULTS.values()))))

    assert {line.partition(":")[0] for line in broken} == set(FAULTS), broken
