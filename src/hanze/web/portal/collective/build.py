"""Building on open data: a key that residents give themselves, their own sensors and readings."""

from dataclasses import dataclass

from starlette.responses import Response

from hanze.collaboration.sensors import (
    QUANTITIES,
    NewSensor,
    OwnSensor,
    UnfitReading,
    add_readings,
    add_sensor,
)
from hanze.errors import HanzeError
from hanze.identity.resident_keys import ResidentKey, give_key
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt, number_given
from hanze.web.portal.forms import Given
from hanze.web.visitor import visitor_address

__all__ = ["show", "take"]

#: Keys of this node have 49 characters.
_LONGEST = 500


@dataclass
class _Done:
    """What a form brought about."""

    key: ResidentKey | None = None
    sensor: OwnSensor | None = None
    reading: bool = False


async def show(desk: Desk) -> Response:
    return _page(desk, _Done())


async def take(desk: Desk, given: Given) -> Response:
    """Give a key, add a sensor of a key, or take a reading of it."""
    done = _Done()
    steps = {"sensor": _sensor, "reading": _reading}
    action = steps.get(given.text("do"), _key)
    refused, status = await attempt(action(desk, given, done))
    return _page(desk, done, given=given, refused=refused, status=status)


async def _key(desk: Desk, given: Given, done: _Done) -> None:  # noqa: ARG001  # nothing is filled in
    node = desk.visit.site.node
    settings = node.settings.collective
    node.visitors.keys.take(visitor_address(node, desk.visit.request), now=desk.visit.now)
    done.key = give_key(
        node.tokens,
        most=settings.resident_keys,
        days=settings.resident_key_days,
        now=desk.visit.now,
    )


async def _sensor(desk: Desk, given: Given, done: _Done) -> None:
    node = desk.visit.site.node
    caller = node.tokens.verify(given.text("key")[:_LONGEST], now=desk.visit.now)
    sensor = NewSensor(
        name=given.text("name"),
        longitude=_degrees(given, "longitude"),
        latitude=_degrees(given, "latitude"),
        model=given.text("model") or None,
        indoor=given.text("indoor") == "yes",
    )
    done.sensor = await add_sensor(node.store, caller, sensor, now=desk.visit.now)


async def _reading(desk: Desk, given: Given, done: _Done) -> None:
    node = desk.visit.site.node
    caller = node.tokens.verify(given.text("key")[:_LONGEST], now=desk.visit.now)
    try:
        value = float(given.text("value").replace(",", "."))
    except ValueError:
        raise UnfitReading("The value must be a number", field="value") from None
    done.sensor = await add_readings(
        node.store,
        caller,
        number_given(given, "number", least=1, most=1_000) or 0,
        {given.text("quantity"): value},
        now=desk.visit.now,
    )
    done.reading = True


def _degrees(given: Given, name: str) -> float:
    try:
        return float(given.text(name).replace(",", "."))
    except ValueError:
        raise UnfitReading(f"{name} must be a number of degrees", field=name) from None


def _page(
    desk: Desk,
    done: _Done,
    *,
    given: Given | None = None,
    refused: Refused = None,
    status: int = 200,
) -> Response:
    settings = desk.visit.site.node.settings.collective
    response = desk.page(
        "build.html",
        menu="build",
        status=status,
        done=done,
        given=given or Given({}),
        refused=refused if isinstance(refused, HanzeError) else None,
        base=desk.visit.base_url,
        days=settings.resident_key_days,
        keys=settings.resident_keys > 0,
        quantities=[
            (name, desk.field(name), desk.visit.language.term("unit", one.unit) or one.unit, one)
            for name, one in QUANTITIES.items()
        ],
    )
    response.headers["cache-control"] = "no-store"
    return response
