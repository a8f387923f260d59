"""Numbers and moments as people of a language write them, in the display time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime, format_timedelta, get_timezone_name
from babel.numbers import format_decimal

__all__ = ["Formats", "Freshness", "parse_moment"]


_TINY = 1e-5


class Freshness(Enum):
    """How long ago something was measured; the value names a CSS class and a text."""

    FRESH = "fresh"
    RECENT = "recent"
    OLD = "old"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Formats:
    """How values are written on one page.

    Attributes:
        locale: Of the page's language.
        zone: The display zone.
        now: When the page was asked for; aware.
    """

    locale: Locale
    zone: tzinfo
    now: datetime

    @property
    def zone_name(self) -> str:
        """Name the zone in words, with its offset now: no reader should have to guess."""
        offset = self.now.astimezone(self.zone).strftime("%z")
        name = get_timezone_name(self.zone, locale=self.locale)
        return f"{name}, UTC{offset[:3]}:{offset[3:]}"

    def number(self, value: float) -> str:
        """Write a number: whole ones whole, others with the figures that carry meaning."""
        if isinstance(value, int) or float(value).is_integer():
            return _decimal(value, "#,##0", str(self.locale))
        return _decimal(value, _pattern(abs(value)), str(self.locale))

    def moment(self, moment: datetime) -> str:
        """Write a date and time in the display zone, the date left out when it is today's."""
        local = moment.astimezone(self.zone)
        today = self.now.astimezone(self.zone).date()
        if local.date() == today:
            return format_datetime(local, "HH:mm:ss", locale=self.locale)
        return self.full(moment)

    def full(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return format_datetime(
            local,
            "d MMM y HH:mm:ss" if self.locale.language != "ko" else "y년 M월 d일 HH:mm:ss",
            locale=self.locale,
        )

    def local_text(self, moment: datetime) -> str:
        """Write a moment for machines, in the display zone, with its offset (ISO 8601)."""
        return moment.astimezone(self.zone).isoformat()

    def ago(self, moment: datetime) -> str:
        difference = moment - self.now
        if abs(difference) < timedelta(seconds=1):
            difference = timedelta(seconds=-1)
        return format_timedelta(difference, add_direction=True, locale=self.locale, threshold=1.2)

    def freshness(self, moment: datetime | None) -> Freshness:
        if moment is None:
            return Freshness.UNKNOWN
        age = self.now - moment
        if age <= timedelta(hours=1):
            return Freshness.FRESH
        return Freshness.RECENT if age <= timedelta(days=1) else Freshness.OLD


def _pattern(size: float) -> str:
    """Choose as many decimals as carry meaning: what is tiny should not read as nothing."""
    if size >= 1:
        return "#,##0.##"
    if size >= _TINY:
        return "0.####" if size >= 0.01 else "0.######"
    return "0.##E0"


@lru_cache(maxsize=8_192)
def _decimal(value: float, pattern: str, locale: str) -> str:
    # 40 us each: pages write hundreds of numbers, many of them again and again.
    return format_decimal(value, locale=locale, format=pattern)


def parse_moment(text: str | None) -> datetime | None:
    """Read a DateTime text (CIM 009, 4.6.3); `None` when there is none or it is something else."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
