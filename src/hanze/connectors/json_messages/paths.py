"""Paths into JSON, and what the options of a source say of them (pure)."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NamedTuple

from hanze.connectors.streaming import Message
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["ALL", "Mapped", "find", "lookup", "read_attributes"]

#: Stands for every number and truth value of an object.
ALL: Final = "*"
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,6})\]")
_NAME: Final = re.compile(r"[A-Za-z_][\w-]{0,127}|https?://\S{1,200}|urn:\S{1,200}")
_UNIT: Final = re.compile(r"[A-Z0-9]{1,3}")
_TOPIC: Final = "topic:"


class Mapped(NamedTuple):
    """What becomes of a value: `value * factor + offset`, of a unit."""

    path: str
    attribute: str
    unit_code: str | None = None
    factor: Decimal | None = None
    offset: Decimal | None = None


@lru_cache(maxsize=256)
def read_attributes(text: str) -> tuple[Mapped, ...]:
    """Read the option `attributes`: `path=attribute[:unit[:factor[:offset]]]`, or `*`.

    Raises:
        InvalidInput: A part of it is not so.
    """
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    if not parts:
        raise InvalidInput("The option attributes names nothing", field="attributes")
    return tuple(map(_mapped, parts))


def _mapped(part: str) -> Mapped:
    if part == ALL:
        return Mapped(ALL, "")
    path, equals, target = (piece.strip() for piece in part.partition("="))
    if not target.startswith(("http://", "https://", "urn:")):
        attribute, *rest = target.split(":")
    else:
        attribute, rest = target, []
    if not equals or not path or not _NAME.fullmatch(attribute) or len(rest) > 3:
        raise InvalidInput(
            f"The option attributes has `{part[:60]}` where `path=attribute:unit:factor` is "
            "expected",
            field="attributes",
            value=part,
        )
    unit, factor, offset = (*(piece.strip() for piece in rest), "", "", "")[:3]
    if unit and not _UNIT.fullmatch(unit):
        raise InvalidInput(
            f"The unit {unit[:20]} of {attribute} is no code of UN/CEFACT Recommendation 20, such "
            "as CEL or GQ",
            field="attributes",
            value=part,
        )
    _steps(path)
    return Mapped(path, attribute, unit or None, _number(factor, part), _number(offset, part))


def _number(text: str, part: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidInput(
            f"The option attributes has {text[:20]} where a number is expected",
            field="attributes",
            value=part,
        )
    return number


def lookup(path: str, message: Message, json: JsonValue) -> JsonValue:
    """Return what an option names: a level of the topic, a text in quotes, or what the path finds.

    Raises:
        InvalidInput: The path is none.
    """
    path = path.strip()
    if path.startswith(_TOPIC):
        level = path.removeprefix(_TOPIC)
        if not level.isdigit() or not int(level):
            raise InvalidInput(f"{path[:40]} is no level of a topic; the first is topic:1")
        levels = message.topic.split("/")
        return levels[int(level) - 1] if int(level) <= len(levels) else None
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return path[1:-1]
    return find(path, json)


def find(path: str, json: JsonValue) -> JsonValue:
    """Return what a path leads to, e.g. `$.values[0].temp`; `None` where there is nothing.

    A member whose own name has a dot in it is found by that name, too.

    Raises:
        InvalidInput: The path is none.
    """
    found = json
    if isinstance(json, Mapping) and path in json:
        return json[path]
    for step in _steps(path):
        if isinstance(step, int):
            if not _is_array(found) or step >= len(found):  # type: ignore[arg-type]  # an array
                return None
            found = found[step]  # type: ignore[index]  # an array
        elif isinstance(found, Mapping) and step in found:
            found = found[step]
        else:
            return None
    return found


def _is_array(value: JsonValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str | int, ...]:
    rest = path.removeprefix("$")
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise InvalidInput(f"{path[:60]} is no path into JSON, such as values[0].temp")
        steps.append(match.group(1) if match.group(2) is None else int(match.group(2)))
        rest = rest[match.end() :]
    return tuple(steps)
