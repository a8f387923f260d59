"""Pages of relations, leads, mentors and figures in a real browser: WCAG 2.2 A and AA, and reflow."""

import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults

pytestmark = pytest.mark.browser

#: Two partners of the demo: one whose accord came first, one whose visits did.
PAGES = {
    "relations": "relations",
    "province": "relations/urn:ngsi-ld:Region:KR:31",
    "city": "relations/urn:ngsi-ld:Municipality:KR:22",
    "leads": "leads",
    "mentors": "mentors",
    "years": "indicators",
    "countries": "indicators?by=country&measure=projects",
}


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_relations_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    root = f"{city_url}/{lang}/collective/"
    assert faults(browser, axe, root, PAGES.values(), width=width, scheme=scheme) == {}
