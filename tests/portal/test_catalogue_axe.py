"""The page of the catalogue in a real browser: WCAG 2.2 A and AA, and reflow."""

import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations

pytestmark = pytest.mark.browser


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_page_of_the_catalogue_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    page, elsewhere = open_page(browser, f"{city_url}/{lang}/catalogue", width=width, scheme=scheme)
    assert violations(page, axe) == []
    assert elsewhere == []
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(overflow)
    page.close()
