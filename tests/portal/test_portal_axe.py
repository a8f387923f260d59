"""Accessibility in a real browser: WCAG 2.2 A and AA, reflow, keyboard, and no request elsewhere."""

import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import ENTITY, open_page, violations

pytestmark = pytest.mark.browser

PAGES = {
    "home": "",
    "all": "data",
    "list": "data/AirQualityObserved",
    "filtered": "data/AirQualityObserved?text=a&fresh=day&sort=name&view=13/53.37/6.6&inside=1",
    "mistake": "data/AirQualityObserved?q=no2%3E%3E",
    "nothing": "data/AirQualityObserved?text=qqqq",
    "entity": f"entity/{ENTITY}",
    "district": "entity/urn:ngsi-ld:District:aldermonde:marktkwartier",
    "about": "about",
    "missing": "no-such-page",
    "sources": "sources",
    "connecting": "sources/add?connector=json&how=push",
}
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
COLLECTIVE = {
    "landing": "",
    "overview": "/overview",
    "found": "/overview?q=fiets&type=Project&sort=title",
    "nothing": "/overview?q=qqqqqq",
    "mistake": "/overview?type=Nothing",
    "project": "/record/urn:ngsi-ld:Project:strategy:lomboxnet",
    "city": f"/record/{UTRECHT}",
    "add": "/new",
    "form": "/new/Project",
    "changing": "/edit/urn:ngsi-ld:Project:strategy:lomboxnet",
    "mayors": "/mayor",
    "mayor": f"/mayor?city={UTRECHT}",
    "officer": f"/officer?city={UTRECHT}",
    "resident": "/resident?district=urn:ngsi-ld:District:aldermonde:marktkwartier",
    "partner": "/partner?problem=자전거 주차 공간이 부족합니다",
    "themes": "/themes",
    "theme": "/themes/mobility",
    "budgets": "/budgets",
    "buddies": "/buddies",
    "subsidies": "/subsidies",
    "eligible": "/subsidies?project=urn:ngsi-ld:Project:aldermonde:p-playground",
    "contribute": "/contribute",
    "contributions": "/contributions",
    "contribution": "/contributions/urn:ngsi-ld:Contribution:aldermonde:night-noise?new=yes",
    "answering": "/contributions/desk?record=urn:ngsi-ld:Contribution:aldermonde:night-noise",
    "districts": "/districts",
    "build": "/build",
    "labs": "/labs",
    "pilots": "/pilots",
    "checking": "/pilots/verify",
    "signed": "/pilots/urn:ngsi-ld:PilotRecord:busan:pr-bukjeok/verify",
    "platforms": "/platforms",
    "standards": "/standards",
    "duplicates": "/duplicates",
    "members": "/members",
    "vocabulary": "/vocabulary",
    "words": "/vocabulary?q=fiets",
    "concept": "/vocabulary/bicycle-parking",
    "funnel": "/funnel",
    "stage": "/stage?project=urn:ngsi-ld:Project:utrecht:p-v2g",
    "replicate": "/replicate",
    "where": "/replicate?project=urn:ngsi-ld:Project:strategy:lomboxnet",
    "worksheet": "/replicate?project=urn:ngsi-ld:Project:strategy:lomboxnet"
    "&city=urn:ngsi-ld:Municipality:hanze:aldermonde",
    "replications": "/replications",
    "replication": "/replication/urn:ngsi-ld:Replication:busan:r-lombox-busan",
    "bundles": "/bundles",
    "fitting": "/bundles?demand=urn:ngsi-ld:Demand:groningen:groningen-loneliness",
    "bundle": "/bundle/urn:ngsi-ld:DemandBundle:utrecht:bundle-charging",
    "checklist": "/demand/urn:ngsi-ld:Demand:groningen:groningen-loneliness/checklist",
    "calendar": "/calendar",
    "connections": "/connections",
}
LANGUAGES = ("en", "nl", "ko")


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in PAGES.items():
        page, elsewhere = open_page(
            browser, f"{city_url}/{lang}/{path}", width=width, scheme=scheme
        )
        problems = violations(page, axe)
        problems += [f"asks {url}" for url in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "scheme", "width"), [("en", "light", 1280), ("nl", "dark", 320), ("ko", "light", 320)]
)
def test_collective_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    for name, path in COLLECTIVE.items():
        url = f"{city_url}/{lang}/collective{path}"
        page, elsewhere = open_page(browser, url, width=width, scheme=scheme)
        problems = violations(page, axe) + [f"asks {url}" for url in elsewhere]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "light", 1280), ("ko", "dark", 320)])
def test_forms_should_have_no_violations_when_all_is_unfolded_or_wrong(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str, width: int
) -> None:
    found = {}
    kinds = ("Project", "Demand", "Municipality", "LivingLab", "Platform", "Organization")
    for path in (*(f"/new/{kind}" for kind in kinds), COLLECTIVE["changing"]):
        url = f"{city_url}/{lang}/collective{path}"
        page, _ = open_page(browser, url, width=width, scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        problems = violations(page, axe)
        if path == COLLECTIVE["changing"]:
            # As if somebody else had saved it meanwhile.
            page.evaluate("document.querySelector('[name=seen]').value = 'before'")
            page.fill("[id='business_case.costs']", "?")
        with page.expect_navigation():
            page.click("form.enter .act button")
        problems += violations(page, axe)
        if page.evaluate("document.activeElement.getAttribute('role')") != "alert":
            problems.append("does not begin with what is wrong")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append("is too wide")
        if problems:
            found[path] = problems
        page.context.close()
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_without_script_should_have_no_violations(
    browser: Browser, axe: str, city_url: str, lang: str, scheme: str
) -> None:
    """What a browser without script shows, judged: the page is taken as it stands there."""
    found = {}
    for name, path in PAGES.items():
        still, _ = open_page(
            browser, f"{city_url}/{lang}/{path}", width=320, scheme=scheme, script=False
        )
        html = still.content()
        still.context.close()
        page, _ = open_page(browser, f"{city_url}/static/icon.svg", width=320, scheme=scheme)
        page.goto(f"{city_url}/{lang}/about")
        page.set_content(
            html.replace('<script type="module" src="/static/portal.js"></script>', "")
        )
        problems = violations(page, axe)
        if problems:
            found[name] = problems
        page.context.close()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_empty_node_should_have_no_violations(
    browser: Browser, axe: str, empty_url: str, scheme: str
) -> None:
    for path in ("", "data"):
        page, _ = open_page(browser, f"{empty_url}/nl/{path}", width=320, scheme=scheme)
        assert violations(page, axe) == []
        page.context.close()


def test_home_should_have_no_violations(browser: Browser, axe: str, city_url: str) -> None:
    page, elsewhere = open_page(browser, f"{city_url}/nl/", width=1280, scheme="light")
    assert violations(page, axe) == []
    assert elsewhere == []
    page.context.close()


def test_choice_of_colours_should_win_over_the_device(browser: Browser, city_url: str) -> None:
    page, _ = open_page(browser, f"{city_url}/nl/about", width=1280, scheme="light", script=False)
    page.click("button[value=dark]")
    assert page.url.endswith("/nl/about")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.context.close()


def test_first_stop_of_the_keyboard_should_lead_to_the_content(
    browser: Browser, city_url: str
) -> None:
    page, _ = open_page(browser, f"{city_url}/nl/", width=1280, scheme="light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_targets_should_be_large_enough_for_a_finger(browser: Browser, city_url: str) -> None:
    page, _ = open_page(browser, f"{city_url}/nl/data", width=320, scheme="light")
    small = page.evaluate(
        """[...document.querySelectorAll("button, select, input:not([type=hidden]), nav a, .row a, a.marker")]
        .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([_, box]) => box.width && (box.width < 23.5 || box.height < 23.5))
        .map(([text, box]) => `${text} ${box.width}x${box.height}`)"""
    )
    assert small == []
    page.context.close()


def test_filter_should_swap_the_results_and_keep_the_address(
    browser: Browser, city_url: str
) -> None:
    page, _ = open_page(browser, f"{city_url}/en/data/Streetlight", width=1280, scheme="light")
    page.evaluate("window.same = true")
    before = page.inner_text("#found")
    page.select_option("#district", index=1)
    page.click("form.filters button")
    page.wait_for_function(
        "before => document.getElementById('found').innerText !== before", arg=before
    )
    assert page.evaluate("window.same") is True
    assert "district=urn" in page.url
    assert "/data/Streetlight?" in page.url
    page.go_back()
    page.wait_for_function(
        "before => document.getElementById('found').innerText === before", arg=before
    )
    page.context.close()


def test_facet_should_narrow_the_list_without_script_and_with_the_keyboard(
    browser: Browser, city_url: str
) -> None:
    url = f"{city_url}/en/collective/overview"
    page, _ = open_page(browser, url, width=1280, scheme="light", script=False)
    box = page.locator('input[name="type"][value="Project"]')
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**type=Project**")
    assert page.locator('.chosen a[href*="overview"]').count() >= 1
    page.context.close()


def test_interactive_map_should_open_without_leaving_the_node(
    browser: Browser, city_url: str
) -> None:
    page, elsewhere = open_page(browser, f"{city_url}/en/", width=1280, scheme="light")
    button = page.locator("button[data-map]")
    if button.count() == 0:
        missing("MapLibre was not built; `python hatch_build.py` in the checkout builds it")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    button.click()
    page.wait_for_selector(".maplibregl-canvas")
    page.wait_for_function("location.hash.startsWith('#map=')", timeout=15_000)
    assert elsewhere == []
    assert [text for text in said if "Content Security Policy" in text] == []
    page.context.close()
