"""Kinds of data and entities as cards and rows: what home and lists show of each."""

from dataclasses import dataclass

from hanze.ngsild.model import Entity
from hanze.web.portal.reading import Kind
from hanze.web.portal.series import measurements
from hanze.web.portal.site import Visit
from hanze.web.portal.themes import theme_of
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import (
    ABOUT,
    Row,
    is_simulated,
    latest_moment,
    title_of,
)

__all__ = ["Card", "card_of", "row_of"]

_VALUES, _MEASURES = 3, 4


@dataclass(frozen=True)
class Card:
    """A kind of data: what it is called, how much of it there is, what is measured."""

    label: str
    name: str
    count: int
    href: str
    theme: str
    measures: tuple[str, ...]


def card_of(visit: Visit, kind: Kind) -> Card:
    measures = [
        visit.language.words("attribute", iri)
        for iri in kind.attributes
        if local_name(iri) not in ABOUT
    ]
    return Card(
        label=visit.language.words("type", kind.iri),
        name=visit.context.compact_name(kind.iri),
        count=kind.count,
        href=visit.type_path(kind.iri),
        theme=theme_of(kind.iri),
        measures=tuple(dict.fromkeys(measures))[:_MEASURES],
    )


def row_of(visit: Visit, entity: Entity) -> Row:
    moment = latest_moment(entity)
    kind = entity.types[0]
    return Row(
        id=entity.id,
        href=visit.entity_path(entity.id),
        title=title_of(entity, visit.language),
        type_label=visit.language.words("type", kind),
        theme=theme_of(kind),
        values=measurements(entity, visit.speaker, most=_VALUES),
        moment=moment,
        freshness=visit.speaker.formats.freshness(moment),
        simulated=is_simulated(entity),
    )
