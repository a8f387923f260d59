"""The page of one entity: what it measures, where it is, where that comes from."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from hanze.broker.consumption import EntityNotFound
from hanze.collaboration.records.registry import type_of
from hanze.ngsild.model import Instances
from hanze.web.portal.history.chart import Drawn
from hanze.web.portal.history.past import Past
from hanze.web.portal.history.sparks import sparks_of
from hanze.web.portal.live import place_of_value
from hanze.web.portal.mapping import entity_picture
from hanze.web.portal.reading import Reader
from hanze.web.portal.series import measurements, series_of
from hanze.web.portal.site import Visit
from hanze.web.portal.themes import theme_of
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import (
    TILES,
    Instance,
    is_simulated,
    latest_moment,
    title_of,
)

__all__ = ["show"]

_ORIGIN = ("source", "dataProvider", "owner", "license")
#: What the head of the page says already, or the map shows.
_ELSEWHERE = frozenset(("simulated",))


@dataclass(frozen=True)
class Group:
    """An attribute with all its instances, each under its name; `href` leads to its history.

    `spark` is the path of its last day, or empty.
    """

    label: str
    name: str
    href: str
    spark: str
    series: tuple[tuple[str, Instance], ...]

    @property
    def instances(self) -> tuple[Instance, ...]:
        return tuple(instance for _, instance in self.series)


@dataclass(frozen=True)
class Link:
    """What a relationship leads to; without `href` something that is not here."""

    label: str
    kind: str
    href: str


async def show(visit: Visit) -> Response:
    reader, surroundings = await visit.reader()
    entity_id = visit.request.path_params["id"]
    stored = reader.stored(entity_id)
    entity = reader.load(stored) if stored is not None else None
    if stored is None or entity is None:
        return await _gone(visit, entity_id)
    if type_of(entity.types) is not None:
        # A record of the collective has a page that says more.
        path = f"/{visit.language.code}/collective/record/{quote(entity.id, safe=':')}"
        return RedirectResponse(path, status_code=302)
    moment = latest_moment(entity)
    sparks = await sparks_of(visit, entity)
    groups = [
        _group(visit, entity.id, iri, instances, sparks.get(iri))
        for iri, instances in entity.attributes.items()
        if local_name(iri) not in _ELSEWHERE
    ]
    targets = {link for group in groups for one in group.instances for link in one.links}
    file = f"/{visit.language.code}/download/entity"
    return visit.page(
        "entity.html",
        entity=entity,
        title=title_of(entity, visit.language),
        kinds=[(visit.language.words("type", iri), visit.type_path(iri)) for iri in entity.types],
        theme_name=theme_of(entity.types[0]),
        tiles=measurements(entity, visit.speaker, most=TILES),
        groups=[group for group in groups if group.name not in _ORIGIN],
        origin=[group for group in groups if group.name in _ORIGIN],
        links={target: _link(visit, reader, target) for target in sorted(targets)},
        place_of=place_of_value,
        history=visit.history_path(entity.id),
        moment=moment,
        freshness=visit.speaker.formats.freshness(moment),
        picture=entity_picture(visit, stored, surroundings),
        downloads=[
            (name, f"{file}.{ending}?" + urlencode({"id": entity.id}))
            for name, ending in (("CSV", "csv"), ("GeoJSON", "geojson"), ("JSON-LD", "jsonld"))
        ],
        api=f"{visit.base_url}/ngsi-ld/v1/entities/{quote(entity.id, safe=':')}",
        simulated=is_simulated(entity),
    )


async def _gone(visit: Visit, entity_id: str) -> Response:
    """Lead to the history of what is gone.

    Raises:
        EntityNotFound: It never was.
    """
    past = Past(visit.site.node.store, visit.caller, entity_id, now=visit.now)
    if await past.overview() is None:
        raise EntityNotFound(entity_id)
    return RedirectResponse(visit.history_path(entity_id), status_code=302)


def _group(
    visit: Visit, entity_id: str, iri: str, instances: Instances, spark: Drawn | None
) -> Group:
    return Group(
        visit.language.words("attribute", iri),
        local_name(iri),
        visit.history_path(entity_id, visit.context.compact_name(iri)),
        "" if spark is None else spark.line,
        series_of(instances, visit.speaker),
    )


def _link(visit: Visit, reader: Reader, target: str) -> Link:
    entity = reader.entity(target)
    if entity is None:
        return Link(target, "", "")
    return Link(
        title_of(entity, visit.language),
        visit.language.words("type", entity.types[0]),
        visit.entity_path(target),
    )
