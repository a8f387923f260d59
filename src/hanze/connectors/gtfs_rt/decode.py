"""Feeds of GTFS-realtime: trip updates and vehicle positions (pure).

A trip is an entity by its id, of one day and one start where the feed tells these; a vehicle is one
by its own id. Names of lines and stops are in the operator's static GTFS, not here: entities hold the
keys of it. A stop of which the feed says neither arrival nor departure has no delay.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from hanze.connectors import WrongInput
from hanze.connectors.measured import Quantity, entity_id, known, point, refers, seconds
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.errors import ConfigurationError
from hanze.ngsild.model import AttributeKind, JsonValue

if TYPE_CHECKING:
    from google.transit import gtfs_realtime_pb2 as pb

__all__ = ["TransitExtraMissing", "decode"]

_TRIP: Final = "GtfsTrip"
_VEHICLE: Final = "Vehicle"

_DELAY: Final = Quantity("delay", "SEC")
_SPEED: Final = Quantity("speed", "MTS", low=Decimal(0), high=Decimal(200))
_BEARING: Final = Quantity("bearing", "DD", low=Decimal(0), high=Decimal(360))
_ODOMETER: Final = Quantity("mileageFromOdometer", "MTR", low=Decimal(0))

#: How full a vehicle is, as the specification's enumeration names it.
_SHARE: Final = Quantity("occupancy", "C62", Decimal("0.01"), low=Decimal(0))


class TransitExtraMissing(ConfigurationError):
    """GTFS-realtime is read with a library that is not installed."""

    def __init__(self) -> None:
        super().__init__("GTFS-realtime needs the extra transit: pip install 'hanze[transit]'")


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of a feed.

    Raises:
        WrongInput: It is no feed of GTFS-realtime.
        TransitExtraMissing: The library that reads it is not installed.
    """
    feed = _feed(message.body)
    told = seconds(feed.header.timestamp) or message.received_at
    for entity in feed.entity:
        if entity.is_deleted:
            continue
        if entity.HasField("trip_update"):
            yield _trip(entity.trip_update, told, message)
        if entity.HasField("vehicle"):
            yield _vehicle(entity.vehicle, entity.id, told, message)


def _feed(body: bytes) -> "pb.FeedMessage":
    try:
        # An extra: two libraries that only those need who follow public transport.
        from google.protobuf.message import DecodeError  # noqa: PLC0415
        from google.transit import gtfs_realtime_pb2  # noqa: PLC0415
    except ImportError as error:
        raise TransitExtraMissing from error
    feed = gtfs_realtime_pb2.FeedMessage()
    try:
        feed.ParseFromString(body)
    except DecodeError as error:
        raise WrongInput("The message is no feed of GTFS-realtime (protocol buffers)") from error
    if not feed.IsInitialized():
        raise WrongInput("The feed lacks its header")
    return feed


def _trip_key(trip: "pb.TripDescriptor") -> str:
    """Trips of a timetable run each day, those of a frequency several times a day."""
    if not trip.trip_id:
        return "-".join(filter(None, (trip.route_id, trip.start_date, trip.start_time)))
    return ":".join(filter(None, (trip.trip_id, trip.start_date, trip.start_time)))


def _trip(update: "pb.TripUpdate", told: str, message: Message) -> Reading | Rejected:
    key = _trip_key(update.trip)
    if not key:
        return Rejected("A trip update must name its trip or its route", part=str(update))
    thing = {"tripId": known(update.trip.trip_id)} if update.trip.trip_id else {}
    if update.trip.route_id:
        thing["routeId"] = known(update.trip.route_id)
    if update.trip.start_date:
        thing["startDate"] = known(update.trip.start_date)
    stops = [_stop(stop) for stop in update.stop_time_update]
    values: dict[str, Value] = {}
    delay = _delay(update)
    if delay is not None:
        values["delay"] = delay
    if stops:
        values["stopTimeUpdates"] = Value(stops, kind=AttributeKind.JSON_PROPERTY)
    schedule = update.trip.ScheduleRelationship.Name(update.trip.schedule_relationship)
    if update.trip.HasField("schedule_relationship"):
        values["scheduleRelationship"] = Value(schedule)
    return Reading(
        entity_id(_TRIP, message.source, key),
        _TRIP,
        observed_at=(seconds(update.timestamp) or told) if values else None,
        values=values,
        thing=thing,
    )


def _delay(update: "pb.TripUpdate") -> Value | None:
    """The trip's own delay, else that at the first stop for which one is told."""
    if update.HasField("delay"):
        return _DELAY.of(Decimal(update.delay))
    for stop in update.stop_time_update:
        for name in ("arrival", "departure"):
            event = getattr(stop, name)
            if event.HasField("delay"):
                return _DELAY.of(Decimal(event.delay))
    return None


def _stop(stop: "pb.TripUpdate.StopTimeUpdate") -> JsonValue:
    told: dict[str, JsonValue] = {}
    if stop.HasField("stop_sequence"):
        told["stopSequence"] = stop.stop_sequence
    if stop.stop_id:
        told["stopId"] = stop.stop_id
    for name in ("arrival", "departure"):
        event = getattr(stop, name)
        if event.HasField("delay"):
            told[f"{name}DelaySeconds"] = event.delay
        moment = seconds(event.time) if event.HasField("time") else None
        if moment:
            told[f"{name}Time"] = moment
    if stop.HasField("schedule_relationship"):
        told["scheduleRelationship"] = stop.ScheduleRelationship.Name(stop.schedule_relationship)
    return told


def _vehicle(
    found: "pb.VehiclePosition", entity_key: str, told: str, message: Message
) -> Reading | Rejected:
    key = found.vehicle.id or found.vehicle.label or _trip_key(found.trip) or entity_key
    if not key:
        return Rejected("A vehicle position must name its vehicle or its trip", part=str(found))
    values: dict[str, Value] = {}
    parts: list[str] = []
    if found.HasField("position"):
        place = point(_plain(found.position.longitude), _plain(found.position.latitude))
        if place is None:
            parts.append("The position is no place on Earth")
        else:
            values["location"] = place
        values |= dict(_movement(found.position))
    if found.HasField("occupancy_percentage"):
        share = _SHARE.of(Decimal(found.occupancy_percentage))
        if share is not None:
            values["occupancy"] = share
    if found.stop_id:
        values["stopId"] = Value(found.stop_id)
    trip = _trip_key(found.trip)
    if trip:
        values["servesTrip"] = refers(entity_id(_TRIP, message.source, trip))
    thing = {"name": known(found.vehicle.label)} if found.vehicle.label else {}
    if found.trip.route_id:
        thing["routeId"] = known(found.trip.route_id)
    return Reading(
        entity_id(_VEHICLE, message.source, key),
        _VEHICLE,
        observed_at=(seconds(found.timestamp) or told) if values else None,
        values=values,
        thing=thing,
        parts=tuple(parts),
    )


def _movement(position: "pb.Position") -> Iterator[tuple[str, Value]]:
    for name, quantity in (("bearing", _BEARING), ("speed", _SPEED), ("odometer", _ODOMETER)):
        value = quantity.of(_shortest(getattr(position, name))) if position.HasField(name) else None
        if value is not None:
            yield quantity.term, value


def _shortest(single: float) -> Decimal | None:
    """A number of 32 bits has seven digits; the rest is noise of its conversion."""
    found = Decimal(f"{single:.7g}") if abs(single) < 1e12 else None
    return found if found is not None and found.is_finite() else None


def _plain(single: float) -> float | None:
    found = _shortest(single)
    return None if found is None else float(found)
