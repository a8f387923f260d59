"""What a credential still gives to somebody who subscribed with it."""

from collections.abc import Mapping

import msgspec
import pytest

from hanze.identity.grant import Grant
from hanze.ngsild.subscription.model import Asker
from hanze.node.asking import still_gives

ALICE, BOB = "urn:ngsi-ld:Person:alice", "urn:ngsi-ld:Person:bob"
GRANT = Grant(
    roles=("reader", "resident", "writer"),
    organisation="urn:o",
    activity="urn:a",
    purposes=("urn:p", "urn:q"),
    subject=ALICE,
)
ASKER = Asker(
    actor="alice",
    organisation="urn:o",
    roles=("reader", "resident", "writer"),
    purpose="urn:p",
    activity="urn:a",
    subject=ALICE,
    credential="account:1",
)


def test_a_credential_should_give_what_it_gave_and_more() -> None:
    assert still_gives(GRANT, ASKER)
    less = msgspec.structs.replace(ASKER, roles=("reader",), purpose="", activity="", subject="")
    assert still_gives(GRANT, less)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": BOB},
        {"subject": None},
        {"roles": ("reader", "writer")},
        {"activity": "urn:b"},
        {"purposes": ("urn:q",)},
        {"organisation": None},
    ],
)
def test_a_credential_should_give_nothing_when_it_is_another_persons_or_purposes(
    changes: Mapping[str, object],
) -> None:
    changed = msgspec.structs.replace(GRANT, **changes)
    assert not still_gives(changed, ASKER)
