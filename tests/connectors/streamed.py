"""What tests of decoders share: messages, and readings as tests look at them."""

from collections.abc import Iterable
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.decoders import load_connector
from hanze.connectors.merging import read_observed
from hanze.connectors.streaming import Message, Options, Reading, Rejected, Scripted, Value
from hanze.ngsild.vocabulary import HANZE

__all__ = ["DECENTLAB", "RECEIVED", "by_entity", "message", "readings", "rejected", "shown"]

RECEIVED = "2026-11-22T12:00:00Z"

#: The frame of a Decentlab device: version, number and flags, then two bytes for each number.
DECENTLAB = """
function decodeUplink(input) {
  var at = 5;
  var flags = input.bytes[3] * 256 + input.bytes[4];
  function next() { at += 2; return input.bytes[at - 2] * 256 + input.bytes[at - 1]; }
  var data = { device_id: input.bytes[1] * 256 + input.bytes[2] };
  if (flags & 1) data.battery_voltage = { value: next() / 1000, unit: "V" };
  if (flags & 2) {
    ["pm1_0_mass_concentration", "pm2_5_mass_concentration", "pm4_mass_concentration",
     "pm10_mass_concentration"].forEach(function (name) {
      data[name] = { value: next() / 10, unit: "µg/m³" };
    });
    at += 12;
  }
  if (flags & 4) {
    data.air_temperature = { value: 175.72 * next() / 65536 - 46.85, unit: "°C" };
    data.air_humidity = { value: 125 * next() / 65536 - 6, unit: "%" };
  }
  if (flags & 8) data.barometric_pressure = { value: next() * 2, unit: "Pa" };
  return { data: data };
}
"""

#: Value, unit and time of an attribute of an entity; with its datasetId where it has one.
Shown = tuple[object, str | None, str | None]


def message(
    body: bytes | Path,
    source: str = "source",
    *,
    topic: str = "",
    options: Options | None = None,
    scripted: tuple[Scripted, ...] = (),
) -> Message:
    content = body.read_bytes() if isinstance(body, Path) else body
    return Message(source, RECEIVED, content, topic=topic, options=options or {}, scripted=scripted)


def readings(connector: str, sent: Message) -> list[Reading]:
    """Decode, and check that each reading is an entity of NGSI-LD."""
    found = [one for one in load_connector(connector).decode(sent) if isinstance(one, Reading)]
    for reading in found:
        read_observed(reading, Provenance("https://x.example/", "X", "https://y.example/"), HANZE)
    return found


def rejected(connector: str, sent: Message) -> list[Rejected]:
    return [one for one in load_connector(connector).decode(sent) if isinstance(one, Rejected)]


def by_entity(found: Iterable[Reading]) -> dict[str, list[Reading]]:
    entities: dict[str, list[Reading]] = {}
    for reading in found:
        entities.setdefault(reading.entity_id, []).append(reading)
    return entities


def shown(reading: Reading) -> dict[str, Shown]:
    """What a reading measures: "term" or "term/instance" → value, unit, time."""
    flat: dict[str, Shown] = {}
    for term, values in reading.values.items():
        for value in values if isinstance(values, tuple) else (values,):
            flat[_name(term, value)] = (
                value.value,
                value.unit_code,
                value.observed_at or reading.observed_at,
            )
    return flat


def _name(term: str, value: Value) -> str:
    return f"{term}/{value.dataset_id.rpartition(':')[2]}" if value.dataset_id else term
