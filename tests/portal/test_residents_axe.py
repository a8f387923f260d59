"""Pages of residents and registers in a real browser: WCAG 2.2 A and AA, and reflow."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hanze.governance.consenting import NewConsent
from hanze.governance.records.algorithm import Algorithm
from hanze.governance.records.rights import RightKind
from hanze.governance.requesting import NewRequest
from hanze.identity.caller import Caller
from tests.portal.conftest import missing
from tests.residents_world import ALICE, CARE, CITY, RESEARCH, UNIVERSITY, city_of_residents

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Path → who looks.
PAGES = {
    "my-data": "alice",
    "my-data?nobody": "",
    "requests": "steward",
    "REQUEST": "steward",
    "sensors": "",
    "sensors/urn:ngsi-ld:CrowdCounter:1": "",
    "sensors/urn:ngsi-ld:AirSensor:1": "",
    "algorithms": "",
    "algorithms/urn:ngsi-ld:Algorithm:hanze:bicycles": "",
}

ALGORITHM = Algorithm(
    id="urn:ngsi-ld:Algorithm:hanze:bicycles",
    name={"en": "Bicycle parking", "nl": "Fietsenstalling", "ko": "자전거 주차장"},
    description={"en": "Foresees how full it will be", "nl": "Voorziet hoe vol het wordt"},
    organization=CITY,
    goal={"en": "Fewer bicycles in the way"},
    human_intervention={"en": "A warden decides"},
    contact="algorithms@hanze.example",
    begin_date="2026-01-01",
)


async def _make(folder: Path) -> tuple[dict[str, str], str]:
    async with city_of_residents(folder) as (node, tokens):
        now, residents = node.clock(), node.residents
        alice = Caller("alice", roles=frozenset({"resident"}), subject=ALICE)
        steward = Caller("steward", roles=frozenset({"steward"}))
        consent = NewConsent(
            dataset=CARE, purposes=(RESEARCH,), recipients=(UNIVERSITY,), notice="A letter"
        )
        await residents.consents.give(alice, consent, now=now)
        await residents.algorithms.set(steward, ALGORITHM, now=now)
        wish = NewRequest(kind=RightKind.RECTIFICATION, text="It was 40 minutes", language="en")
        request = await residents.requests.file(alice, wish, now=now)
        return tokens, request.id


@pytest.fixture(scope="module")
def residents_city(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, dict[str, str], str]]:
    """The address of a node where nobody is a developer, tokens, and the id of a request."""
    folder = tmp_path_factory.mktemp("residents")
    # While the browser is open its loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        tokens, request = thread.submit(asyncio.run, _make(folder)).result()
    node = start_node(["serve", "--data", str(folder), "--port", "0"])
    yield node.url, tokens, request
    node.stop()


@pytest.mark.parametrize(
    ("lang", "scheme", "width"),
    [("nl", "dark", 320), ("ko", "light", 1280), ("en", "light", 320), ("nl", "dark", 1280)],
)
def test_pages_of_residents_should_have_no_violations(
    browser: Browser,
    axe: str,
    residents_city: tuple[str, dict[str, str], str],
    lang: str,
    scheme: str,
    width: int,
) -> None:
    url, tokens, request = residents_city
    found = {}
    for name, who in PAGES.items():
        path = name.replace("REQUEST", f"requests/{request}")
        page, elsewhere = open_page(
            browser,
            f"{url}/{lang}/{path}",
            width=width,
            scheme=scheme,
            token=tokens.get(who, ""),
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
