"""Read Sensor.Community's JSON: what the service answers (pull), what the firmware sends (push).

Numbers come as texts. Times carry no zone; the service writes UTC, so they are read as UTC. What
the firmware sends has neither a time nor a position, and often no name: the caller adds them.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from hanze.connectors import Expand, Provenance, WrongInput, streaming
from hanze.connectors.measured import document, entity_id, known, number, text, utc
from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue

__all__ = ["Reading", "decode", "entity_of", "read_reading"]

TYPE = "AirQualityObserved"


class _Quantity(NamedTuple):
    """What a value type of the source is in the data model.

    `relativeHumidity` is a number from 0 to 1 there, hence the factor; the pressure stays in pascal.
    """

    attribute: str
    unit_code: str
    factor: Decimal = Decimal(1)
    may_be_negative: bool = False


#: GQ is microgram per cubic metre, CEL degree Celsius, C62 one (a fraction), PAL pascal.
_QUANTITIES = {
    "P0": _Quantity("pm1", "GQ"),
    "P1": _Quantity("pm10", "GQ"),
    "P2": _Quantity("pm25", "GQ"),
    "P4": _Quantity("pm4", "GQ"),
    "temperature": _Quantity("temperature", "CEL", may_be_negative=True),
    "humidity": _Quantity("relativeHumidity", "C62", Decimal("0.01")),
    "pressure": _Quantity("pressure", "PAL"),
}

#: The firmware puts the sensor's name before the value type.
_PREFIXES = (
    *("SDS_", "PMS_", "HPM_", "NPM_", "SPS30_", "BME280_", "BMP_", "BMP280_", "DHT_"),
    *("HTU21D_", "SHT3X_", "SCD30_"),
)


class Reading(NamedTuple):
    """One message: the values of one sensor at one moment.

    Attributes:
        sensor: The sensor's own key.
        observed_at: DateTime text, UTC.
        values: Number by value type; `None` where the text is no number.
        location: GeoJSON Point.
        rounded: Whether the source rounded the position; `None` where it does not say.
        indoor: Whether the sensor hangs inside; `None` where it does not say.
        model: Kind of sensor, e.g. "SDS011".
    """

    sensor: str
    observed_at: str
    values: Mapping[str, Decimal | None]
    location: JsonValue = None
    rounded: bool | None = None
    indoor: bool | None = None
    model: str | None = None


def read_reading(
    json: JsonValue, *, sensor: str | None = None, received: str | None = None
) -> Reading:
    """Read one message, of either format.

    Args:
        json: A JSON object.
        sensor: Key of the sensor, for messages that do not say it.
        received: DateTime text, UTC, for messages without a time.

    Raises:
        InvalidInput: Something that a reading needs is missing or is not what it must be.
    """
    message = _object(json, "a record")
    values = message.get("sensordatavalues")
    if not isinstance(values, list):
        raise InvalidInput("sensordatavalues must be an array", field="sensordatavalues")
    place = message.get("location")
    location = place if isinstance(place, dict) else {}
    return Reading(
        sensor=_sensor(message, sensor),
        observed_at=_time(message.get("timestamp"), received),
        values=dict(_pair(value) for value in values),
        location=_point(location),
        rounded=_flag(location.get("exact_location"), inverted=True),
        indoor=_flag(location.get("indoor")),
        model=_model(message.get("sensor")),
    )


def decode(message: streaming.Message) -> Iterator[streaming.Reading | streaming.Rejected]:
    """Make readings of an answer of the service, or of what the firmware sends.

    A message of the firmware that does not name its sensor takes the name from the topic, or from
    the option `sensor`; one without a time takes that of its arrival.

    Raises:
        WrongInput: The message is neither JSON nor an object a line.
    """
    # The path of an address that was asked starts with a slash, and names no sensor.
    pushed = "" if message.topic.startswith("/") else message.topic.rpartition("/")[2]
    given = pushed or text(message.options.get("sensor"))
    for json in _messages(message.body):
        try:
            reading = read_reading(json, sensor=given, received=message.received_at)
        except InvalidInput as error:
            yield streaming.Rejected(str(error), part=str(json))
        else:
            yield _streamed(reading, message)


def _messages(body: bytes) -> list[JsonValue]:
    try:
        found = document(body)
    except WrongInput:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [document(line) for line in lines]
    return list(found) if isinstance(found, list) else [found]


def _streamed(reading: Reading, message: streaming.Message) -> streaming.Reading:
    values: dict[str, streaming.Value] = {}
    parts: list[str] = []
    for value_type, found in reading.values.items():
        quantity = _QUANTITIES.get(_plain(value_type))
        reason = _reason(quantity, found)
        if quantity is not None and found is not None and not reason:
            made = float(found * quantity.factor)
            values[quantity.attribute] = streaming.Value(made, unit_code=quantity.unit_code)
        elif quantity is not None:
            parts.append(f"{value_type} is {reason}")
    thing: dict[str, streaming.Value] = {}
    if reading.location is not None:
        place = reading.location
        thing["location"] = streaming.Value(place, kind=AttributeKind.GEO_PROPERTY)
        if reading.rounded is not None:
            thing["locationRounded"] = known(reading.rounded)
    if reading.indoor is not None:
        thing["typeofLocation"] = known("indoor" if reading.indoor else "outdoor")
    if reading.model:
        thing["measurementEquipment"] = known(reading.model)
    return streaming.Reading(
        entity_id(TYPE, message.source, reading.sensor),
        TYPE,
        observed_at=reading.observed_at if values else None,
        values=values,
        thing=thing,
        device=reading.sensor,
        parts=tuple(parts),
    )


def entity_of(
    reading: Reading, provenance: Provenance, expand: Expand
) -> tuple[Entity, Mapping[str, str]]:
    """Make the entity of a sensor.

    Returns:
        The entity, and by value type why a value did not get into it: "notSupported" (another
        quantity, or the firmware's own bookkeeping), "missing" (no number) or "negative".
    """
    attributes: dict[str, Instances] = {}
    left_out: dict[str, str] = {}
    for value_type, found in reading.values.items():
        quantity = _QUANTITIES.get(_plain(value_type))
        reason = _reason(quantity, found)
        if reason or quantity is None or found is None:
            left_out[value_type] = reason
            continue
        attributes[expand(quantity.attribute)] = (
            Attribute(
                kind=AttributeKind.PROPERTY,
                value=float(found * quantity.factor),
                unit_code=quantity.unit_code,
                observed_at=reading.observed_at,
            ),
        )
    attributes |= _about(reading, expand)
    entity = Entity(
        id=entity_id(TYPE, "sensor-community", reading.sensor),
        types=(expand(TYPE),),
        attributes=attributes | provenance.attributes(expand),
    )
    return entity, left_out


def _about(reading: Reading, expand: Expand) -> dict[str, Instances]:
    date: JsonValue = {"@type": "DateTime", "@value": reading.observed_at}
    attributes: dict[str, Instances] = {
        expand("dateObserved"): (
            Attribute(kind=AttributeKind.PROPERTY, value=date, observed_at=reading.observed_at),
        )
    }
    if reading.location is not None:
        about: dict[str, Instances] = {}
        if reading.rounded is not None:
            about[expand("locationRounded")] = _property(reading.rounded)
        attributes[expand("location")] = (
            Attribute(kind=AttributeKind.GEO_PROPERTY, value=reading.location, attributes=about),
        )
    if reading.indoor is not None:
        attributes[expand("typeofLocation")] = _property("indoor" if reading.indoor else "outdoor")
    if reading.model:
        attributes[expand("measurementEquipment")] = _property(reading.model)
    return attributes


def _property(value: JsonValue) -> Instances:
    return (Attribute(kind=AttributeKind.PROPERTY, value=value),)


def _reason(quantity: _Quantity | None, number: Decimal | None) -> str:
    if quantity is None:
        return "notSupported"
    if number is None:
        return "missing"
    return "negative" if number < 0 and not quantity.may_be_negative else ""


def _plain(value_type: str) -> str:
    for prefix in _PREFIXES:
        if value_type.startswith(prefix):
            return value_type.removeprefix(prefix)
    return value_type


def _object(json: JsonValue, what: str) -> Mapping[str, JsonValue]:
    if not isinstance(json, dict):
        raise InvalidInput(f"{what} must be a JSON object", value=json)
    return json


def _pair(json: JsonValue) -> tuple[str, Decimal | None]:
    pair = _object(json, "a member of sensordatavalues")
    name = pair.get("value_type")
    if not isinstance(name, str):
        raise InvalidInput("value_type must be a text", field="value_type", value=name)
    return name, number(pair.get("value"))


def _sensor(message: Mapping[str, JsonValue], given: str | None) -> str:
    sensor = message.get("sensor")
    if isinstance(sensor, dict) and isinstance(sensor.get("id"), int):
        return str(sensor["id"])
    for chip in ("esp8266id", "esp32id"):
        if name := text(message.get(chip)):
            return f"{chip.removesuffix('id')}-{name}"
    if given is None:
        raise InvalidInput(
            "the message names no sensor: the firmware says it in a header; give it with --sensor",
            field="sensor",
        )
    return given


def _time(json: JsonValue, received: str | None) -> str:
    if json is None:
        if received is None:
            raise InvalidInput(
                "the message has no time: give the time of arrival with --received",
                field="timestamp",
            )
        return received
    moment = utc(json)
    if moment is None:
        raise InvalidInput("timestamp is not a time", field="timestamp", value=json)
    return moment


def _point(location: Mapping[str, JsonValue]) -> JsonValue:
    east, north = number(location.get("longitude")), number(location.get("latitude"))
    if east is None or north is None or abs(north) > 90 or abs(east) > 180:
        return None
    position: list[JsonValue] = [float(east), float(north)]
    altitude = number(location.get("altitude"))
    if altitude is not None:
        position.append(float(altitude))
    return {"type": "Point", "coordinates": position} if east or north else None


def _flag(json: JsonValue, *, inverted: bool = False) -> bool | None:
    return bool(json) is not inverted if json in (0, 1) else None


def _model(json: JsonValue) -> str | None:
    kind = json.get("sensor_type") if isinstance(json, dict) else None
    name = kind.get("name") if isinstance(kind, dict) else None
    return name if isinstance(name, str) else None
