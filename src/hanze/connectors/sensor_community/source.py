"""Files of Sensor.Community: one JSON array, one object, or an object a line."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from hanze.connectors import DamagedInput, Expand, Provenance, Refusals, WrongInput
from hanze.connectors.sensor_community.decode import Reading, entity_of, read_reading
from hanze.errors import InvalidInput
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["SensorCommunityFile"]

#: The service's answer for the whole world is about 30 MB.
MAX_SIZE = 256 << 20

_INK = re.compile(r"[^ \t\r\n]|$")


class SensorCommunityFile:
    """A run over one file.

    Args:
        path: The file.
        provenance: From the manifest.
        expand: Makes IRIs of the terms.
        sensor: Key of the sensor, for messages of the firmware that do not say it.
        received: DateTime text in UTC, for messages without a time.
    """

    def __init__(
        self,
        path: Path,
        provenance: Provenance,
        expand: Expand,
        *,
        sensor: str | None = None,
        received: str | None = None,
    ) -> None:
        self.refusals = Refusals()
        self.size = path.stat().st_size
        self.position = 0
        self._path = path
        self._provenance = provenance
        self._expand = expand
        self._sensor = sensor
        self._received = received
        self._records = 0
        self._older = 0
        self._stored: Counter[str] = Counter()
        self._left_out: dict[str, Counter[str]] = {}

    def entities(self) -> Iterator[Entity]:
        """Yield an entity for each sensor: of several readings the newest is the present state."""
        newest: dict[str, Reading] = {}
        damage: DamagedInput | None = None
        try:
            for record, message, line in self._messages():
                self._records = record
                self._take(newest, message, record, line)
        except DamagedInput as error:
            damage = error
        for reading in newest.values():
            entity, left_out = entity_of(reading, self._provenance, self._expand)
            for value_type in reading.values:
                if value_type in left_out:
                    reasons = self._left_out.setdefault(left_out[value_type], Counter())
                    reasons[value_type] += 1
                else:
                    self._stored[value_type] += 1
            yield entity
        self.position = self.size
        if damage is not None:
            raise damage

    def _take(
        self, newest: dict[str, Reading], message: JsonValue, record: int, line: int | None
    ) -> None:
        try:
            reading = read_reading(message, sensor=self._sensor, received=self._received)
        except InvalidInput as error:
            self.refusals.add(str(error), line=line, record=record)
            return
        known = newest.get(reading.sensor)
        if known is None or known.observed_at < reading.observed_at:
            newest[reading.sensor] = reading
        elif known.observed_at == reading.observed_at:
            # The firmware sends one message per pin: together they are one reading.
            newest[reading.sensor] = known._replace(values={**known.values, **reading.values})
        self._older += known is not None and known.observed_at != reading.observed_at

    def _messages(self) -> Iterator[tuple[int, JsonValue, int | None]]:
        """Yield each message with its number and its line."""
        if self.size > MAX_SIZE:
            raise WrongInput(f"{self._path.name} is larger than {MAX_SIZE >> 20} MB")
        content = self._path.read_bytes().strip()
        if not content.startswith((b"[", b"{")):
            raise WrongInput(f"{self._path.name} is not JSON")
        if content.startswith(b"["):
            for record, message in enumerate(_array(content), 1):
                yield record, message, None
            return
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                try:
                    message = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise DamagedInput(
                        f"The line is not JSON: {error.msg}", line=number, record=self._records + 1
                    ) from error
                yield self._records + 1, message, number

    def details(self) -> Mapping[str, JsonValue]:
        return {
            "records": self._records,
            "olderReadings": self._older,
            "values": {
                "stored": dict(self._stored),
                "leftOut": {reason: dict(types) for reason, types in self._left_out.items()},
            },
        }


def _array(content: bytes) -> Iterator[JsonValue]:
    """Yield the members of an array; of one that breaks off, those before the break."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise DamagedInput(f"The text is not UTF-8 at byte {error.start}") from error
    decoder = json.JSONDecoder()
    place = _after_blanks(text, 1)
    record = 0
    while text[place : place + 1] != "]":
        record += 1
        try:
            member, place = decoder.raw_decode(text, place)
            place = _after_blanks(text, place)
            if text[place : place + 1] not in {",", "]"}:
                raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
        except json.JSONDecodeError as error:
            detail = f"The JSON is damaged: {error.msg}"
            raise DamagedInput(detail, line=error.lineno, record=record) from error
        yield member
        if text[place] == ",":
            place = _after_blanks(text, place + 1)


def _after_blanks(text: str, place: int) -> int:
    found = _INK.search(text, place)
    return found.start() if found else len(text)
