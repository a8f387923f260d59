"""`/api/v1/governance/sensors` and `/algorithms`: the registers that everybody may read."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Annotated, Final, Literal

import orjson
from msgspec import Meta
from starlette.responses import Response

from hanze.catalogue.sensor_files import (
    page_of,
    sensor_csv,
    sensor_geojson,
    sensor_json_ld,
    sensor_name,
)
from hanze.catalogue.sensors import Sensor
from hanze.errors import InvalidInput
from hanze.governance.algorithms import register_entry
from hanze.governance.records.algorithm import Algorithm
from hanze.web.api.frame import Answer, ApiRoute, Ask, PathNotFound, Taken, json_of
from hanze.web.caller import require_known
from hanze.web.qr import qr_svg

__all__ = ["ROUTES"]

_MOST: Final = 1_000
#: A file has so many at most: more is taken page by page.
_MOST_IN_FILE: Final = 50_000

Language = Literal["en", "nl", "ko"]


class WhichSensors(Taken, frozen=True):
    """Which sensors.

    Attributes:
        dataset: Only those that measure for this dataset.
        limit: How many at most.
        offset: How many are passed over.
    """

    dataset: Annotated[str, Meta(max_length=500)] | None = None
    limit: Annotated[int, Meta(ge=0, le=_MOST)] = 100
    offset: Annotated[int, Meta(ge=0)] = 0


class SensorFile(Taken, frozen=True):
    """Which sensors a file has.

    Attributes:
        dataset: Only those that measure for this dataset.
        language: Of texts, where there are several.
    """

    dataset: Annotated[str, Meta(max_length=500)] | None = None
    language: Language = "en"


class SensorList(Answer, frozen=True):
    """Sensors in public space, and how many there are in all."""

    sensors: tuple[Sensor, ...]
    total: int


class WhichWords(Taken, frozen=True):
    """In which fields.

    Attributes:
        fields: "dutch": those of the Dutch register of algorithms.
        language: Of the texts there.
    """

    fields: Literal["own", "dutch"] = "own"
    language: Language = "nl"


class AlgorithmGiven(
    Algorithm, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """An algorithm as it is to be registered; its id is in the path."""

    id: str = ""


class AlgorithmList(Answer, frozen=True):
    """The register of algorithms."""

    algorithms: tuple[Algorithm, ...]


async def list_sensors(ask: Ask) -> SensorList:
    """List the sensors in public space: whose, what for, on which ground."""
    asked = ask.parameters(WhichSensors)
    page = await ask.node.residents.sensors.list(
        ask.node.governance.rules,
        ask.caller.tenant,
        dataset=asked.dataset,
        limit=asked.limit,
        offset=asked.offset,
        now=ask.now,
    )
    return SensorList(sensors=page.sensors, total=page.total)


async def sensor_file(ask: Ask) -> Response:
    """Download the register as JSON-LD (with SensRNet's terms), GeoJSON or CSV."""
    asked, ending = ask.parameters(SensorFile), ask.path("ending")
    if ending not in _FILES:
        raise PathNotFound(ask.request.url.path)
    media, write = _FILES[ending]
    sensors = [one async for one in _all(ask, asked.dataset)]
    content = write(sensors, ask.base_url, asked.language)
    headers = {"content-disposition": f'attachment; filename="sensors.{ending}"'}
    return Response(content, media_type=media, headers=headers)


async def show_sensor(ask: Ask) -> Sensor:
    """Show a sensor in public space."""
    return _sensor(ask)


async def sensor_code(ask: Ask) -> Response:
    """Draw the QR code that leads to the page of a sensor (SVG)."""
    sensor = _sensor(ask)
    svg = qr_svg(page_of(sensor.id, ask.base_url), title=sensor_name(sensor, "en"))
    return Response(svg, media_type="image/svg+xml")


async def list_algorithms(ask: Ask) -> Response | AlgorithmList:
    """List the algorithms that are used, in our own fields or in those of the Dutch register."""
    asked = ask.parameters(WhichWords)
    found = ask.node.residents.algorithms.all()
    if asked.fields == "dutch":
        return json_of({"algorithms": [register_entry(one, asked.language) for one in found]})
    return AlgorithmList(algorithms=tuple(found))


async def show_algorithm(ask: Ask) -> Algorithm:
    """Show an algorithm of the register."""
    return ask.node.residents.algorithms.shown(ask.path("id"))


async def set_algorithm(ask: Ask) -> Response:
    """Register an algorithm, or change the whole of what is told of it."""
    require_known(ask.caller)
    given = await ask.body(AlgorithmGiven, most_kb=512)
    algorithm_id = ask.path("id")
    if given.id not in ("", algorithm_id):
        raise InvalidInput("The body names another algorithm than the path", field="id")
    members = {name: getattr(given, name) for name in Algorithm.__struct_fields__}
    algorithms = ask.node.residents.algorithms
    is_new = algorithms.kept.get(algorithm_id) is None
    record = Algorithm(**(members | {"id": algorithm_id}))
    kept = await algorithms.set(ask.caller, record, now=ask.now)
    return json_of(kept, 201 if is_new else 200)


async def remove_algorithm(ask: Ask) -> Response:
    """Take an algorithm out of the register."""
    require_known(ask.caller)
    await ask.node.residents.algorithms.remove(ask.caller, ask.path("id"), now=ask.now)
    return Response(status_code=204)


def _sensor(ask: Ask) -> Sensor:
    return ask.node.residents.sensors.find(
        ask.node.governance.rules, ask.caller.tenant, ask.path("id"), now=ask.now
    )


async def _all(ask: Ask, dataset: str | None) -> AsyncIterator[Sensor]:
    offset, total = 0, 1
    while offset < min(total, _MOST_IN_FILE):
        page = await ask.node.residents.sensors.list(
            ask.node.governance.rules,
            ask.caller.tenant,
            dataset=dataset,
            limit=_MOST,
            offset=offset,
            now=ask.now,
        )
        total, offset = page.total, offset + _MOST
        for sensor in page.sensors:
            yield sensor


_Write = Callable[[Iterable[Sensor], str, str], bytes]


def _json_ld(sensors: Iterable[Sensor], base_url: str, language: str) -> bytes:
    return orjson.dumps(sensor_json_ld(sensors, base_url=base_url, language=language))


def _geojson(sensors: Iterable[Sensor], base_url: str, language: str) -> bytes:
    return orjson.dumps(sensor_geojson(sensors, base_url=base_url, language=language))


def _csv(sensors: Iterable[Sensor], base_url: str, language: str) -> bytes:
    return sensor_csv(sensors, base_url=base_url, language=language).encode("utf-8-sig")


_FILES: Final[Mapping[str, tuple[str, _Write]]] = {
    "jsonld": ("application/ld+json", _json_ld),
    "geojson": ("application/geo+json", _geojson),
    "csv": ("text/csv; charset=utf-8", _csv),
}

_SENSORS = "/governance/sensors"
_ALGORITHM = "/governance/algorithms/{id:path}"

ROUTES = (
    ApiRoute("GET", _SENSORS, list_sensors, SensorList, WhichSensors),
    ApiRoute(
        "GET",
        "/governance/sensor-register.{ending}",
        sensor_file,
        parameters=SensorFile,
        media=("application/ld+json", "application/geo+json", "text/csv"),
    ),
    ApiRoute("GET", f"{_SENSORS}/{{id:path}}/qr.svg", sensor_code, media=("image/svg+xml",)),
    ApiRoute("GET", f"{_SENSORS}/{{id:path}}", show_sensor, Sensor),
    ApiRoute("GET", "/governance/algorithms", list_algorithms, AlgorithmList, WhichWords),
    ApiRoute("GET", _ALGORITHM, show_algorithm, Algorithm),
    ApiRoute("PUT", _ALGORITHM, set_algorithm, Algorithm, body=AlgorithmGiven),
    ApiRoute("DELETE", _ALGORITHM, remove_algorithm, status=204),
)
