"""Which registrations a query of Context Sources is about (CIM 009, 5.10.2)."""

from dataclasses import replace
from typing import Final

import msgspec

from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.ngsild.query.members import EXPIRES_AT, SCOPE, SYSTEM_NAMES
from hanze.ngsild.query.tree import EntityQuery, QueryNode
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import RegistrationState
from hanze.ngsild.temporal.filter import attributes_of
from hanze.ngsild.temporal.model import TemporalQuery

__all__ = ["RegistrationPage", "RegistrationQuery", "require_narrow", "wanted_by"]

#: What a query names that is no attribute.
_NO_ATTRIBUTES: Final = SYSTEM_NAMES | {SCOPE, EXPIRES_AT}


class RegistrationQuery(msgspec.Struct, frozen=True):
    """Which registrations are wanted: those of sources that may have some entities (5.10.2.3).

    Attributes:
        entities: Which entities these are; with the page that is wanted of the registrations.
        picked: IRIs of attributes that are picked, beside those that `entities` names.
        any_type: Whether every type is asked for, and not just none named.
        datasets: Sources of these instances are wanted, `None` among them for the default instance;
            `None` where the query does not say.
        temporal: Sources of histories are wanted, of this time.
        csf: What the registration itself has to meet.
    """

    entities: EntityQuery
    picked: frozenset[str] = frozenset()
    any_type: bool = False
    datasets: frozenset[str | None] | None = None
    temporal: TemporalQuery | None = None
    csf: QueryNode | None = None

    def at(self, offset: int) -> "RegistrationQuery":
        """Ask for another page."""
        return msgspec.structs.replace(self, entities=replace(self.entities, offset=offset))


class RegistrationPage(msgspec.Struct, frozen=True):
    """A page of the registrations that match.

    Attributes:
        matches: In the order of their creation, with how asking their sources went.
        count: How many match in all.
        offset: Of the first one; less than was asked for where that lies past the end (6.3.10).
    """

    matches: list[tuple[Match, RegistrationState]]
    count: int
    offset: int


def require_narrow(asked: RegistrationQuery) -> None:
    """Refuse a query that names no type, attribute, condition or place (5.10.2.4).

    Raises:
        InvalidInput: It is too wide.
    """
    entities = asked.entities
    if (
        entities.types is None
        and not asked.any_type
        and not entities.attributes
        and entities.q is None
        and entities.geo is None
    ):
        raise InvalidInput(
            "The query is too wide: it must name at least one of type, attrs, q or georel",
            clause="5.10.2.4",
        )


def wanted_by(asked: RegistrationQuery) -> Wanted:
    """Say what information of registrations a query concerns (5.12)."""
    entities = asked.entities
    return Wanted(
        ids=entities.ids,
        id_pattern=entities.id_pattern,
        types=entities.types,
        selectors=entities.selectors,
        names=_names(asked),
        datasets=asked.datasets,
    )


def _names(asked: RegistrationQuery) -> frozenset[str]:
    """Say which attributes a query is about: named, picked, or asked for in a condition."""
    entities = asked.entities
    names = frozenset(entities.attributes) | asked.picked
    if entities.q is not None:
        names |= attributes_of(entities.q)
    if entities.geo is not None:
        names |= {entities.geo.attribute}
    return names - _NO_ATTRIBUTES
