"""Pages of stewards in a real browser: WCAG 2.2 A and AA, and reflow."""

import pytest

from hanze.connectors.simulation.governed import AGREEMENT, CARE
from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations

pytestmark = pytest.mark.browser

PAGES = {
    "list": "datasets",
    "dataset": f"datasets/{CARE}",
    "desk": "steward",
    "offer": f"agreements/new?dataset={CARE}",
    "agreement": f"agreements/{AGREEMENT}",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "scheme", "width"),
    [("nl", "dark", 320), ("ko", "light", 1280)],
)
def test_pages_of_stewards_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in PAGES.items():
        page, elsewhere = open_page(
            browser, f"{city_url}/{lang}/{path}", width=width, scheme=scheme
        )
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}
