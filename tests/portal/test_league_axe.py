"""Pages of the league in a real browser: WCAG 2.2 A and AA, reflow, and search without script."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations
from tests.portal.league_world import CONTEXT, ROOT, lights
from tests.running import start_node

pytestmark = pytest.mark.browser

PLACES = {"Zwolle": (6.09, 52.51), "Deventer": (6.16, 52.25)}
PAGES = {
    "league": "league",
    "list": "data?where=league",
    "found": "data/Streetlight?where=league&text=lantern",
    "home": "",
}


def _found(client: httpx.Client, name: str) -> None:
    body = {"name": name, "city": name, "place": PLACES[name]}
    assert client.post(ROOT, json=body).status_code == 200
    some = lights(name, PLACES[name], 3)
    answer = client.post("/ngsi-ld/v1/entityOperations/create", json=some, headers=CONTEXT)
    assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def league_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node that trusts another one; a third waits to be confirmed."""
    nodes = []
    for name in ("here", "there", "waiting"):
        folder = tmp_path_factory.mktemp(name)
        nodes.append(start_node(["serve", "--dev", "--data", str(folder), "--port", "0"]))
    here, there, third = (httpx.Client(base_url=one.url, timeout=60) for one in nodes)
    with here, there, third:
        for client, name in ((here, "Zwolle"), (there, "Deventer")):
            _found(client, name)
        assert third.post(ROOT, json={"name": "Breda", "city": "Breda"}).status_code == 200
        for other in (there, third):
            token = here.post(ROOT + "/invitations").json()["token"]
            assert other.post(ROOT + "/join", json={"token": token}).status_code == 200
        assert here.post(ROOT + "/confirm", json={"member": "Deventer"}).status_code == 200
        for _ in range(100):
            if "Deventer" in here.get("/en/data/Streetlight?where=league").text:
                break
            time.sleep(0.2)
        yield nodes[0].url
    for one in nodes:
        one.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "scheme", "width"),
    [("nl", "dark", 320), ("ko", "light", 1280), ("en", "light", 320), ("nl", "dark", 1280)],
)
def test_pages_of_the_league_should_have_no_violations(
    browser: Browser, axe: str, league_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in PAGES.items():
        page, elsewhere = open_page(
            browser, f"{league_url}/{lang}/{path}", width=width, scheme=scheme
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


@pytest.mark.slow
def test_league_should_be_searched_with_the_keyboard_and_without_script(
    browser: Browser, league_url: str
) -> None:
    url = f"{league_url}/en/data/Streetlight"
    page, _ = open_page(browser, url, width=1280, scheme="light", script=False)
    assert "3 results" in page.inner_text("#found")
    page.select_option("#whose", "league")
    page.locator("form.filters button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**where=league**")
    assert "6 results" in page.inner_text("#found")
    assert page.locator(".row .city", has_text="Deventer").count() == 3
    page.context.close()
