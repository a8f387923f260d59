"""What claims of an OpenID provider make of people."""

import pytest

from hanze.identity.account import SignInRefused
from hanze.identity.elsewhere import ClaimRules, ClaimRulesWrong, caller_of_claims, read_roles
from hanze.identity.passkeys_site import site_of_passkeys

CLAIMS = {"iss": "https://id.example", "sub": "1", "bsn": "urn:x:1", "groups": ["data", "other"]}


def test_resident_should_have_a_subject_and_no_name() -> None:
    rules = ClaimRules(residents=True, subject_claim="bsn", organisation="urn:x:city")
    caller = caller_of_claims(CLAIMS, rules)
    assert caller.roles == {"reader", "resident"}
    assert caller.subject == "urn:x:1"
    assert caller.organisation is None
    assert caller.actor.startswith("person-")
    assert caller == caller_of_claims(CLAIMS, rules)
    assert caller.actor != caller_of_claims({**CLAIMS, "sub": "2"}, rules).actor


def test_groups_should_give_the_roles_that_the_setting_names() -> None:
    rules = ClaimRules(
        roles_claim="groups",
        roles=read_roles("data=steward data=writer audit=auditor"),
        organisation="urn:x:city",
    )
    caller = caller_of_claims(CLAIMS, rules)
    assert caller.roles == {"reader", "steward", "writer"}
    assert caller.organisation == "urn:x:city"
    assert caller.subject is None
    assert caller_of_claims({**CLAIMS, "groups": "x audit"}, rules).roles == {"reader", "auditor"}


@pytest.mark.parametrize("groups", [None, [], ["other"], 7, "steward", ["steward"]])
def test_nobody_should_come_in_without_a_role(groups: object) -> None:
    rules = ClaimRules(roles_claim="groups", roles=read_roles("data=steward"))
    with pytest.raises(SignInRefused):
        caller_of_claims({**CLAIMS, "groups": groups}, rules)


@pytest.mark.parametrize("value", [None, "", 7, ["urn:x:1"], "x" * 501])
def test_subject_should_be_a_text(value: object) -> None:
    rules = ClaimRules(residents=True, subject_claim="bsn")
    assert caller_of_claims({**CLAIMS, "bsn": value}, rules).subject is None


@pytest.mark.parametrize("text", ["steward", "=steward", "data=", "data=developer", "data=node"])
def test_setting_of_roles_should_be_refused_when_it_gives_none(text: str) -> None:
    with pytest.raises(ClaimRulesWrong):
        read_roles(text)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://zwolle.example", "zwolle.example"),
        ("https://zwolle.example:8443", "zwolle.example"),
        ("http://localhost:1026", "localhost"),
        ("http://zwolle.example", None),
        ("http://127.0.0.1:1026", None),
        ("https://192.0.2.1", None),
        ("https://[::1]", None),
        ("", None),
    ],
)
def test_passkeys_should_need_https_and_a_name(url: str, site: str | None) -> None:
    assert site_of_passkeys(url) == site
