"""How and where is notified, from JSON (CIM 009, 5.2.14, 5.2.15, 5.2.22, 7.2)."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.projection import Projection, parse_projection
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.subscription.model import Accept, Endpoint, Format, Join, NotificationParams
from hanze.ngsild.uri import is_uri

__all__ = ["parse_notification"]

_NOTIFICATION: Final = "5.2.14.1"
_ENDPOINT: Final = "5.2.15"
_PAIR: Final = "5.2.22"

_FORMATS: Final = {form.value: form for form in Format} | {"keyValues": Format.SIMPLIFIED}
_JOINS: Final[dict[str, Join | None]] = {"flat": Join.FLAT, "inline": Join.INLINE, "@none": None}
_ACCEPTS: Final = {accept.value: accept for accept in Accept}
_SCHEMES: Final = frozenset({"http", "https", "mqtt", "mqtts"})

_MOST_NAMES: Final = 1000
_MOST_PAIRS: Final = 100
#: How far relationships are followed, as in queries (5.5.6).
_DEEPEST_JOIN: Final = 10

#: RFC 7230, 3.2: a token, and a value without control characters.
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
#: They say where a message ends and who gets it, which is the transport's to know.
_FRAMING: Final = frozenset(
    {"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)
#: Table 7.2-1.
_NOTIFIER_VALUES: Final = {
    "MQTT-QoS": frozenset({"0", "1", "2"}),
    "MQTT-Version": frozenset({"mqtt3.1.1", "mqtt5.0"}),
}
#: A topic to publish to is one topic.
_TOPIC_WILDCARDS: Final = frozenset("+#")


def parse_notification(members: Members, context: Context) -> NotificationParams:
    """Read the `notification` member of a subscription.

    Args:
        members: Those of the subscription.
        context: Expands names.

    Raises:
        InvalidInput: A member breaks its table, or two exclude each other.
    """
    own = members.inner("notification", _NOTIFICATION)
    form = own.choice("format", _FORMATS) or Format.NORMALIZED
    show_changes = own.flag("showChanges") or False
    if show_changes and form is Format.SIMPLIFIED:
        own.fail("showChanges", "cannot be true with the format simplified (keyValues)")
    join, join_level = _join(own)
    return NotificationParams(
        endpoint=_endpoint(own),
        attributes=_attributes(own, context),
        projection=_projection(own, context),
        format=form,
        join=join,
        join_level=join_level,
        show_changes=show_changes,
        sys_attrs=own.flag("sysAttrs") or False,
    )


def _join(own: Members) -> tuple[Join | None, int]:
    join = own.choice("join", _JOINS)
    level = own.positive("joinLevel")
    if level is not None and not isinstance(level, int):
        own.fail("joinLevel", "must be a whole number greater than 0")
    if level is not None and level > _DEEPEST_JOIN:
        own.fail("joinLevel", f"must be at most {_DEEPEST_JOIN}")
    if join is None:
        return None, 0
    return join, 1 if level is None else level


def _attributes(own: Members, context: Context) -> tuple[str, ...] | None:
    names = own.names("attributes", context, most=_MOST_NAMES)
    if names is None:
        return None
    if not {ID, TYPE, SCOPE}.isdisjoint(names) or not {"id", "type"}.isdisjoint(names):
        own.fail("attributes", "cannot name id, type or scope: pick can")
    for other in ("pick", "omit"):
        if own.has(other):
            own.fail("attributes", f"and {other} exclude each other")
    return names


def _projection(own: Members, context: Context) -> Projection | None:
    pick, omit = (own.texts(name, most=_MOST_NAMES) for name in ("pick", "omit"))
    projection = own.read(
        "pick" if pick else "omit",
        lambda: parse_projection(
            None if pick is None else ",".join(pick),
            None if omit is None else ",".join(omit),
            context,
        ),
    )
    if projection is not None and projection.pick is not None:
        picked = {term.name for term in projection.pick if not term.linked}
        if any(term.name in picked and not term.linked for term in projection.omit):
            own.fail("omit", "cannot name what pick names")
    return projection


def _endpoint(own: Members) -> Endpoint:
    endpoint = own.inner("endpoint", _ENDPOINT)
    uri = endpoint.text("uri")
    if uri is None:
        endpoint.fail("uri", "is missing")
    _check_uri(endpoint, uri)
    over_mqtt = uri.lower().startswith("mqtt")
    receiver_info = tuple(_pairs(endpoint, "receiverInfo"))
    notifier_info = tuple(_pairs(endpoint, "notifierInfo"))
    if over_mqtt:
        _check_notifier(endpoint, notifier_info)
    else:
        _check_headers(endpoint, receiver_info)
    return Endpoint(
        uri=uri,
        accept=endpoint.choice("accept", _ACCEPTS) or Accept.JSON,
        cooldown_ms=endpoint.positive("cooldown"),
        timeout_ms=endpoint.positive("timeout"),
        receiver_info=receiver_info,
        notifier_info=notifier_info,
    )


def _check_uri(endpoint: Members, uri: str) -> None:
    parts = _split(uri)
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname or not is_uri(uri):
        endpoint.fail("uri", "must be a URI with the scheme http, https, mqtt or mqtts and a host")
    if parts.scheme in {"mqtt", "mqtts"}:
        topic = uri.partition("://")[2].partition("/")[2]
        if not topic or not _TOPIC_WILDCARDS.isdisjoint(topic):
            endpoint.fail("uri", "must name a topic after the host, without + or # (7.2)")


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises where it is no port
    except ValueError:
        return None
    return parts


def _pairs(endpoint: Members, name: str) -> Iterator[tuple[str, str]]:
    if not endpoint.has(name):
        return
    items = endpoint.member(name)
    if not isinstance(items, list | tuple) or len(items) > _MOST_PAIRS:
        endpoint.fail(name, f"must be an array of at most {_MOST_PAIRS} pairs of key and value")
    for number, item in enumerate(items):
        pair = Members(item, f"{endpoint.path(name)}[{number}]", _PAIR)
        key, value = pair.member("key"), pair.member("value")
        if not isinstance(key, str) or not key:
            pair.fail("key", "must be a text that is not empty")
        if not isinstance(value, str):
            pair.fail("value", "must be a text")
        yield key, value


def _check_headers(endpoint: Members, pairs: tuple[tuple[str, str], ...]) -> None:
    for key, value in pairs:
        field = endpoint.path("receiverInfo")
        if _HEADER_NAME.fullmatch(key) is None or key.lower() in _FRAMING:
            raise InvalidInput(
                f"{field} has a key that is no name of an HTTP header which a sender may choose",
                field=field,
                value=key,
                clause="6.3.8",
            )
        if _HEADER_VALUE.fullmatch(value) is None:
            raise InvalidInput(
                f"{field} has a value that an HTTP header cannot have",
                field=field,
                value=value,
                clause="6.3.8",
            )


def _check_notifier(endpoint: Members, pairs: tuple[tuple[str, str], ...]) -> None:
    for key, value in pairs:
        known = _NOTIFIER_VALUES.get(key)
        if known is not None and value not in known:
            field = endpoint.path("notifierInfo")
            raise InvalidInput(
                f"{field} must have as {key} one of {', '.join(sorted(known))}",
                field=field,
                value=value,
                clause="7.2",
            )
