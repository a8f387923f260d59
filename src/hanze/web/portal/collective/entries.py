"""What forms about people and places give: days, numbers, texts, new ids, and whether it worked."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Final
from uuid import uuid4

from hanze.collaboration.records.record import Record
from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput, NotFound, TooMuch
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import Given

__all__ = ["Refused", "attempt", "day_or_none", "label_given", "new_id", "new_text", "number_given"]

_TEXT: Final = 4_000
#: Families of errors that a form tells beside its fields, and the status of that page.
_TOLD: Final[tuple[tuple[type[HanzeError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflicting, 409),
    (Denied, 403),
    (TooMuch, 429),
)

Refused = HanzeError | None


async def attempt(action: Awaitable[object]) -> tuple[Refused, int]:
    """Do what a form asks; return why it could not be, and the status of the page that tells.

    Raises:
        HanzeError: What is nobody's mistake.
    """
    try:
        await action
    except HanzeError as error:
        for family, status in _TOLD:
            if isinstance(error, family):
                return error, status
        raise
    return None, 200


def new_id(kind: type[Record], city: str | None) -> str:
    """Make the id of a new record of a city."""
    key = city.rpartition(":")[2] if city else "entered"
    return f"urn:ngsi-ld:{kind.__name__}:{key}:{uuid4().hex}"


def day_or_none(given: Given, name: str) -> date | None:
    """Read a day that need not be told; `None` where none can be read (`Given.day` refuses that)."""
    try:
        return date.fromisoformat(given.text(name))
    except ValueError:
        return None


def number_given(given: Given, name: str, *, least: int, most: int) -> int | None:
    """Read a whole number within bounds; `None` where there is none."""
    text = given.text(name)
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    return int(text) if least <= int(text) <= most else None


def label_given(desk: Desk, given: Given, name: str, *, most: int = _TEXT) -> dict[str, str]:
    """Take a text as one in the page's language; empty where nothing was written.

    Args:
        most: Characters; what is beyond them is left out.
    """
    text = given.text(name)[:most]
    return {desk.lang: text} if text else {}


def new_text(desk: Desk, before: Mapping[str, str], text: str) -> dict[str, str]:
    """Put a text in place of that of the page's language; those of others stay."""
    kept = {tag: said for tag, said in before.items() if tag != desk.lang}
    return kept | ({desk.lang: text} if text else {})
