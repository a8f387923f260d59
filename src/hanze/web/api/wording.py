"""What is wrong with a parameter or a body, in words for who sent it: which member, what, instead.

msgspec tells what a program needs to know ("Expected `int`, got `str`"); people are told which
member they wrote, what may stand there, and what stood there.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import inspect

from hanze.errors import InvalidInput

__all__ = ["wrong_input"]

_STEP: Final = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_NAMED: Final = re.compile(r"Object (missing required|contains unknown) field `(.+)`")
_BOUND: Final = re.compile(r"Expected `(\w+)[^`]*`(?: (of length))? (>=|<=|>|<) (\S+)")
_KIND: Final = re.compile(r"Expected `([^`]+)`, got `")
#: What a name of a source or a watch matches, as part of addresses and ids.
_SLUG: Final = "^[a-z0-9][a-z0-9-]{0,62}$"
_SLUG_WORDS: Final = (
    "have small letters, digits and dashes only, at most 63, and begin with no dash"
)
_CODES: Final = re.compile(r"\^\(([\w|-]+)\)\$")

_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "str": "a text",
    "date": "a day, as in 2026-05-31",
    "datetime": "a moment, as in 2026-05-31T12:00:00Z",
    "array": "a list",
    "object": "an object",
}
_BOUNDS: Final = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def wrong_input(error: msgspec.ValidationError, value: Any, kind: type[Any]) -> InvalidInput:
    """Say what a value is wrong in.

    Args:
        error: What msgspec found.
        value: What was to become a `kind`.
    """
    reason, _, place = str(error).partition(" - at `")
    steps = [name or index for name, index in _STEP.findall(place)]
    field = ".".join("*" if one == "..." else one for one in steps)
    named = _NAMED.match(reason)
    wanted = _wanted(inspect.type_info(kind), steps)
    if named is not None:
        field = f"{field}.{named[2]}" if field else named[2]
        if named[1] == "missing required":
            return InvalidInput(f"{field} is missing", field=field)
        members = ", ".join(_members(wanted))
        return InvalidInput(
            f"{field[:100]} does not exist; there are: {members}", field=field[:100]
        )
    found = _found(value, steps)
    must = _SLUG_WORDS if getattr(wanted, "pattern", None) == _SLUG else _must(reason, wanted)
    if must is None:
        return InvalidInput(reason, field=field or None, value=found)
    told = f", not {found[:100]}" if found else ""
    return InvalidInput(
        f"{field or 'The body'} must {must}{told}", field=field or None, value=found
    )


def _must(reason: str, wanted: inspect.Type | None) -> str | None:
    """Say what may stand there; `None` where msgspec's own words are all there is."""
    if codes := _codes(wanted):
        return f"be one of {', '.join(codes)}"
    if "RFC3339" in reason:
        return f"be {_KINDS['datetime' if 'datetime' in reason else 'date']}"
    bound = _BOUND.match(reason)
    if bound is not None:
        sort, length, sign, number = bound.groups()
        number = number.removesuffix(".0")
        if not length:
            return f"be {_BOUNDS[sign]} {number}"
        return f"have {_BOUNDS[sign]} {number} {'characters' if sort == 'str' else 'members'}"
    named = _KIND.match(reason)
    if named is None:
        return None
    kinds = [one for one in named[1].split(" | ") if one != "null"]
    return f"be {' or '.join(_KINDS.get(one, one) for one in kinds)}"


def _wanted(kind: inspect.Type, steps: list[str]) -> inspect.Type | None:
    """Find the type of the member that a path leads to."""
    found: inspect.Type | None = _certain(kind)
    for step in steps:
        if isinstance(found, inspect.StructType):
            fields = {one.encode_name: one.type for one in found.fields}
            found = fields.get(step)
        elif isinstance(found, inspect.DictType):
            found = found.value_type
        elif isinstance(found, inspect.VarTupleType | inspect.ListType):
            found = found.item_type
        else:
            return None
        found = _certain(found)
    return found


def _certain(kind: inspect.Type | None) -> inspect.Type | None:
    """Take what a member is when it is there: of a union with None, the other."""
    if isinstance(kind, inspect.UnionType):
        kinds = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _codes(kind: inspect.Type | None) -> tuple[str, ...]:
    if isinstance(kind, inspect.LiteralType):
        return tuple(str(one) for one in kind.values)
    pattern = getattr(kind, "pattern", None)
    listed = _CODES.fullmatch(pattern) if pattern else None
    return tuple(listed[1].split("|")) if listed else ()


def _members(kind: inspect.Type | None) -> list[str]:
    return (
        sorted(one.encode_name for one in kind.fields)
        if isinstance(kind, inspect.StructType)
        else []
    )


def _found(value: Any, steps: list[str]) -> str | None:
    """Find the value that a path leads to, as text; `None` where that says nothing."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) and str(value) else None
