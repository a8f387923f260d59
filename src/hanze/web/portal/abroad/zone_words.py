"""Time zones as people call them."""

from datetime import date, datetime, time

from babel.dates import get_timezone_name

from hanze.collaboration.zones import WrongTime, zone_of
from hanze.web.portal.collective.desk import Desk

__all__ = ["zone_words"]


def zone_words(desk: Desk, name: str, day: date) -> str:
    """Name a time zone with its offset on a day: "Korean Standard Time, UTC+09:00".

    A name that is no zone here stays as it is.
    """
    try:
        zone = zone_of(name)
    except WrongTime:
        return name
    noon = datetime.combine(day, time(12), zone)
    offset = noon.strftime("%z")
    said = get_timezone_name(noon, locale=desk.language.locale)
    return f"{said}, UTC{offset[:3]}:{offset[3:]}"
