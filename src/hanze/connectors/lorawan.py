"""Frames of LoRaWAN devices as readings, whichever network server passes them on (pure).

A frame tells of the device (battery, signal) and of what it measured. The device is one entity; what
it measured goes to the types that these attributes belong to, or to the one that the source names.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import structs

from hanze.connectors import WrongInput
from hanze.connectors.lorawan_fields import Fields, Sample, read_fields, samples
from hanze.connectors.measured import Quantity, entity_id, known, number, refers
from hanze.connectors.streaming import Message, Reading, Rejected, Scripted, Uplink, Value
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = [
    "DEVICE",
    "Frame",
    "best_gateway",
    "decoded_frames",
    "payload_bytes",
    "port_of",
    "uplinks_of",
]

DEVICE: Final = "Device"

_RSSI: Final = Quantity("rssi", "DBM")
_SNR: Final = Quantity("snr", "2N")
_BATTERY: Final = Quantity("batteryLevel", "C62", low=Decimal(0), high=Decimal(1))

#: A clock of a device that is further ahead than this is wrong.
_AHEAD: Final = timedelta(minutes=10)

#: Which type an attribute belongs to; those that are not here are the device's.
_TYPES: Final[Mapping[str, str]] = {
    term: name
    for name, terms in {
        "AirQualityObserved": "pm1 pm25 pm4 pm10 co co2 no no2 nox nh3 o3 so2",
        "GreenspaceRecord": "soilMoistureVwc soilTemperature",
        "NoiseLevelObserved": "LAeq LAmax",
        "WaterObserved": "waterLevel waterTemperature flow",
        "WeatherObserved": "temperature relativeHumidity atmosphericPressure illuminance "
        "precipitation windSpeed windDirection gustSpeed solarRadiation dewPoint",
        "CrowdFlowObserved": "peopleCount",
    }.items()
    for term in terms.split()
}


class Frame(NamedTuple):
    """What a network server says of one frame.

    Attributes:
        device: DevEUI in small letters, or the server's own key of the device.
        received_at: DateTime text, UTC: when the network had it.
        name: Of the device.
        f_port: 0 where there is no payload.
        payload: As it was sent.
        decoded: What the server's own decoder made of it.
        rssi: Of the gateway that heard it best, in dBm.
        snr: Of the same gateway, in dB.
        battery: From 0 to 1.
        location: Of the device, where the server knows it.
    """

    device: str
    received_at: str
    name: str | None = None
    f_port: int = 0
    payload: bytes = b""
    decoded: JsonObject | None = None
    rssi: Decimal | None = None
    snr: Decimal | None = None
    battery: Decimal | None = None
    location: Value | None = None

    @property
    def has_payload(self) -> bool:
        """Whether there is something for a script to decode."""
        return bool(self.payload) and 1 <= self.f_port <= 223


def uplinks_of(found: Iterable[Frame | Rejected]) -> Sequence[Uplink]:
    """Name what a script decodes, in the order of the frames; nothing of what cannot be read."""
    try:
        return [
            Uplink(one.payload, one.f_port, one.received_at)
            for one in found
            if isinstance(one, Frame) and one.has_payload
        ]
    except WrongInput:
        return ()


def decoded_frames(
    found: Sequence[Frame | Rejected], message: Message
) -> Iterator[Reading | Rejected]:
    """Yield the readings of frames, each with what the source's script made of it.

    Raises:
        WrongInput: The source's option `fields` is not as it must be.
    """
    answers = iter(message.scripted)
    fields = read_fields(message.options.get("fields"))
    told: set[str] = set()
    for one in found:
        if isinstance(one, Rejected):
            yield one
            continue
        scripted = next(answers, None) if one.has_payload else None
        for made in _readings(one, scripted, message, fields):
            if isinstance(made, Reading) and made.parts:
                # An export has hundreds of frames with one and the same problem.
                fresh = tuple(part for part in made.parts if f"{made.device} {part}" not in told)
                told.update(f"{made.device} {part}" for part in fresh)
                yield structs.replace(made, parts=fresh)
            else:
                yield made


def best_gateway(
    gateways: Iterable[Mapping[str, JsonValue]],
) -> tuple[Decimal | None, Decimal | None]:
    """Return RSSI and SNR of the gateway with the clearest signal; 0 may have been left out."""
    zero = Decimal(0)
    heard = [(number(one.get("rssi", 0)), number(one.get("snr", 0))) for one in gateways]
    return max(heard, key=lambda one: (one[1] or zero, one[0] or zero), default=(None, None))


def payload_bytes(json: JsonValue) -> bytes:
    """Return the bytes that Base64 writes; none where it is no Base64."""
    try:
        return base64.b64decode(json, validate=True) if isinstance(json, str) else b""
    except (binascii.Error, ValueError):
        return b""


def port_of(json: JsonValue) -> int:
    """Return the port, 0 where there is none."""
    return json if isinstance(json, int) and not isinstance(json, bool) else 0


def _readings(
    frame: Frame, scripted: Scripted | None, message: Message, fields: Fields
) -> Iterator[Reading | Rejected]:
    """Yield what the device measured, and the device."""
    if scripted is not None and scripted.data is None:
        why = "; ".join(scripted.errors) or "it gave no data"
        yield Rejected(f"The payload decoder refuses the frame: {why}", part=frame.payload.hex())
    payload = scripted.data if scripted is not None else frame.decoded
    taken = list(samples(payload, fields))
    device = entity_id(DEVICE, message.source, frame.device)
    parts = [*_notes(frame, payload, taken), *(scripted.warnings if scripted is not None else ())]
    own: dict[str, dict[str, tuple[Value, ...]]] = {}
    for sample in taken:
        moment, note = _moment(sample, frame)
        parts += note
        for term, values in sample.values.items():
            kind = _type_of(term, message)
            if kind == DEVICE:
                own.setdefault(moment, {})[term] = values
        yield from _measured(frame, sample, moment, message, device)
    signal = _signal(frame)
    present: dict[str, Value | tuple[Value, ...]] = {**signal, **own.pop(frame.received_at, {})}
    yield Reading(
        device,
        DEVICE,
        observed_at=frame.received_at if present else None,
        values=present,
        thing=_thing(frame),
        device=frame.device,
        parts=tuple(dict.fromkeys(parts)),
    )
    for moment, values_then in own.items():
        yield Reading(device, DEVICE, moment, values_then, device=frame.device)


def _measured(
    frame: Frame, sample: Sample, moment: str, message: Message, device: str
) -> Iterator[Reading]:
    by_type: dict[str, dict[str, tuple[Value, ...]]] = {}
    for term, values in sample.values.items():
        kind = _type_of(term, message)
        if kind != DEVICE:
            by_type.setdefault(kind, {})[term] = values
    about = {"refDevice": refers(device)}
    if frame.location is not None:
        about["location"] = frame.location
    for kind, values_of in by_type.items():
        key = entity_id(kind, message.source, frame.device)
        yield Reading(key, kind, moment, values_of, about, device=frame.device)


def _type_of(term: str, message: Message) -> str:
    own = _TYPES.get(term, DEVICE)
    if term in {"batteryLevel", "batteryVoltage"}:
        return DEVICE
    return str(message.options.get("entity_type") or "") or own


def _thing(frame: Frame) -> dict[str, Value]:
    thing = {"serialNumber": known(frame.device)}
    if frame.name:
        thing["name"] = known(frame.name)
    if frame.location is not None:
        thing["location"] = frame.location
    return thing


def _signal(frame: Frame) -> dict[str, Value]:
    told = (
        (_RSSI, frame.rssi),
        (_SNR, frame.snr),
        (_BATTERY, frame.battery),
    )
    made = ((quantity.term, quantity.of(found)) for quantity, found in told)
    return {term: value for term, value in made if value is not None}


def _moment(sample: Sample, frame: Frame) -> tuple[str, list[str]]:
    """The payload's own time, unless the device's clock is ahead of the network's."""
    if sample.observed_at is None:
        return frame.received_at, []
    own, arrival = map(datetime.fromisoformat, (sample.observed_at, frame.received_at))
    if own - arrival > _AHEAD:
        return frame.received_at, [
            f"The device says {sample.observed_at}, after it was received: the time of arrival is kept"
        ]
    return sample.observed_at, []


def _notes(frame: Frame, payload: JsonObject | None, taken: Sequence[Sample]) -> Iterator[str]:
    if payload is None and frame.has_payload:
        yield (
            f"A payload of {len(frame.payload)} bytes on port {frame.f_port} has no decoder: "
            "give the source a script, or the network server a payload formatter"
        )
    unread = dict.fromkeys(name for sample in taken for name in sample.unread)
    if unread:
        yield (
            f"No attribute or no unit is known for {', '.join(unread)}: the option fields can name it"
        )
