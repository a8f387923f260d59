"""A change that comes over several nodes is told once."""

from hanze.broker.distribution.subscriptions.heard import Heard
from hanze.broker.happened import Happened
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from tests.subscribing import read

LAMPS = read({"entities": [{"type": "Lamp"}]})
OTHERS = read({"id": "urn:s:2", "entities": [{"type": "Lamp"}]})


def happened(at: str | None = "2026-01-01T00:00:00Z", **values: int) -> Happened:
    attributes = {
        name: (Attribute(kind=AttributeKind.PROPERTY, value=value, modified_at=at),)
        for name, value in values.items()
    }
    entity = Entity(id="urn:l:1", types=("urn:Lamp",), attributes=attributes, modified_at=at)
    return Happened(entity.id, None, entity, "2026-02-01T00:00:00Z", "urn:r:1")


def test_is_new_should_know_a_change_again_when_its_source_dates_it() -> None:
    heard = Heard()
    assert heard.is_new(LAMPS, happened(level=1))
    assert not heard.is_new(LAMPS, happened(level=1))
    assert heard.is_new(OTHERS, happened(level=1))
    assert heard.is_new(LAMPS, happened("2026-01-01T00:00:01Z", level=1))


def test_is_new_should_let_pass_what_says_more_of_the_same_version() -> None:
    heard = Heard()
    assert heard.is_new(LAMPS, happened(level=1))
    assert heard.is_new(LAMPS, happened(name=1))
    assert heard.is_new(LAMPS, happened(level=2))
    assert not heard.is_new(LAMPS, happened(level=2, name=1))


def test_is_new_should_let_pass_what_is_not_dated_and_what_comes_at_intervals() -> None:
    heard = Heard()
    timed = read({"entities": [{"type": "Lamp"}], "timeInterval": 5})
    assert all(heard.is_new(LAMPS, happened(None, level=1)) for _ in range(2))
    assert all(heard.is_new(timed, happened(level=1)) for _ in range(2))


def test_is_new_should_begin_anew_when_it_was_forgotten() -> None:
    heard = Heard()
    assert heard.is_new(LAMPS, happened(level=1))
    heard.forget(LAMPS, happened(level=1))
    assert heard.is_new(LAMPS, happened(level=1))
