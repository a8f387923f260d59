"""What requests say of entity maps, and what answers say (CIM 009, 6.4.3.2, 5.5.14)."""

from dataclasses import replace
from typing import Final

from hanze.broker.entity_map import EntityMap, MapWish
from hanze.errors import InvalidInput
from hanze.ngsild.temporal.durations import DAY, parse_duration
from hanze.ngsild.terms import API_PATH
from hanze.web.api.parameters import Parameters
from hanze.web.http import Request, Response

__all__ = ["map_location", "note_map", "wished", "with_header"]

_MONTH: Final = 30 * DAY
_SECOND: Final = 1_000_000
_LONGEST: Final = 2048


def wished(parameters: Parameters) -> MapWish:
    """Read entityMap and entityMapLifetime.

    Raises:
        InvalidInput: One of them is wrong.
    """
    wanted = parameters.flag("entityMap")
    text = parameters.get("entityMapLifetime")
    if text is None:
        return MapWish(wanted)
    length = parse_duration(text, field="entityMapLifetime")
    return MapWish(wanted, None, (length.months * _MONTH + length.microseconds) / _SECOND)


def with_header(request: Request, wish: MapWish) -> MapWish:
    """Add the map that the header NGSILD-EntityMap names.

    Raises:
        InvalidInput: It names none.
    """
    header = request.header(b"ngsild-entitymap")
    if header is None:
        return wish
    location = header.decode("latin-1").strip()
    if not location or len(location) > _LONGEST:
        raise InvalidInput(
            "NGSILD-EntityMap must name an entity map",
            field="NGSILD-EntityMap",
            value=location,
            clause="6.4.3.2",
        )
    return replace(wish, location=location)


def map_location(found: EntityMap) -> str:
    """Give the path of a map's resource (6.32)."""
    return f"{API_PATH}/entityMaps/{found.id}"


def note_map(response: Response, found: EntityMap | None, *, created: bool) -> None:
    """Say which map was used; one that is new is a new resource (table 6.4.3.2-3)."""
    if found is None:
        return
    location = map_location(found).encode()
    response.headers.append((b"ngsild-entitymap", location))
    if created and response.status == 200:
        response.status = 201
        response.headers.append((b"location", location))
