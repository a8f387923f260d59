"""Why a change was refused, in the reader's words and beside the field that it is about."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hanze.collaboration.records.record import Money
from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import NoDay

__all__ = ["REFUSALS", "Filled", "amount_of", "refusal"]

#: What rules and services refuse a form with; else is a mistake of ours, or a page that is gone.
REFUSALS: Final = (Conflicting, InvalidInput, Denied)
#: The number of one of several.
_NUMBERED: Final = re.compile(r"\[[0-9]+\]")
#: An amount that somebody types: to a thousand million million.
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


class Filled(dict[str, str]):
    """What a form holds, by name of its field; a field that holds nothing is ""."""

    def __missing__(self, name: str) -> str:
        return ""


def refusal(desk: Desk, error: HanzeError, about: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Say why, by name of the form's field; "" is the form as a whole.

    Args:
        error: With the field of the record that it is about.
        about: The record's type.
        fields: Field of the record → field of the form.
    """
    field = error.field or ""
    if isinstance(error, NoDay):
        # It names a field of the form already, unless the form calls it otherwise.
        return {fields.get(field, field): desk.code("refusal", "day")}
    named = "denied" if isinstance(error, Denied) else _NUMBERED.sub("", field)
    text = desk.language.term("code refusal", f"{about}.{named}" if named else about)
    if text is None:
        # Written for the API, and better than nothing.
        text = f"{desk.code('refusal', 'other')} {error}"
    return {fields.get(field, ""): text}


def amount_of(text: str, currency: str) -> Money | None:
    """Read an amount as people write it: "1.250,50", "1,250.50", "12 500".

    Raises:
        InvalidInput: It is none.
    """
    plain = "".join(text.split()).replace("'", "")
    if not plain:
        return None
    # What stands before the last three digits of a group parts thousands; the rest is a fraction.
    head, mark, tail = _last_mark(plain)
    digits = head.replace(".", "").replace(",", "")
    whole = digits + tail if mark and len(tail) == 3 else digits + (f".{tail}" if mark else "")
    if not _AMOUNT.fullmatch(whole):
        raise InvalidInput("An amount must be a number from 0", field="amount", value=text)
    return Money(Decimal(whole), currency)


def _last_mark(text: str) -> tuple[str, str, str]:
    place = max(text.rfind("."), text.rfind(","))
    return (text, "", "") if place < 0 else (text[:place], text[place], text[place + 1 :])
