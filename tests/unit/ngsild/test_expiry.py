from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.moment import format_datetime

pytestmark = pytest.mark.clause("4.22")

NOW = "2026-05-04T12:00:00Z"
PAST = "2026-05-04T11:59:59.5Z"
FUTURE = "2026-05-04T12:00:00.5Z"


def an_entity(*instances: Attribute, **members: Any) -> Entity:
    attributes = {"urn:x:level": instances} if instances else {}
    return Entity(id="urn:e:1", types=("urn:x:T",), attributes=attributes, **members)


def a_value(expires_at: str | None = None, **parts: tuple[Attribute, ...]) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=1, expires_at=expires_at, attributes=parts)


def test_an_entity_without_expiry_should_stay_the_same_object() -> None:
    entity = an_entity(a_value(part=(a_value(),)))
    assert unexpired(entity, NOW) is entity


@pytest.mark.parametrize("moment", [PAST, NOW])
def test_an_expired_entity_should_be_gone(moment: str) -> None:
    assert unexpired(an_entity(a_value(), expires_at=moment), NOW) is None


def test_a_transient_entity_should_stay_the_same_object_until_then() -> None:
    entity = an_entity(a_value(FUTURE), expires_at=FUTURE)
    assert unexpired(entity, NOW) is entity


def test_only_expired_instances_should_be_left_out() -> None:
    entity = an_entity(a_value(PAST), a_value(FUTURE), a_value())
    living = unexpired(entity, NOW)
    assert living is not None
    assert living.attributes["urn:x:level"] == (a_value(FUTURE), a_value())


def test_an_attribute_without_living_instances_should_be_gone() -> None:
    living = unexpired(an_entity(a_value(PAST)), NOW)
    assert living is not None
    assert living.attributes == {}


def test_expired_sub_attributes_should_be_left_out_at_any_depth() -> None:
    entity = an_entity(a_value(part=(a_value(inner=(a_value(PAST), a_value())),)))
    living = unexpired(entity, NOW)
    assert living is not None
    assert living.attributes["urn:x:level"] == (a_value(part=(a_value(inner=(a_value(),)),)),)


@given(st.lists(st.none() | st.integers(0, 2_000_000), max_size=6), st.integers(0, 2_000_000))
def test_what_is_left_should_be_what_expires_later(ends: list[int | None], now: int) -> None:
    instances = [a_value(None if end is None else format_datetime(end)) for end in ends]
    living = unexpired(an_entity(*instances), format_datetime(now))
    assert living is not None
    left = [one for one, end in zip(instances, ends, strict=True) if end is None or end > now]
    assert list(living.attributes.get("urn:x:level", ())) == left
