"""What credentials give."""

import pytest

from hanze.identity.grant import GrantIncomplete, RoleUnknown, checked_grant


def test_grant_should_become_the_caller() -> None:
    grant = checked_grant(
        roles=("steward",),
        organisation="urn:ngsi-ld:Organization:zwolle:care",
        activity="urn:ngsi-ld:ProcessingActivity:zwolle:falls",
        purposes=("dpv:ServiceProvision",),
        subject="urn:ngsi-ld:Person:zwolle:1",
    )
    caller = grant.caller("ans", credential="account:1")
    assert caller.roles == {"reader", "steward"}
    assert caller.organisation == "urn:ngsi-ld:Organization:zwolle:care"
    assert caller.activity == "urn:ngsi-ld:ProcessingActivity:zwolle:falls"
    assert caller.purposes == {"https://w3id.org/dpv#ServiceProvision"}
    assert caller.purpose is None
    assert caller.subject == "urn:ngsi-ld:Person:zwolle:1"
    assert caller.credential == "account:1"


@pytest.mark.parametrize("role", ["developer", "node", "member", "admin", "contributor"])
def test_grant_should_refuse_roles_that_nobody_is_given(role: str) -> None:
    with pytest.raises(RoleUnknown):
        checked_grant(roles=(role,))


def test_purposes_should_need_an_activity_and_an_organisation() -> None:
    with pytest.raises(GrantIncomplete, match="activity"):
        checked_grant(purposes=("dpv:ServiceProvision",), organisation="urn:x:o")
    with pytest.raises(GrantIncomplete, match="organisation"):
        checked_grant(purposes=("dpv:ServiceProvision",), activity="urn:x:a")
