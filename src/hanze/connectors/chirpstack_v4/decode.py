"""Events of ChirpStack v4, of MQTT or of its HTTP integration (pure).

`time` is when the network had the frame. What the device measured can be older: several readings
with a time of their own in one uplink, in any order.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from hanze.connectors import WrongInput
from hanze.connectors.lorawan import (
    Frame,
    best_gateway,
    decoded_frames,
    payload_bytes,
    port_of,
    uplinks_of,
)
from hanze.connectors.measured import document, member, number, objects, point, text, utc
from hanze.connectors.streaming import Message, Reading, Rejected, Uplink
from hanze.ngsild.model import JsonValue

__all__ = ["decode", "uplinks"]

_PLACE = ("longitude", "latitude", "altitude")

#: What an event without these tells is not about measuring: joins, acknowledgements, logs.
_TELLING = ("rxInfo", "data", "object", "batteryLevel", "margin")


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of an event: an uplink, or what a device says of its battery.

    Raises:
        WrongInput: The message is not a JSON object, or the option `fields` is not as it must be.
    """
    return decoded_frames(list(_frames(message)), message)


def uplinks(message: Message) -> Sequence[Uplink]:
    """Name the payloads that the source's script decodes."""
    return uplinks_of(_frames(message))


def _frames(message: Message) -> Iterator[Frame | Rejected]:
    json = document(message.body)
    if not isinstance(json, list | Mapping):
        raise WrongInput("The message must be a JSON object, or an array of them")
    # A frame reaches the application once; of a journal that was put together it may come twice.
    seen: set[str] = set()
    for one in json if isinstance(json, list) else [json]:
        if not isinstance(one, Mapping):
            yield Rejected("An event must be a JSON object", part=str(one))
            continue
        if not any(name in one for name in _TELLING):
            continue
        key = text(one.get("deduplicationId"))
        if key in seen:
            continue
        if key:
            seen.add(key)
        yield _frame(one, message) or Rejected(
            "The event names no device: deviceInfo must have devEui",
            part=str(one.get("deviceInfo")),
        )


def _frame(event: Mapping[str, JsonValue], message: Message) -> Frame | None:
    info = event.get("deviceInfo")
    eui = text(member(info, "devEui"))
    if not eui:
        return None
    best = best_gateway(objects(event.get("rxInfo")))
    decoded = event.get("object")
    return Frame(
        device=eui.lower(),
        name=text(member(info, "deviceName")),
        received_at=utc(event.get("time")) or message.received_at,
        f_port=port_of(event.get("fPort")),
        payload=payload_bytes(event.get("data")),
        decoded=decoded if isinstance(decoded, Mapping) else None,
        rssi=best[0],
        snr=best[1],
        battery=_battery(event),
        location=point(*(member(info, "tags", name) for name in _PLACE)),
    )


def _battery(event: Mapping[str, JsonValue]) -> Decimal | None:
    """Percent, where the device runs on a battery and can measure it."""
    level = number(event.get("batteryLevel"))
    if event.get("externalPowerSource") or event.get("batteryLevelUnavailable") or level is None:
        return None
    return level / 100


def _place(tags: JsonValue) -> object:
    return point(member(tags, "longitude"), member(tags, "latitude"), member(tags, "altitude"))
