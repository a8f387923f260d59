"""What tests in a real browser share: a page that asks nobody else, and what axe finds in it."""

import json
from collections.abc import Iterable

from playwright.sync_api import Browser, Page, Route

#: A site of the demo with a history.
ENTITY = "urn:ngsi-ld:TrafficFlowObserved:aldermonde:radial-001"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def open_page(
    browser: Browser, url: str, *, width: int, scheme: str, script: bool = True, token: str = ""
) -> tuple[Page, list[str]]:
    """Open a page that may ask nothing but its own node; the list collects what it asked.

    Args:
        token: Of who looks; "": nobody known.
    """
    context = browser.new_context(
        extra_http_headers={"Authorization": f"Bearer {token}"} if token else {},
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
        bypass_csp=False,
    )
    page = context.new_page()
    elsewhere: list[str] = []
    origin = "/".join(url.split("/")[:3])

    def decide(route: Route) -> None:
        if route.request.url.startswith((origin, "data:", "blob:")):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    page.route("**/*", decide)
    page.goto(url)
    return page, elsewhere


def violations(page: Page, axe: str) -> list[str]:
    """Run axe; in the browser's own world, so that the content security policy stays as it is."""
    page.evaluate(axe)
    options = json.dumps({"runOnly": {"type": "tag", "values": TAGS}})
    found = page.evaluate(f"axe.run(document, {options}).then(result => result.violations)")
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in found
        for node in item["nodes"]
    ]


def faults(
    browser: Browser, axe: str, root: str, paths: Iterable[str], *, width: int, scheme: str
) -> dict[str, list[str]]:
    """Look at pages with everything folded out; nothing for those that are as they should be.

    Args:
        axe: The script.
        root: What stands before each path.
        paths: Of the pages.
        width: In CSS pixels; a page must not be wider.
        scheme: "light" or "dark".

    Returns:
        By path: what axe finds, which other hosts it asks, and how wide it is where that is too wide.
    """
    found = {}
    for path in paths:
        page, elsewhere = open_page(browser, root + path, width=width, scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[path] = problems
        page.context.close()
    return found
