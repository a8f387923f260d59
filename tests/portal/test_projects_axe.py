"""Pages of projects, assessments and hard cases in a real browser: WCAG 2.2 A and AA, and reflow."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.assessing import PROJECT, dpia_answers, prescan_answers
from tests.portal.browsing import open_page, violations

pytestmark = pytest.mark.browser

CASE = "urn:ngsi-ld:HardCase:delft:light"
DPIA = "urn:ngsi-ld:Assessment:delft:crowds-dpia-1"
PRESCAN = "urn:ngsi-ld:Assessment:delft:crowds-prescan-1"
PAGES = {
    "list": "projects",
    "project": f"projects/{PROJECT}",
    "assessment": f"assessments/{DPIA}",
    "terms": f"assessments/{DPIA}/2",
    "risks": f"assessments/{DPIA}/16",
    "measures": f"assessments/{DPIA}/17",
    "prescan": f"assessments/{PRESCAN}/3",
    "cases": "cases",
    "case": f"cases/{CASE}",
}


@pytest.fixture(scope="module")
def project_url(empty_url: str) -> Iterator[str]:
    """A node in a process of its own with a project that is being assessed."""
    ahead = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    with httpx.Client(base_url=f"{empty_url}/api/v1/governance", timeout=60) as client:

        def done(method: str, path: str, body: object) -> None:
            answer = client.request(method, path, json=body)
            assert answer.is_success, answer.text

        title = {"en": "Crowds in the square", "nl": "Drukte op het plein", "ko": "광장의 인파"}
        done("PUT", f"/projects/{PROJECT}", {"title": title})
        case = {"id": CASE, "kind": "nudging", "title": title, "question": title}
        done("POST", "/cases", {**case, "openUntil": ahead, "project": PROJECT})
        for stance in ("for", "against", ""):
            said = {"text": "It depends.", "stance": stance, "name": "Kim" if stance else ""}
            done("POST", f"/cases/{CASE}/arguments", said)
        for kind, answers in (
            ("prescan", prescan_answers(n3_1=("iot",))),
            ("dpia", dpia_answers()),
        ):
            done("POST", "/assessments", {"project": PROJECT, "kind": kind})
            name = PRESCAN if kind == "prescan" else DPIA
            done("PATCH", f"/assessments/{name}", {"answers": answers})
        advice = {"officer": "The DPO", "text": "Go on."}
        done("POST", f"/assessments/{DPIA}/advice", advice)
        done("PATCH", f"/assessments/{DPIA}", {"answers": {"14.1": []}})
    yield empty_url


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_projects_should_have_no_violations(
    browser: Browser, axe: str, project_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in PAGES.items():
        page, elsewhere = open_page(
            browser, f"{project_url}/{lang}/{path}", width=width, scheme=scheme
        )
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe) + [f"asks {one}" for one in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} wide")
        if name == "assessment":
            with page.expect_navigation():
                page.click("button[value=approve]")
            problems += violations(page, axe)
            if page.evaluate("document.activeElement.getAttribute('role')") != "alert":
                problems.append("does not begin with what is wrong")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
def test_section_should_be_saved_without_script(browser: Browser, project_url: str) -> None:
    address = f"{project_url}/en/assessments/{DPIA}/14"
    page, _ = open_page(browser, address, width=800, scheme="light", script=False)
    page.fill("textarea[name='14.1']", "There is no other way.")
    with page.expect_navigation():
        page.click("button[value=next]")
    assert page.url.endswith("/15?did=saved")
    page.goto(address)
    assert page.input_value("textarea[name='14.1']") == "There is no other way."
    page.context.close()
