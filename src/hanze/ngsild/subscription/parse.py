"""Subscriptions from JSON (CIM 009, 5.2.12, 5.2.13, 5.2.21, 5.2.33, 5.8.1.4, 5.11.2.4)."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, JsonObject, JsonValue
from hanze.ngsild.moment import normalise_datetime, parse_datetime
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.patterns import check_pattern
from hanze.ngsild.query.tree import EntitySelector, GeoQuery, QueryNode
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.subscription.model import Accept, Asker, Subscription, Trigger
from hanze.ngsild.subscription.parse_notification import parse_notification
from hanze.ngsild.temporal.model import TemporalQuery
from hanze.ngsild.temporal.parse import parse_temporal_query
from hanze.ngsild.uri import is_uri

__all__ = ["Written", "cleaned", "given_context", "parse_subscription", "refuse_past"]

_CLAUSE: Final = "5.2.12"
_SELECTOR: Final = "5.2.33"

#: The members that a subscriber gives.
_KNOWN: Final = frozenset(
    {
        *("id", "type", "entities", "notification", "notificationTrigger", "watchedAttributes"),
        *("q", "geoQ", "scopeQ", "temporalQ", "csf", "datasetId", "description", "expandValues"),
        *("expiresAt", "isActive", "jsonKeys", "jsonldContext", "lang", "localOnly"),
        *("ngsildConformance", "splitEntities", "subscriptionName", "throttling", "timeInterval"),
    }
)
_KNOWN_INSIDE: Final[Mapping[str, frozenset[str]]] = {
    "entities": frozenset({"id", "idPattern", "type"}),
    "geoQ": frozenset({"coordinates", "geometry", "georel", "geoproperty"}),
    "temporalQ": frozenset({"timerel", "timeAt", "endTimeAt", "timeproperty"}),
    "notification": frozenset(
        {
            *("endpoint", "attributes", "format", "join", "joinLevel", "omit", "pick"),
            *("showChanges", "sysAttrs"),
        }
    ),
    "endpoint": frozenset({"uri", "accept", "cooldown", "notifierInfo", "receiverInfo", "timeout"}),
    "notifierInfo": frozenset({"key", "value"}),
    "receiverInfo": frozenset({"key", "value"}),
}
#: What the node generates itself falls away where it is given.
_GENERATED: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"status", "stopped", "createdAt", "modifiedAt", "@context"}),
    "notification": frozenset(
        {
            *("status", "timesSent", "timesFailed"),
            *("lastNotification", "lastSuccess", "lastFailure"),
        }
    ),
}
_NONE: Final[frozenset[str]] = frozenset()
_ALIASES: Final = {"@id": "id", "@type": "type"}

_MOST_SELECTORS: Final = 1000
_MOST_IDS: Final = 10_000
_MOST_NAMES: Final = 1000
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)

_OF_ATTRIBUTES: Final = frozenset(
    {Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED, Trigger.ATTRIBUTE_DELETED}
)
_TRIGGERS: Final[Mapping[str, frozenset[Trigger]]] = {
    **{trigger.value: frozenset({trigger}) for trigger in Trigger},
    "entityUpdated": _OF_ATTRIBUTES,
}
_DEFAULT_TRIGGERS: Final = frozenset({Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED})


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as it was written, and what goes with it.

    Attributes:
        tenant: Whose it is.
        document: `cleaned`, with `id` and `jsonldContext`.
        about_sources: Whether it is about registrations of Context Sources (5.11).
        via: Aliases of the Context Sources that it came through.
        owner: Who alone may see and change it besides those who may write.
        asker: Who wrote it last.
        stopped: Why the node paused it.
        context: The @context of the document.
        notified_context: What `jsonldContext` stands for.
        created_at: DateTime text.
        modified_at: DateTime text.
    """

    tenant: str
    document: JsonObject
    about_sources: bool = False
    via: tuple[str, ...] = ()
    owner: str = ""
    asker: Asker | None = None
    stopped: str = ""
    context: Context
    notified_context: Context
    created_at: str
    modified_at: str


def cleaned(body: JsonObject) -> dict[str, JsonValue]:
    """Leave of a subscription, or of a fragment of one, what a subscriber can say.

    Members that the node generates are ignored where they are given (5.2.2, 5.2.12, 5.2.14.2).

    Raises:
        InvalidInput: No table knows a member (5.5.4): a misspelt one would be ignored in silence.
    """
    return _cleaned(body, _KNOWN, "")


def _cleaned(body: JsonObject, known: frozenset[str], path: str) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    generated = _GENERATED.get(path, _NONE)
    for given, value in body.items():
        name = _ALIASES.get(given, given)
        inside = f"{path}.{name}" if path else name
        if name in known:
            kept[name] = _cleaned_inside(value, inside)
        elif name not in generated:
            raise InvalidInput(
                f"{inside[:200]} is no member of a Subscription; here it has: "
                f"{', '.join(sorted(known))}",
                field=inside[:200],
                clause="5.5.4",
            )
    return kept


def _cleaned_inside(value: JsonValue, path: str) -> JsonValue:
    known = _KNOWN_INSIDE.get(path.rpartition(".")[2])
    if known is None:
        return value
    if isinstance(value, Mapping):
        return _cleaned(value, known, path)
    if isinstance(value, list | tuple):
        return [_cleaned(one, known, path) if isinstance(one, Mapping) else one for one in value]
    return value


def refuse_past(document: JsonObject, now: str) -> None:
    """Refuse an expiry that has come already (5.8.1.4, 5.8.2.4).

    Args:
        document: A subscription, or a fragment of one.
        now: DateTime text.

    Raises:
        InvalidInput: `expiresAt` is before now, or no DateTime.
    """
    expires_at = document.get("expiresAt")
    if expires_at is not None and parse_datetime(expires_at, field="expiresAt") < parse_datetime(
        now
    ):
        raise InvalidInput(
            "expiresAt must be in the future", field="expiresAt", value=expires_at, clause="5.8.1.4"
        )


def given_context(document: JsonObject) -> str | None:
    """Read the URL of the @context that a subscriber wants for notifications, if any.

    Raises:
        InvalidInput: It is no URL that can be followed.
    """
    members = Members(document, "", _CLAUSE)
    url = members.text("jsonldContext")
    if url is not None and not (is_uri(url) and url.startswith(("http://", "https://"))):
        members.fail("jsonldContext", "must be a URL that begins with http:// or https://")
    return url


def parse_subscription(written: Written) -> Subscription:
    """Read a subscription.

    Raises:
        InvalidInput: A member breaks its table, or two exclude each other.
    """
    context = written.context
    members = Members(written.document, "", _CLAUSE)
    if members.member("type") != "Subscription":
        members.fail("type", 'must be "Subscription"')
    subscription_id = members.member("id")
    if not isinstance(subscription_id, str) or not is_uri(subscription_id):
        members.fail("id", "must be a URI")
    _check_exclusions(members)
    temporal = _temporal(members, about_sources=written.about_sources)
    notification = parse_notification(members, context)
    if written.about_sources and notification.endpoint.accept is Accept.GEO_JSON:
        members.fail("notification", "cannot be GeoJSON: registrations are told of (6.3.9)")
    expires_at = members.text("expiresAt")
    languages = members.text("lang")
    scope = members.text("scopeQ")
    time_interval_s = members.positive("timeInterval")
    _check_texts(members)
    return Subscription(
        id=subscription_id,
        tenant=written.tenant,
        notification=notification,
        entities=_selectors(members, context),
        watched=members.names("watchedAttributes", context, most=_MOST_NAMES) or (),
        triggers=_triggers(members),
        q=_q(members, "q", context),
        geo=_geo(members, context),
        scope=None if scope is None else parse_scopes(scope),
        csf=_q(members, "csf", context),
        temporal=temporal,
        datasets=_datasets(members),
        languages=None if languages is None else parse_languages(languages),
        expires_at=None
        if expires_at is None
        else normalise_datetime(expires_at, field="expiresAt"),
        is_active=members.flag("isActive") is not False,
        throttling_s=members.positive("throttling"),
        time_interval_s=time_interval_s,
        local_only=members.flag("localOnly") is True,
        split_entities=members.flag("splitEntities"),
        version=_version(members),
        jsonld_context=_jsonld_context(members),
        notified_context=written.notified_context,
        context=context,
        document=written.document,
        via=written.via,
        owner=written.owner,
        asker=written.asker,
        stopped=written.stopped,
        created_at=written.created_at,
        modified_at=written.modified_at,
    )


def _check_exclusions(members: Members) -> None:
    """Refuse members that 5.2.12 does not let stand together, or lacks others beside."""
    local = members.flag("localOnly") is True
    if members.has("timeInterval"):
        for other in ("watchedAttributes", "throttling"):
            if members.has(other):
                members.fail(other, "and timeInterval exclude each other")
        if not members.has("entities") and not local:
            members.fail("entities", "is missing: with timeInterval it must say which")
    if not local and not members.has("entities") and not members.has("watchedAttributes"):
        members.fail("entities", "or watchedAttributes must be there, unless localOnly is true")


def _temporal(members: Members, *, about_sources: bool) -> TemporalQuery | None:
    if not members.has("temporalQ"):
        return None
    if not about_sources:
        members.fail("temporalQ", "belongs to subscriptions to registrations of Context Sources")
    own = members.inner("temporalQ", "5.2.21")
    return own.read(
        "timerel",
        lambda: parse_temporal_query(
            timerel=own.text("timerel"),
            time_at=own.text("timeAt"),
            end_time_at=own.text("endTimeAt"),
            timeproperty=own.text("timeproperty"),
        ),
    )


def _check_texts(members: Members) -> None:
    for name in ("description", "subscriptionName"):
        members.text(name)


def _selectors(members: Members, context: Context) -> tuple[EntitySelector, ...]:
    if not members.has("entities"):
        return ()
    items = members.member("entities")
    if not isinstance(items, list | tuple) or not items or len(items) > _MOST_SELECTORS:
        members.fail("entities", f"must be an array of 1 to {_MOST_SELECTORS} selectors")
    local_scope_refused = members.flag("localOnly") is False
    selectors = []
    for number, item in enumerate(items):
        selector = Members(item, f"entities[{number}]", _SELECTOR)
        selectors.append(_selector(selector, context))
        if selectors[-1].types is None and local_scope_refused:
            selector.fail("type", "* is always local: localOnly must not be false")
    return tuple(selectors)


def _selector(selector: Members, context: Context) -> EntitySelector:
    types = selector.text("type")
    if types is None:
        selector.fail("type", "is missing")
    return EntitySelector(
        ids=_ids(selector),
        id_pattern=_id_pattern(selector),
        types=selector.read("type", partial(parse_types, types, context)),
    )


def _ids(selector: Members) -> tuple[str, ...]:
    if not selector.has("id"):
        return ()
    given = selector.member("id")
    ids = (given,) if isinstance(given, str) else given
    if not isinstance(ids, list | tuple) or not ids or len(ids) > _MOST_IDS:
        selector.fail("id", f"must be a URI, or an array of 1 to {_MOST_IDS} of them")
    if not all(isinstance(one, str) and is_uri(one) for one in ids):
        selector.fail("id", "must hold URIs")
    return tuple(str(one) for one in ids)


def _id_pattern(selector: Members) -> str | None:
    pattern = selector.text("idPattern")
    if pattern is not None:
        check_pattern(pattern, field=selector.path("idPattern"), clause=_SELECTOR)
    # The id takes precedence (5.2.33), also over an expression that is kept.
    return None if selector.has("id") else pattern


def _triggers(members: Members) -> frozenset[Trigger]:
    names = members.texts("notificationTrigger", most=100)
    if names is None:
        return _DEFAULT_TRIGGERS
    if any(name not in _TRIGGERS for name in names):
        members.fail("notificationTrigger", f"must hold only {', '.join(_TRIGGERS)}")
    return frozenset().union(*(_TRIGGERS[name] for name in names))


def _q(members: Members, name: str, context: Context) -> QueryNode | None:
    expand_values = members.listed_names("expandValues", context)
    json_keys = members.listed_names("jsonKeys", context)
    text = members.text(name)
    if text is None:
        return None
    return parse_q(text, context, expand_values=expand_values, json_keys=json_keys, field=name)


def _geo(members: Members, context: Context) -> GeoQuery | None:
    if not members.has("geoQ"):
        return None
    own = members.inner("geoQ", "5.2.13")
    for name in ("georel", "geometry", "coordinates"):
        own.member(name)
    coordinates = own.member("coordinates")
    if not isinstance(coordinates, str | list | tuple):
        own.fail("coordinates", "must be an array, or its text")
    return parse_geo(
        georel=own.text("georel"),
        geometry=own.text("geometry"),
        coordinates=coordinates,
        geoproperty=own.text("geoproperty"),
        context=context,
    )


def _datasets(members: Members) -> frozenset[str | None] | None:
    ids = members.texts("datasetId", most=_MOST_NAMES)
    if ids is None:
        return None
    if not all(one == DEFAULT_INSTANCE or is_uri(one) for one in ids):
        members.fail("datasetId", "must hold URIs, or @none")
    return frozenset(None if one == DEFAULT_INSTANCE else one for one in ids)


def _version(members: Members) -> str | None:
    version = members.text("ngsildConformance")
    if version is not None and _VERSION.fullmatch(version) is None:
        members.fail("ngsildConformance", "must be a version as major.minor")
    return version


def _jsonld_context(members: Members) -> str:
    url = members.text("jsonldContext")
    if url is None:
        members.fail("jsonldContext", "is missing")
    return url
