"""Pages of insight in a real browser: WCAG 2.2 A and AA, reflow, and buttons without script."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations
from tests.portal.insight_world import CONTEXT, CROWD, NOISE, WATCH, histories, proposal, told

pytestmark = pytest.mark.browser

PAGES = {
    "list": "insight",
    "watch": "insight/watches/street?days=7&page=2",
    "usual": f"insight/usual?id={NOISE}&attribute=LAeq&days=3",
    "people": f"insight/usual?id={CROWD}&attribute=peopleCount",
    "add": f"insight/add?id={NOISE}&attribute=LAeq",
}


@pytest.fixture(scope="module")
def street_url(empty_url: str) -> Iterator[str]:
    """A node in a process of its own with the street; what is made here goes again."""
    now = datetime.now(UTC)
    entities = [told(now), *(proposal(now, number) for number in (1, 2))]
    with httpx.Client(base_url=empty_url, timeout=60) as client:
        for past in histories(now):
            entity = {name: one[-1] if isinstance(one, list) else one for name, one in past.items()}
            answer = client.post("/ngsi-ld/v1/temporal/entities", json=past, headers=CONTEXT)
            assert answer.status_code == 201, answer.text
            entities.append(entity)
        for one in entities:
            answer = client.post("/ngsi-ld/v1/entities", json=one, headers=CONTEXT)
            assert answer.status_code == 201, answer.text
        assert client.post("/api/v1/insight/watches", json=WATCH).status_code == 201
        yield empty_url
        client.delete("/api/v1/insight/watches/street")
        for one in entities:
            client.delete(f"/ngsi-ld/v1/entities/{one['id']}")


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_insight_should_have_no_violations(
    browser: Browser, axe: str, street_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in PAGES.items():
        page, elsewhere = open_page(
            browser, f"{street_url}/{lang}/{path}", width=width, scheme=scheme
        )
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        if name == "add":
            with page.expect_navigation():
                page.click("form.enter .act button")
            problems += violations(page, axe)
            if page.evaluate("document.activeElement.getAttribute('role')") != "alert":
                problems.append("does not begin with what is wrong")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
def test_light_should_be_decided_with_the_keyboard_and_without_script(
    browser: Browser, street_url: str
) -> None:
    url = f"{street_url}/en/insight/watches/street"
    page, _ = open_page(browser, url, width=1280, scheme="light", script=False)
    waiting = page.locator('button[value="decline"]').count()
    page.locator('button[value="decline"]').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**did=declined**")
    assert "Nothing was switched" in page.inner_text("[role=status]")
    assert page.locator('button[value="decline"]').count() == waiting - 1
    page.context.close()
