"""Pages of reports and follow-ups in a real browser: WCAG 2.2 A and AA, reflow, without a script."""

import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults, open_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "province": "missions/urn:ngsi-ld:Mission:public:brabant-2025/report",
    "city": "missions/urn:ngsi-ld:Mission:eindhoven:eindhoven-daegu-first/report",
    "follow-ups": "follow-ups",
    "late": "follow-ups?state=late",
}


@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_reports_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    root = f"{city_url}/{lang}/collective/"
    assert faults(browser, axe, root, PAGES.values(), width=width, scheme=scheme) == {}


def test_follow_up_should_be_found_and_its_report_read_without_script(
    browser: Browser, city_url: str
) -> None:
    url = f"{city_url}/en/collective/follow-ups"
    page, _ = open_page(browser, url, width=1280, scheme="light", script=False)
    page.select_option("#state", "late")
    page.locator("form.filters button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**state=late**")
    assert page.locator(".badge", has_text="Late").count() >= 1
    page.locator(".facts a", has_text="Report").first.click()
    page.wait_for_url("**/report")
    assert page.locator("h2", has_text="Follow-up").count() == 1
    page.context.close()
