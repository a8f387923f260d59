"""What a caller may read that is shared only some of a tenant."""

from dataclasses import replace

import pytest

from hanze.broker.happened import Happened
from hanze.broker.sharing import (
    LinksNotShared,
    may_read,
    restricted,
    shared_changes,
)
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.tree import (
    EntityQuery,
    Exists,
    LinkedPath,
    Share,
    ValuePath,
)

NOW = "2026-05-01T12:00:00Z"
BIN, ROAD = "https://x.example/Bin", "https://x.example/Road"
SHARES = (Share((BIN,), ("/a",)),)
MEMBER = Caller("peer:x", roles=frozenset({"reader", "member"}), shares=SHARES)
LINKED = EntityQuery(q=Exists(LinkedPath("https://x.example/owner", (), ValuePath(("n",)))))


def _entity(*scopes: str, kind: str = BIN) -> Entity:
    return Entity(id="urn:x:1", types=(kind,), attributes={}, scope=scopes)


def _told(before: Entity | None, after: Entity | None) -> list[Happened]:
    return shared_changes(SHARES, [Happened("urn:x:1", before, after, NOW)])


def test_restricted_should_leave_a_query_alone_when_everything_may_be_read() -> None:
    anybody = replace(MEMBER, shares=None)
    assert restricted(anybody, LINKED) is LINKED
    narrowed = restricted(MEMBER, EntityQuery(limit=3))
    assert (narrowed.access, narrowed.limit) == (Access(rest=True, shares=SHARES), 3)


def test_restricted_should_refuse_to_follow_relationships() -> None:
    with pytest.raises(LinksNotShared):
        restricted(MEMBER, LINKED)


def test_may_read_should_follow_the_shares() -> None:
    assert may_read(MEMBER, _entity("/a/b"))
    assert not may_read(MEMBER, _entity())
    assert not may_read(MEMBER, _entity("/a", kind=ROAD))


def test_changes_should_be_told_when_the_entity_is_shared_now() -> None:
    inside, outside = _entity("/a"), _entity("/b")
    assert [one.after for one in _told(None, inside)] == [inside]
    # It came into what is shared: how it was outside is nobody's business.
    assert [(one.before, one.after) for one in _told(outside, inside)] == [(None, inside)]
    assert _told(inside, outside) == []
    assert [one.before for one in _told(inside, None)] == [inside]
    assert _told(outside, None) == []
    assert len(shared_changes(None, [Happened("urn:x:1", outside, None, NOW)])) == 1
