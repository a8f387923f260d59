"""Residents' own sensors, with a key that they give themselves."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.sensors import (
    QUANTITIES,
    NewSensor,
    OwnSensor,
    add_readings,
    add_sensor,
    own_sensors,
    remove_sensors,
)
from hanze.identity.caller import Caller
from hanze.identity.resident_keys import NotAResidentKey, give_key, key_id_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.visitor import visitor_address

__all__ = ["ROUTES"]

_MOST_KB = 16


class GivenKey(Answer, frozen=True):
    """A key, shown once: it is not kept. It adds sensors of its owner and writes nothing else."""

    id: str
    key: str
    expires_at: str


class AddedSensor(Taken, frozen=True):
    """A sensor that somebody adds; where it hangs is rounded to about 100 m."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    model: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    indoor: bool = False


class SensorShown(Answer, frozen=True):
    """A sensor of the key, with its latest values."""

    number: int
    id: str
    name: str
    values: Mapping[str, float] = {}
    observed_at: str | None = None


class QuantityTaken(Answer, frozen=True):
    """What a sensor may measure: unit (UN/CEFACT Recommendation 20) and bounds."""

    name: str
    unit: str
    least: float
    most: float


class SensorsShown(Answer, frozen=True):
    """The sensors of the key, and what they may measure."""

    sensors: tuple[SensorShown, ...]
    quantities: tuple[QuantityTaken, ...]


class Readings(Taken, frozen=True):
    """What a sensor measured, by quantity; at the moment it arrives unless it says when."""

    values: Annotated[Mapping[str, float], Meta(min_length=1, max_length=20)]
    observed_at: Annotated[str, Meta(max_length=40)] | None = None


async def give(ask: Ask) -> GivenKey:
    """Give a key to whoever asks, to add sensors of their own."""
    settings = ask.node.settings.collective
    ask.node.visitors.keys.take(visitor_address(ask.node, ask.request), now=ask.now)
    key = give_key(
        ask.node.tokens, most=settings.resident_keys, days=settings.resident_key_days, now=ask.now
    )
    return GivenKey(id=key.id, key=key.secret, expires_at=key.expires_at)


async def list_own(ask: Ask) -> SensorsShown:
    """List the sensors of the key."""
    found = own_sensors(ask.node.store, _resident(ask))
    return SensorsShown(
        sensors=tuple(_shown(one) for one in found),
        quantities=tuple(
            QuantityTaken(name=name, unit=one.unit, least=one.least, most=one.most)
            for name, one in QUANTITIES.items()
        ),
    )


async def add(ask: Ask) -> SensorShown:
    """Add a sensor of the key."""
    caller = _resident(ask)
    body = await ask.body(AddedSensor, most_kb=_MOST_KB)
    ask.node.visitors.readings.take(caller.actor, now=ask.now)
    sensor = NewSensor(
        name=body.name,
        longitude=body.longitude,
        latitude=body.latitude,
        model=body.model,
        indoor=body.indoor,
    )
    return _shown(await add_sensor(ask.node.store, caller, sensor, now=ask.now))


async def read(ask: Ask) -> SensorShown:
    """Take what a sensor of the key measured."""
    caller = _resident(ask)
    body = await ask.body(Readings, most_kb=_MOST_KB)
    ask.node.visitors.readings.take(caller.actor, now=ask.now)
    done = await add_readings(
        ask.node.store,
        caller,
        int(ask.path("number")),
        body.values,
        observed_at=body.observed_at,
        now=ask.now,
    )
    return _shown(done)


async def remove(ask: Ask) -> Response:
    """Remove a sensor of the key."""
    caller = _resident(ask)
    await remove_sensors(ask.node.store, caller, int(ask.path("number")), now=ask.now)
    return Response(status_code=204)


async def give_up(ask: Ask) -> Response:
    """Give the key up: its sensors go, and it is useless from now on."""
    caller = _resident(ask)
    await remove_sensors(ask.node.store, caller, now=ask.now)
    ask.node.tokens.revoke(caller.actor, now=ask.now)
    return Response(status_code=204)


def _resident(ask: Ask) -> Caller:
    """Return whose key the request carries, also where everyone may write (`--dev`).

    Sensors live in the default tenant: a key makes no others.

    Raises:
        NotAResidentKey: It carries none.
        TokenRefused: The key is unknown, revoked or expired.
    """
    scheme, _, secret = ask.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAResidentKey
    caller = ask.node.tokens.verify(secret.strip(), now=ask.now)
    key_id_of(caller)
    return caller


def _shown(one: OwnSensor) -> SensorShown:
    return SensorShown(
        number=one.number,
        id=one.id,
        name=one.name,
        values=one.values,
        observed_at=one.observed_at,
    )


ROUTES = (
    ApiRoute("POST", "/keys", give, GivenKey, limited=True, status=201),
    ApiRoute("GET", "/my/sensors", list_own, SensorsShown),
    ApiRoute("POST", "/my/sensors", add, SensorShown, body=AddedSensor, limited=True, status=201),
    ApiRoute(
        "POST",
        "/my/sensors/{number:whole}/readings",
        read,
        SensorShown,
        body=Readings,
        limited=True,
    ),
    ApiRoute("DELETE", "/my/sensors/{number:whole}", remove, status=204),
    ApiRoute("DELETE", "/my/key", give_up, status=204),
)
