"""Passkeys in a real browser with a virtual authenticator, and the pages of accounts with axe."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.conftest import missing

try:
    from playwright.sync_api import Page, expect
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations
from tests.running import RunningNode, run_hanze, start_node

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "kastanje fiets regenton"  # noqa: S105  # of a test


class World:
    """A node that is no developer's, with its data directory."""

    def __init__(self, data: Path, node: RunningNode) -> None:
        self.data = data
        # Browsers make passkeys for localhost, and for no bare address.
        self.url = node.url.replace("127.0.0.1", "localhost")

    def link(self, name: str, *roles: str) -> str:
        given = [part for role in roles for part in ("--role", role)]
        done = run_hanze("account", "new", name, *given, "--data", str(self.data))
        assert done.code == 0, done.err
        return self.url + "/en/set-up/" + done.out.strip().rpartition("/")[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("accounts")
    node = start_node(["serve", "--data", str(data), "--port", "0"])
    yield World(data, node)
    said = node.stop()
    assert "/en/set-up/" in said.err


def _authenticator(page: Page, *, verified: bool = True) -> tuple[Any, str]:
    """Plug a virtual authenticator in; returns how to speak with it, and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(added["authenticatorId"])


def _set_up(page: Page) -> None:
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/en/account")


def test_passkey_should_open_an_account_without_a_password(
    browser: "Browser", world: World
) -> None:
    page, elsewhere = open_page(browser, world.link("ans", "steward"), width=1280, scheme="light")
    session, authenticator = _authenticator(page)
    _set_up(page)
    page.fill("#passkey-name", "Telefoon")
    page.click("form[data-passkey=add] button")
    page.wait_for_selector("text=Telefoon")
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    assert len(kept["credentials"]) == 1
    assert kept["credentials"][0]["rpId"] == "localhost"
    page.click("form[action='/en/sign-out'] button")
    page.goto(f"{world.url}/en/account")
    assert "/sign-in" in page.url
    page.click("form[data-passkey=use] button")
    page.wait_for_selector("text=signed in as ans")
    # Another use counts on; an authenticator that was copied falls behind.
    page.click("form[action='/en/sign-out'] button")
    page.goto(f"{world.url}/en/sign-in")
    session.send(
        "WebAuthn.removeCredential",
        {"authenticatorId": authenticator, "credentialId": kept["credentials"][0]["credentialId"]},
    )
    session.send(
        "WebAuthn.addCredential",
        {
            "authenticatorId": authenticator,
            "credential": {**kept["credentials"][0], "signCount": 0},
        },
    )
    page.click("form[data-passkey=use] button")
    expect(page.locator("form[data-passkey=use] [role=alert]")).to_be_visible()
    assert elsewhere == []
    page.context.close()


def test_passkey_should_not_serve_when_nobody_shows_who_they_are_or_it_was_removed(
    browser: "Browser", world: World
) -> None:
    page, _ = open_page(browser, world.link("bo"), width=1280, scheme="light")
    session, authenticator = _authenticator(page)
    _set_up(page)
    page.fill("#passkey-name", "Laptop")
    page.click("form[data-passkey=add] button")
    page.wait_for_selector("text=Laptop")
    page.click("form[action='/en/sign-out'] button")
    page.goto(f"{world.url}/en/sign-in")
    session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
    )
    page.click("form[data-passkey=use] button")
    expect(page.locator("form[data-passkey=use] [role=alert]")).to_be_visible()
    session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True}
    )
    page.fill("#name", "bo")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/collective")
    page.goto(f"{world.url}/en/account")
    page.click("text=Remove")
    page.wait_for_url("**/en/account")
    assert "Laptop" not in page.inner_text("main")
    page.click("form[action='/en/sign-out'] button")
    page.goto(f"{world.url}/en/sign-in")
    page.click("form[data-passkey=use] button")
    expect(page.locator("form[data-passkey=use] [role=alert]")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(
    ("lang", "scheme", "width", "script"),
    [
        ("nl", "dark", 320, True),
        ("ko", "light", 1280, True),
        ("en", "light", 320, False),
        ("ko", "dark", 320, False),
    ],
)
def test_pages_of_accounts_should_have_no_violations(
    browser: "Browser",
    axe: str,
    world: World,
    lang: str,
    scheme: str,
    width: int,
    script: bool,
) -> None:
    link = world.link(f"c-{lang}-{width}-{scheme}", "operator", "steward", "auditor")
    address = link.replace("/en/", f"/{lang}/")
    page, elsewhere = open_page(browser, address, width=width, scheme=scheme, script=script)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        problems = [f"asks {one}" for one in elsewhere]
        # Axe is a script of its own: it runs where pages may have none, too, but in none of them.
        if script:
            page.evaluate("document.querySelectorAll('details').forEach(o => { o.open = true })")
            problems += violations(page, axe)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                problems.append(f"is {wide} px wide")
        if problems:
            found[name] = problems

    look("set up")
    page.fill("#password", "123456789012")
    page.fill("#again", "123456789012")
    page.click("main button")
    page.wait_for_selector("#wrong")
    look("wrong password")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"**/{lang}/account")
    look("account")
    page.goto(address)
    look("used link")
    page.goto(f"{world.url}/{lang}/account")
    page.click("form[action$='/sign-out'] button")
    page.goto(f"{world.url}/{lang}/sign-in")
    look("sign in")
    page.fill("#name", "nobody")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("#refused")
    look("refused")
    assert found == {}
    page.context.close()
