"""When an instance of an attribute was, by the time property that a query is about (4.8, 4.11)."""

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.model import Instance, TemporalQuery, TimeProperty, Timerel

__all__ = ["includes", "moment_of", "text_of", "timeproperty_of"]


def timeproperty_of(temporal: TemporalQuery | None) -> TimeProperty:
    """Return the time property that a query is about; without one it is `observedAt` (4.11)."""
    return TimeProperty.OBSERVED_AT if temporal is None else temporal.timeproperty


def text_of(instance: Instance, timeproperty: TimeProperty) -> str | None:
    """Return the DateTime of a time property; `None` where the instance lacks it."""
    if timeproperty is TimeProperty.OBSERVED_AT:
        return instance.attribute.observed_at
    if timeproperty is TimeProperty.CREATED_AT:
        return instance.attribute.created_at
    if timeproperty is TimeProperty.MODIFIED_AT:
        return instance.attribute.modified_at
    return instance.deleted_at


def moment_of(instance: Instance, timeproperty: TimeProperty) -> int | None:
    """Return a time property in microseconds since 1970; `None` where the instance lacks it."""
    text = text_of(instance, timeproperty)
    return None if text is None else parse_datetime(text)


def includes(temporal: TemporalQuery, moment: int) -> bool:
    """Tell whether a moment is in the range of a query (4.11): its start is in, its end is not."""
    if temporal.timerel is Timerel.BEFORE:
        return moment < temporal.time_at
    if moment < temporal.time_at:
        return False
    end = temporal.end_time_at
    return temporal.timerel is Timerel.AFTER or end is None or moment < end
