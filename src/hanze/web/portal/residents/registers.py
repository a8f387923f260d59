"""The registers that everybody may see: sensors in public space, and algorithms."""

from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

import shapely
from starlette.responses import RedirectResponse, Response

from hanze.catalogue.sensor_files import page_of, sensor_name
from hanze.catalogue.sensors import Sensor, SensorPage, measured_in_public
from hanze.errors import HanzeError, InvalidInput
from hanze.governance.records.rights import RightKind
from hanze.governance.requesting import NewRequest
from hanze.ngsild.geometry import to_shape
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.mapping import choose_view, places_picture
from hanze.web.portal.mercator import Viewport
from hanze.web.portal.places import Place
from hanze.web.portal.reading import MOST_PLACES, Surroundings, has_simulated
from hanze.web.portal.residents.refusing import told_status
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer
from hanze.web.portal.svgmap import Picture
from hanze.web.visitor import visitor_address

__all__ = [
    "object_to",
    "show_algorithm",
    "show_algorithms",
    "show_sensor",
    "show_sensors",
]

_PAGE: Final = 50
#: Of the map, which stands above the list.
_HEIGHT: Final = 420


@dataclass(frozen=True, slots=True)
class _Row:
    """A sensor for a page.

    Attributes:
        ground: The legal ground in words; "" where none is told.
        review: Day in words, or "".
    """

    sensor: Sensor
    name: str
    kind: str
    path: str
    data: Called
    description: Called | None
    owner: Called | None
    purposes: tuple[Called, ...]
    ground: str
    observes: tuple[str, ...]
    review: str
    decided: str


async def show_sensors(visit: Visit) -> Response:
    """Show the sensors on a map and in a list."""
    register, rules = visit.site.node.residents.sensors, visit.site.node.governance.rules
    asked = visit.request.query_params
    dataset, number = asked.get("dataset", ""), _number(asked.get("page", ""))
    tenant = visit.caller.tenant
    listed = partial(register.list, rules, tenant, dataset=dataset or None, now=visit.now)
    page = await listed(limit=_PAGE, offset=(number - 1) * _PAGE)
    drawn = await listed(limit=MOST_PLACES)
    namer = Namer(visit)
    reader, surroundings = await visit.reader()
    return visit.page(
        "residents/sensors.html",
        rows=[_row(visit, one) for one in page.sensors],
        total=page.total,
        number=number,
        pages=-(-page.total // _PAGE),
        address=lambda to: _address(visit, dataset, "", to),
        datasets=[namer.dataset(one) for one in measured_in_public(rules, tenant)],
        dataset=dataset,
        picture=_picture(visit, surroundings, drawn, dataset),
        files=[
            (name, f"/api/v1/governance/sensor-register.{ending}?{_asked(visit, dataset)}")
            for name, ending in (("JSON-LD", "jsonld"), ("GeoJSON", "geojson"), ("CSV", "csv"))
        ],
        simulated=has_simulated(reader.summary()),
    )


async def show_sensor(visit: Visit) -> Response:
    """Show what a sensor measures, why, who decided, until when, and how to object."""
    return await _sensor_page(visit)


async def object_to(visit: Visit, given: Given) -> Response:
    """Take an objection to a sensor, of anybody."""
    node, sensor = visit.site.node, _sensor(visit)
    try:
        if not given.text("text"):
            raise InvalidInput("What is asked must be told in words", field="text")
        node.visitors.contributions.take(visitor_address(node, visit.request), now=visit.now)
        new = NewRequest(
            kind=RightKind.OBJECTION,
            text=given.text("text")[:4_000],
            entity=sensor.id,
            dataset=sensor.datasets[0],
            language=visit.language.code,
        )
        request = await node.residents.requests.file(visit.caller, new, now=visit.now)
    except HanzeError as error:
        return await _sensor_page(visit, refused=error, given=given, status=told_status(error))
    path = f"/{visit.language.code}/requests/{quote(request.id, safe=':')}"
    return RedirectResponse(f"{path}?did=object", 303)


async def show_algorithms(visit: Visit) -> Response:
    """List the algorithms."""
    namer = Namer(visit)
    found = visit.site.node.residents.algorithms.all()
    return visit.page(
        "residents/algorithms.html",
        rows=[
            (
                one,
                namer.text(one.name),
                namer.text(one.description),
                namer.organisation(one.organization),
                f"/{visit.language.code}/algorithms/{quote(one.id, safe=':')}",
            )
            for one in found
        ],
        simulated=False,
    )


async def show_algorithm(visit: Visit) -> Response:
    """Show one algorithm.

    Raises:
        AlgorithmNotFound: There is none.
    """
    namer = Namer(visit)
    found = visit.site.node.residents.algorithms.shown(str(visit.request.path_params["id"]))
    return visit.page(
        "residents/algorithm.html",
        one=found,
        namer=namer,
        organisation=namer.organisation(found.organization),
        simulated=False,
    )


def _sensor(visit: Visit) -> Sensor:
    node = visit.site.node
    sensor_id = str(visit.request.path_params["id"])
    return node.residents.sensors.find(
        node.governance.rules, visit.caller.tenant, sensor_id, now=visit.now
    )


async def _sensor_page(
    visit: Visit,
    *,
    refused: HanzeError | None = None,
    given: Given | None = None,
    status: int = 200,
) -> Response:
    sensor = _sensor(visit)
    reader, _ = await visit.reader()
    return visit.page(
        "residents/sensor.html",
        status=status,
        row=_row(visit, sensor),
        measured=parse_moment(sensor.observed_at),
        entity=visit.entity_path(sensor.id) if sensor.open else "",
        code=f"/api/v1/governance/sensors/{quote(sensor.id, safe=':')}/qr.svg",
        address=page_of(sensor.id, visit.base_url),
        given=given or Given({}),
        refused=refused,
        simulated=sensor.open and has_simulated(reader.summary()),
    )


def _row(visit: Visit, sensor: Sensor) -> _Row:
    namer, words = Namer(visit), visit.language.words
    rules = visit.site.node.governance.rules
    dataset = rules.datasets[sensor.datasets[0]]
    basis = sensor.legal_basis or ""
    ground = visit.language.term("ground", basis.rpartition("#")[2]) or basis
    return _Row(
        sensor=sensor,
        name=sensor_name(sensor, visit.language.code),
        kind=words("type", sensor.types[0]),
        path=f"/{visit.language.code}/sensors/{quote(sensor.id, safe=':')}",
        data=namer.dataset(dataset),
        description=namer.text(sensor.description),
        owner=namer.organisation(sensor.owner) if sensor.owner else None,
        purposes=namer.purposes(sensor.purposes),
        ground=ground,
        observes=tuple(words("attribute", name) for name in sensor.observes),
        review=namer.day(sensor.review_at) if sensor.review_at else "",
        decided=namer.day(sensor.non_publication.decided_at) if sensor.non_publication else "",
    )


def _picture(
    visit: Visit, surroundings: Surroundings, drawn: SensorPage, dataset: str
) -> Picture | None:
    places = [place for one in drawn.sensors if (place := _place(one)) is not None]
    if not places:
        return None
    asked = visit.request.query_params.get("view", "")
    view = choose_view(asked, places, surroundings, height=_HEIGHT)
    names = {one.id: sensor_name(one, visit.language.code) for one in drawn.sensors}

    def link(target: Viewport | None) -> str:
        return _address(visit, dataset, target.text() if target else "", 1) + "#map"

    def own(sensor_id: str) -> tuple[str, str]:
        path = f"/{visit.language.code}/sensors/{quote(sensor_id, safe=':')}"
        return path, names[sensor_id]

    return places_picture(
        visit, places, view, surroundings, link=link, entity_link=own, total=drawn.total
    )


def _place(sensor: Sensor) -> Place | None:
    shape = to_shape(sensor.location) if sensor.location is not None else None  # type: ignore[arg-type]  # JSON, as it was stored
    if shape is None or shapely.is_empty(shape):
        return None
    point = shape if isinstance(shape, shapely.Point) else shapely.point_on_surface(shape)
    covered = None if isinstance(shape, shapely.Point) else shape
    return Place(sensor.id, sensor.types[0], point.x, point.y, covered)


def _address(visit: Visit, dataset: str, view: str, number: int) -> str:
    asked = {"dataset": dataset, "view": view, "page": str(number) if number > 1 else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/{visit.language.code}/sensors" + (f"?{query}" if query else "")


def _asked(visit: Visit, dataset: str) -> str:
    return urlencode({"language": visit.language.code} | ({"dataset": dataset} if dataset else {}))


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
