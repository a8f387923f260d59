"""Pages about security in a real browser: WCAG 2.2 A and AA, and reflow."""

from collections.abc import Iterator

import httpx
import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations

pytestmark = pytest.mark.browser

BREACH = {
    "title": "A laptop with the register of bins was lost",
    "description": "It was left in a train.\n\nIts disk was not encrypted.",
    "personal": True,
}


@pytest.fixture(scope="module")
def security_url(empty_url: str) -> Iterator[tuple[str, str]]:
    """A node in a process of its own with a breach that goes on, and an emergency."""
    with httpx.Client(base_url=f"{empty_url}/api/v1/governance", timeout=60) as client:

        def done(method: str, path: str, body: object = None) -> httpx.Response:
            answer = client.request(method, path, json=body)
            assert answer.is_success, answer.text
            return answer

        made: str = done("POST", "/incidents", BREACH).json()["id"]
        done("POST", f"/incidents/{made}/notes", {"text": "The train was searched."})
        risk = {"risk": "high", "people": 1200, "why": "Addresses of people"}
        done("POST", f"/incidents/{made}/risk", risk)
        text = {
            "en": "A laptop was lost.",
            "nl": "Een laptop is kwijt.",
            "ko": "노트북을 잃어버렸습니다.",
        }
        done("POST", f"/incidents/{made}/telling", {"text": text, "how": "A letter"})
        done("POST", "/incidents", {"title": "Power cut", "description": "Tried", "drill": True})
        for path, level in (("credential/client:care", "vital"), ("service/history", "normal")):
            done("PUT", f"/criticality/{path}", {"level": level})
        for _ in range(2):
            done("POST", "/emergency", {"why": "The river is over the quay", "hours": 2})
            done("DELETE", "/emergency")
    yield empty_url, made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "scheme", "width"),
    [("nl", "dark", 320), ("ko", "light", 1280), ("en", "light", 320)],
)
def test_pages_of_security_should_have_no_violations(
    browser: Browser,
    axe: str,
    security_url: tuple[str, str],
    lang: str,
    scheme: str,
    width: int,
) -> None:
    url, incident = security_url
    pages = ("", "/emergency", "/criticality", "/incidents", f"/incidents/{incident}")
    found = {}
    for path in pages:
        page, elsewhere = open_page(
            browser, f"{url}/{lang}/security{path}", width=width, scheme=scheme
        )
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} wide")
        if path.endswith(incident):
            with page.expect_navigation():
                page.click("button[value=close]")
            problems += violations(page, axe)
            if page.evaluate("document.activeElement.getAttribute('role')") != "alert":
                problems.append("does not begin with what is wrong")
        if problems:
            found[path] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
def test_emergency_should_be_declared_without_script(
    browser: Browser, axe: str, security_url: tuple[str, str]
) -> None:
    url, _ = security_url
    address = f"{url}/en/security/emergency"
    page, _ = open_page(browser, address, width=800, scheme="light", script=False)
    page.fill("textarea[name=why]", "A fire in the data centre")
    with page.expect_navigation():
        page.click("button[value=declare]")
    try:
        other, _ = open_page(browser, f"{url}/en/data", width=320, scheme="light")
        assert violations(other, axe) == []
        assert other.inner_text("h1") == "There is an emergency"
        other.context.close()
    finally:
        with page.expect_navigation():
            page.click("button[value=end]")
    page.context.close()
