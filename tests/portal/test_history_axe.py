"""Histories, live values and notifications in a real browser: WCAG 2.2 A and AA, zooming, pausing."""

import re

import httpx
import pytest

from hanze.web.portal.site import STATIC
from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser, Page, expect
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import ENTITY, open_page, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "week": f"history/{ENTITY}?range=week&attribute=intensity&attribute=averageVehicleSpeed",
    "means": f"history/{ENTITY}?range=week&attribute=intensity&by=day&tz=Asia/Seoul",
    "words": f"history/{ENTITY}?range=week&attribute=congested&attribute=location"
    "&attribute=inDistrict",
    "nothing": f"history/{ENTITY}?attribute=intensity&from=2001-01-01T00:00&to=2001-01-02T00:00",
    "notifications": "notifications",
}
UPLOT = STATIC / "vendor" / "uplot.js"
CHART = f"en/history/{ENTITY}?range=week&attribute=intensity"


@pytest.fixture(scope="module")
def remembering(city_url: str) -> str:
    """The demo, once the first of its sites have their past."""
    for _ in range(100):
        answer = httpx.get(f"{city_url}/{CHART}", timeout=20)
        if answer.text.count('<svg class="plot"') and "There are no values" not in answer.text:
            return city_url
    return city_url


def drawn(page: Page) -> None:
    """Wait until the charts can be zoomed, where uPlot was built."""
    if page.locator("[data-chart]").count() and UPLOT.is_file():
        page.wait_for_selector(".uplot canvas")


@pytest.mark.parametrize(
    ("lang", "scheme", "width", "script"),
    [
        ("nl", "dark", 320, True),
        ("ko", "light", 1280, True),
        ("en", "light", 320, False),
    ],
)
def test_pages_of_histories_should_have_no_violations(
    browser: Browser, axe: str, remembering: str, lang: str, scheme: str, width: int, script: bool
) -> None:
    found = {}
    for name, path in PAGES.items():
        url = f"{remembering}/{lang}/{path}"
        page, elsewhere = open_page(browser, url, width=width, scheme=scheme, script=script)
        if script:
            drawn(page)
        else:
            html = page.content()
            page.context.close()
            page, elsewhere = open_page(
                browser, f"{remembering}/{lang}/about", width=width, scheme=scheme
            )
            page.set_content(html.replace('src="/static/portal.js"', 'src="/static/icon.svg"'))
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


def test_zooming_should_change_the_address_and_the_page_with_it(
    browser: Browser, remembering: str
) -> None:
    page, elsewhere = open_page(browser, f"{remembering}/{CHART}", width=1280, scheme="light")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    if not UPLOT.is_file():
        missing("uPlot was not built; `python hatch_build.py` in the checkout builds it")
    page.wait_for_selector(".uplot canvas")
    page.evaluate("window.same = true")
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("from=.*to="))
    page.wait_for_selector(".uplot canvas")
    assert page.evaluate("window.same") is True
    assert page.locator(".ranges a[aria-current]").count() == 0
    page.go_back()
    page.wait_for_url(re.compile("range=week"))
    expect(page.locator(".ranges a[aria-current]")).to_have_text("Last 7 days")
    assert elsewhere == []
    assert [text for text in said if "Content Security Policy" in text] == []
    page.context.close()


def test_live_values_should_come_in_place_and_stop_when_paused(
    browser: Browser, empty_url: str
) -> None:
    sensor = "urn:x:live:1"
    api = f"{empty_url}/ngsi-ld/v1/entities"
    value = {"type": "Property", "value": 11, "observedAt": "2026-01-01T00:00:00Z"}
    body = {"id": sensor, "type": "WeatherObserved", "temperature": value}
    assert httpx.post(api, json=body).status_code == 201
    page, _ = open_page(browser, f"{empty_url}/en/entity/{sensor}", width=1280, scheme="light")
    page.evaluate("window.same = true")
    state = page.locator("[data-live-switch] .state")
    expect(state).to_have_text("Live")
    change = {"temperature": {**value, "value": 12}}
    assert httpx.patch(f"{api}/{sensor}/attrs", json=change).status_code == 204
    tile = page.locator("[data-part=tile-0] .value")
    expect(tile).to_have_text("12")
    assert page.locator("[data-part=tile-0].changed").count() == 1
    # Readers of screens are not told of every value.
    assert page.locator("[data-live-entity] [aria-live]").count() == 0
    page.click("[data-live-switch] button")
    expect(state).to_have_text("Paused")
    change = {"temperature": {**value, "value": 13}}
    assert httpx.patch(f"{api}/{sensor}/attrs", json=change).status_code == 204
    page.click("[data-live-switch] button")
    expect(state).to_have_text("Live")
    expect(tile).to_have_text("12")
    assert page.evaluate("window.same") is True
    page.context.close()
