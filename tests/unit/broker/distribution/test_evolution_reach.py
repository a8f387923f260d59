"""What of the node's own evolutions counts where sources are exclusive or redirected (4.3.6.3)."""

import pytest

from hanze.broker.distribution.evolutions.reach import without_proxied
from hanze.broker.registry import Match
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind
from hanze.ngsild.registration.model import EntityInfo, Mode, Registration, RegistrationInfo
from hanze.ngsild.temporal.model import Instance, TemporalEntity

LEVEL, COLOUR, LAMP = (CORE.expand_name(name) for name in ("level", "colour", "Lamp"))
ONE = Instance(Attribute(kind=AttributeKind.PROPERTY, value=1))
EVOLUTION = TemporalEntity("urn:a:1", (LAMP,), {LEVEL: (ONE,), COLOUR: (ONE,)})


def a_match(mode: Mode, *names: str, kind: str = LAMP) -> Match:
    info = RegistrationInfo((EntityInfo((kind,)),), names)
    registration = Registration(
        id="urn:r:1",
        registered_in="",
        endpoint="http://source.example",
        information=(info,),
        mode=mode,
        operations=frozenset(),
        context=CORE,
        document={},
        created_at="2026-01-01T00:00:00Z",
        modified_at="2026-01-01T00:00:00Z",
    )
    return Match(registration, (info,))


@pytest.mark.clause("4.3.6.3")
def test_own_evolution_should_stay_when_sources_only_add() -> None:
    assert without_proxied(EVOLUTION, [a_match(Mode.INCLUSIVE)]) is EVOLUTION
    assert without_proxied(EVOLUTION, [a_match(Mode.REDIRECT, kind="urn:other")]) is EVOLUTION


def test_own_evolution_should_not_count_when_all_of_it_is_elsewhere() -> None:
    assert without_proxied(EVOLUTION, [a_match(Mode.REDIRECT)]) is None


def test_own_attributes_should_not_count_when_they_are_elsewhere() -> None:
    left = without_proxied(EVOLUTION, [a_match(Mode.EXCLUSIVE, LEVEL)])
    assert left is not None
    assert left.attributes.keys() == {COLOUR}
