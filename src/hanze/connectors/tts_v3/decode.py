"""Uplinks of The Things Stack v3: of MQTT, of a webhook, or exported events of its console (pure).

Fields that equal 0, "" or false are not in the messages. A frame that several gateways heard is one
message, with a row of metadata for each.
"""

from collections.abc import Iterator, Mapping, Sequence

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
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["decode", "uplinks"]

#: Event of an export that carries what MQTT and webhooks carry; others repeat it, or are no data.
_FORWARDED = "as.up.data.forward"

_PLACE = ("longitude", "latitude", "altitude")


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of uplinks.

    Raises:
        WrongInput: The message is not JSON, or the option `fields` is not as it must be.
    """
    return decoded_frames(list(_frames(message)), message)


def uplinks(message: Message) -> Sequence[Uplink]:
    """Name the payloads that the source's script decodes."""
    return uplinks_of(_frames(message))


def _frames(message: Message) -> Iterator[Frame | Rejected]:
    json = document(message.body)
    if not isinstance(json, list | Mapping):
        raise WrongInput("The message must be a JSON object, or an array of exported events")
    for one in json if isinstance(json, list) else [json]:
        if not isinstance(one, Mapping):
            yield Rejected("An event must be a JSON object", part=str(one))
            continue
        sent = _unwrapped(one)
        if sent is None or member(sent, "uplink_message") is None:
            continue
        frame = _frame(sent, message)
        yield frame or Rejected(
            "The uplink names no device: end_device_ids must have dev_eui or device_id",
            part=str(sent.get("end_device_ids")),
        )


def _unwrapped(one: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | None:
    """Take an ApplicationUp out of an event; `None` where the event is about something else."""
    if "end_device_ids" in one:
        return one
    inner = one.get("data", one.get("result"))
    if not isinstance(inner, Mapping) or one.get("name", _FORWARDED) != _FORWARDED:
        return None
    return inner


def _frame(sent: Mapping[str, JsonValue], message: Message) -> Frame | None:
    ids = sent.get("end_device_ids")
    eui, name = text(member(ids, "dev_eui")), text(member(ids, "device_id"))
    if not eui and not name:
        return None
    up = sent.get("uplink_message")
    # The network's time of reception; the application server's follows within a second.
    received = utc(member(up, "received_at")) or utc(sent.get("received_at"))
    best = best_gateway(objects(member(up, "rx_metadata")))
    battery = number(member(up, "last_battery_percentage", "value"))
    decoded = member(up, "normalized_payload") or member(up, "decoded_payload")
    return Frame(
        device=eui.lower() if eui else name or "",
        name=name,
        received_at=received or message.received_at,
        f_port=port_of(member(up, "f_port")),
        payload=payload_bytes(member(up, "frm_payload")),
        decoded=_decoded(decoded),
        rssi=best[0],
        snr=best[1],
        battery=None if battery is None else battery / 100,
        location=point(*(member(up, "locations", "user", name) for name in _PLACE)),
    )


def _decoded(json: JsonValue) -> JsonObject | None:
    if isinstance(json, list):
        return {"readings": json}
    return json if isinstance(json, Mapping) else None
