"""Who subscribed, made a caller again."""

import pytest

from hanze.broker.asking import Askers
from hanze.identity.roles import DEVELOPER
from hanze.ngsild.query.tree import Share

SHARED = (Share(types=("https://example.org/Lamp",)),)


@pytest.mark.parametrize(("owner", "developer"), [("", True), ("peer:abc", False)])
def test_of_should_give_members_what_is_shared_when_others_may_do_everything(
    owner: str, developer: bool
) -> None:
    askers = Askers(dev=True, shares_of=lambda _owner, _own: SHARED, holds=lambda _asker: True)
    caller = askers.of(None, tenant="", owner=owner)
    assert (DEVELOPER in caller.roles) is developer
    assert caller.shares == (SHARED if owner else None)
