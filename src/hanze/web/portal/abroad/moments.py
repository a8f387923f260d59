"""When something happened, as exactly as it is known."""

from typing import Final

from babel.dates import format_date

from hanze.collaboration.relations.happening import Happening
from hanze.web.portal.collective.desk import Desk

__all__ = ["day_of_happening"]

#: By what is known, and by language: how a day is written.
_MONTH: Final = {"ko": "y년 M월"}
_YEAR: Final = {"ko": "y년"}


def day_of_happening(desk: Desk, one: Happening) -> str:
    """Write a day, a month or a year; a period from its first to its last day."""
    if one.precision == "month":
        return format_date(one.on, _MONTH.get(desk.lang, "MMMM y"), locale=desk.language.locale)
    if one.precision == "year":
        return format_date(one.on, _YEAR.get(desk.lang, "y"), locale=desk.language.locale)
    first = desk.day(one.on)
    return first if one.ends in (None, one.on) else f"{first} – {desk.day(one.last)}"  # noqa: RUF001  # a dash between days
