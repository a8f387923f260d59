"""Writes what records say as readers of one language do, and remembers which records were used."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_currency, format_decimal

from hanze.collaboration.collective import Collective
from hanze.collaboration.records.record import Label
from hanze.collaboration.reporting.document import Phrase
from hanze.collaboration.reporting.texts import CODES, TEXTS

__all__ = ["Words"]

_DASH: Final = "\N{EN DASH}"
_CONTACT: Final = "urn:ngsi-ld:Contact:"
_DAY: Final = {"ko": "y년 M월 d일"}
_MONTH: Final = {"ko": "y년 M월"}
_WEEKDAY: Final = {"ko": "y년 M월 d일 EEEE"}


class Words:
    """Words of one language.

    Args:
        collective: For names of records.
        language: "nl", "en" or "ko".
    """

    def __init__(self, collective: Collective, language: str) -> None:
        self._collective = collective
        self.language = language
        self._locale = Locale.parse(language)

    # Own words

    def own(self, key: str, *values: object, **named: object) -> str:
        """Say one of `TEXTS`, with what is to be put in."""
        return TEXTS[key][self.language].format(*values, **named)

    def plain(self, text: str, *records: str) -> Phrase:
        """Make words of the report's own language a phrase."""
        return Phrase(text, self.language, records)

    def code(self, field: str, code: str) -> str:
        """Say what a code means; the code itself where a later version brought it."""
        label = CODES.get(f"{field} {code}")
        return label[self.language] if label is not None else code

    def kind(self, name: str) -> str:
        """Name a type of record; "" for one that reports do not speak of."""
        label = CODES.get(f"kind {name}")
        return label[self.language] if label is not None else ""

    # What records say

    def said(self, label: Label, *records: str) -> Phrase:
        """Choose a text in the language, else in English, else any."""
        for tag in (self.language, "en", *label):
            if label.get(tag):
                return Phrase(label[tag], tag if tag != "@none" else self.language, records)
        return Phrase("", self.language, records)

    def name(self, record_id: str) -> Phrase:
        """Name a record."""
        held = self._collective.find(record_id)
        if held is not None and any(held.record.title.values()):
            return replace(self.said(held.record.title, record_id), is_name=True)
        if held is None and record_id.startswith(_CONTACT):
            # The end of an id may be a name: of somebody who is not to be named here.
            return self.plain(self.own("not shown"))
        return replace(self.plain(record_id.rsplit(":", 1)[-1], record_id), is_name=True)

    def joined(self, several: Iterable[Phrase], between: str = ", ") -> Phrase:
        """Join phrases; the whole is in the language of all, else in that of the report."""
        parts = [one for one in several if one.text]
        if len(parts) == 1:
            return parts[0]
        languages = {one.language for one in parts}
        return Phrase(
            between.join(one.text for one in parts),
            languages.pop() if len(languages) == 1 else self.language,
            tuple(dict.fromkeys(record for one in parts for record in one.records)),
        )

    def names(self, record_ids: Iterable[str]) -> Phrase:
        """Name several records in a row."""
        return self.joined(self.name(one) for one in record_ids)

    # Days, times and figures

    def day(self, day: date | None) -> str:
        """Write a day; "" where it is not known."""
        if day is None:
            return ""
        return format_date(day, _DAY.get(self.language, "d MMMM y"), locale=self._locale)

    def weekday(self, day: date) -> str:
        """Write a day with its weekday."""
        pattern = _WEEKDAY.get(self.language, "EEEE d MMMM y")
        text = format_date(day, pattern, locale=self._locale)
        return text[:1].upper() + text[1:]

    def months(self, first: date, last: date) -> str:
        """Write the months of which only these are known."""
        pattern = _MONTH.get(self.language, "MMMM y")
        ends = [format_date(day, pattern, locale=self._locale) for day in (first, last)]
        return f" {_DASH} ".join(dict.fromkeys(ends))

    def span(self, first: date, last: date) -> str:
        """Write days from the first to the last: "2-7 March 2025", with a dash."""
        if first == last:
            return self.day(first)
        if (first.year, first.month) != (last.year, last.month):
            return f"{self.day(first)} {_DASH} {self.day(last)}"
        if self.language == "ko":
            return f"{self.day(first)}~{last.day}일"
        return f"{first.day}{_DASH}{self.day(last)}"

    def partly_known(self, text: str) -> str:
        """Write a day of which the day, or the month too, may be unknown: "2024-10"."""
        try:
            if len(text) == len("2024-10-05"):
                return self.day(date.fromisoformat(text))
            first = date.fromisoformat(f"{text}-01")
        except ValueError:  # a year alone, or a month that no year has
            return text
        return self.months(first, first)

    def times(self, starts: datetime | None, ends: datetime | None, day: date | None) -> str:
        """Write from when until when, with the days that are not the given one."""
        if starts is None:
            return ""
        moments = (moment for moment in (starts, ends) if moment is not None)
        return _DASH.join(self._time(moment, day) for moment in moments)

    def _time(self, moment: datetime, day: date | None) -> str:
        clock = f"{moment:%H:%M}"
        if day is None or moment.date() == day:
            return clock
        pattern = "M월 d일" if self.language == "ko" else "d MMM"
        return f"{clock} ({format_date(moment.date(), pattern, locale=self._locale)})"

    def zone(self, name: str) -> str:
        """Name a time zone by its city: "Asia/Seoul" → "Seoul"; its own name where it is unknown."""
        try:
            return str(get_timezone_location(name, locale=self._locale, return_city=True))
        except LookupError:
            return name

    def number(self, value: int) -> str:
        """Write a whole number."""
        return str(format_decimal(value, locale=self._locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """Write an amount in its currency."""
        return str(format_currency(amount, currency, locale=self._locale))

    def people(self, number: int) -> str:
        """Write how many people."""
        return self.own("one person") if number == 1 else self.own("people", self.number(number))
