"""What an address of a history leads to: the entity, its attributes, and the time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hanze.broker.consumption import EntityNotFound
from hanze.ngsild.model import Entity
from hanze.ngsild.temporal.model import TemporalEntity
from hanze.web.portal.history.choosing import chosen_attributes, with_range
from hanze.web.portal.history.lines import Reading, read_lines
from hanze.web.portal.history.past import Known, Past, Shape, attributes_of
from hanze.web.portal.history.selection import Selection, Span
from hanze.web.portal.reading import Reader, Surroundings
from hanze.web.portal.site import Visit
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import instance_of, title_of

__all__ = ["Looked", "look"]

_ORIGIN = ("source", "dataProvider", "owner", "license")


@dataclass(frozen=True, slots=True)
class Looked:
    """What an address of a history leads to.

    Attributes:
        visit: In the time zone that the address names.
        reader: Of the visit.
        surroundings: Of maps.
        past: Of the entity.
        overview: Its last instances.
        present: The entity, unless it is gone.
        selection: With a time.
        span: That time.
        known: The attributes that have a history.
        chosen: Those of them that are shown.
    """

    visit: Visit
    reader: Reader
    surroundings: Surroundings
    past: Past
    overview: TemporalEntity
    present: Entity | None
    selection: Selection
    span: Span
    known: Sequence[Known]
    chosen: Sequence[Known]

    @property
    def origin(self) -> list[tuple[str, list[str]]]:
        """Where the values come from, and under which licence: names and texts."""
        speaker = self.visit.speaker
        return [
            (
                speaker.language.words("attribute", known.name),
                [instance_of(one, speaker).text for one in known.latest],
            )
            for known in self.known
            if local_name(known.name) in _ORIGIN
        ]

    def entity(self, entity_id: str) -> Entity | None:
        """Read another entity, as it is now."""
        return self.reader.entity(entity_id)

    def of_shape(self, *shapes: Shape) -> list[Known]:
        return [one for one in self.chosen if one.shape in shapes]

    @property
    def title(self) -> str:
        """The name of the entity, also of one that is gone."""
        entity = self.present
        if entity is None:
            attributes = {one.name: one.latest for one in self.known}
            entity = Entity(id=self.overview.id, types=self.overview.types, attributes=attributes)
        return title_of(entity, self.visit.language)

    async def reading(self) -> Reading:
        """Read the numbers."""
        numbers = self.of_shape(Shape.NUMBERS)
        return await read_lines(self.past, numbers, self.selection, self.span, self.visit.speaker)


async def look(visit: Visit, entity_id: str) -> Looked:
    """Read an address.

    Raises:
        EntityNotFound: There neither is nor was such an entity.
    """
    selection = Selection.parse(entity_id, visit.request.query_params, visit.site.zone)
    visit = replace(visit, zone=selection.zone)
    reader, surroundings = await visit.reader()
    past = Past(visit.site.node.store, visit.caller, entity_id, now=visit.now)
    overview = await past.overview()
    if overview is None:
        raise EntityNotFound(entity_id)
    present = reader.entity(entity_id)
    known = attributes_of(overview, present)
    chosen = chosen_attributes(visit, selection, known)
    now = visit.speaker.formats.now
    selection = with_range(selection, overview, chosen, now)
    return Looked(
        visit=visit,
        reader=reader,
        surroundings=surroundings,
        past=past,
        overview=overview,
        present=present,
        selection=selection,
        span=selection.span(now),
        known=known,
        chosen=chosen,
    )
