"""What of a subscription goes to a Context Source (CIM 009, 5.8.1.4, 4.3.6.1).

A registration may name several groups of entities, each with attributes of its own. A subscription
has one list of entities and one of attributes: so what is registered with other attributes makes
another copy, and no copy asks for more than is registered.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from hanze.broker.distribution.narrowing import portions
from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, Entity, JsonObject, JsonValue
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.tree import EntityQuery, EntitySelector
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Registration, RegistrationInfo
from hanze.ngsild.subscription.model import NotificationParams, Subscription
from hanze.ngsild.subscription.render import worded
from hanze.ngsild.terms import CORE_CONTEXT_URL

__all__ = ["Part", "copied", "parts_of", "selects", "wanted_by"]

#: Members of a copy that are as the subscription has them.
_AS_IS: Final = frozenset(
    {
        *("notificationTrigger", "q", "geoQ", "scopeQ", "csf", "expandValues", "jsonKeys"),
        *("expiresAt", "throttling", "timeInterval", "splitEntities"),
    }
)
#: What can only be asked of a whole entity.
_OF_WHOLES: Final = frozenset({"q", "geoQ", "scopeQ", "expandValues", "jsonKeys"})
_MEMBERS: Final[Mapping[str, str]] = {ID: "id", TYPE: "type", SCOPE: "scope"}
#: A notification without them says of nobody what it says.
_NEEDED: Final = (ID, TYPE)


class Part(msgspec.Struct, frozen=True):
    """What one copy of a subscription is about.

    Attributes:
        selectors: Any of these; empty for any entity.
        watched: IRIs; empty for any attribute.
        names: IRIs of the only attributes that the source offers; empty for all.
    """

    selectors: tuple[EntitySelector, ...]
    watched: tuple[str, ...]
    names: frozenset[str]

    @property
    def key(self) -> str:
        """Names it among the parts of one subscription at one source."""
        if not self.names:
            return ""
        return blake2b("\n".join(sorted(self.names)).encode(), digest_size=8).hexdigest()


def wanted_by(subscription: Subscription) -> Wanted:
    """Say which registrations a subscription is about (5.11.2.4, 5.12)."""
    shown = subscription.notification.attributes
    names: frozenset[str] = frozenset()
    if shown and subscription.watched:
        names = frozenset((*shown, *subscription.watched))
    return Wanted(selectors=subscription.entities, names=names, datasets=subscription.datasets)


def parts_of(
    subscription: Subscription, information: Iterable[RegistrationInfo]
) -> tuple[Part, ...]:
    """Reduce a subscription to what is matched by the information of a registration (5.8.1.4).

    Args:
        information: The elements that match.

    Returns:
        Nothing where no change at the source could be one that is watched.
    """
    by_names: dict[frozenset[str], list[EntitySelector]] = {}
    for one in portions(information, subscription.entities or (EntitySelector(),)):
        selector = EntitySelector(one.ids, one.id_pattern, one.types)
        by_names.setdefault(one.names, []).append(selector)
    parts = []
    for names, selectors in by_names.items():
        watched = _watched(subscription, names)
        if watched is not None:
            of_any = any(one.types is None for one in selectors)
            parts.append(Part(() if of_any else tuple(selectors), watched, names))
    return tuple(parts)


def selects(selectors: tuple[EntitySelector, ...], entity: Entity) -> bool:
    """Tell whether an entity is one of those that selectors mean; none mean any."""
    return matches(EntityQuery(selectors=selectors), entity, lambda _: None)


def copied(
    subscription: Subscription,
    part: Part,
    registration: Registration,
    context: Context,
    endpoint: JsonObject,
    *,
    split: bool,
) -> dict[str, JsonValue]:
    """Write the copy of a subscription that a Context Source gets (5.8.1.4), without an id.

    Its notifications have what this node needs to write its own: everything normalized, with system
    attributes, and names as IRIs.

    Args:
        subscription: What is copied.
        part: Of `parts_of`.
        registration: Whose source gets it.
        context: Its terms are used.
        endpoint: Where this node is notified.
        split: Whether parts of one entity may be elsewhere: then what is asked of whole entities is
            left out.
    """
    original = worded(subscription, context)
    left_out = _OF_WHOLES if split else frozenset()
    copy = {name: original[name] for name in sorted(_AS_IS - left_out) if name in original}
    copy["type"] = "Subscription"
    copy["isActive"] = subscription.is_active
    copy["jsonldContext"] = CORE_CONTEXT_URL
    if part.selectors:
        copy["entities"] = [_selector(one, context) for one in part.selectors]
    if part.watched:
        copy["watchedAttributes"] = [context.compact_name(name) for name in part.watched]
    datasets = _datasets(subscription, registration)
    if datasets is not None:
        copy["datasetId"] = sorted(one or DEFAULT_INSTANCE for one in datasets)
    if registration.management.local_only:
        copy["localOnly"] = True
    shown = _notification(subscription, part, context, split=split)
    copy["notification"] = {"endpoint": endpoint, **shown}
    return copy


def _watched(subscription: Subscription, names: frozenset[str]) -> tuple[str, ...] | None:
    """Say which attributes are watched at a source that offers some; `None` where none are."""
    if subscription.time_interval_s is not None:
        return ()
    if not names:
        return subscription.watched
    if not subscription.watched:
        return tuple(sorted(names))
    return tuple(name for name in subscription.watched if name in names) or None


def _selector(selector: EntitySelector, context: Context) -> JsonObject:
    groups = [sorted(map(context.compact_name, group)) for group in selector.types or ()]
    written = [names[0] if len(names) == 1 else f"({';'.join(names)})" for names in groups]
    json: dict[str, JsonValue] = {"type": "|".join(written)}
    if selector.ids:
        json["id"] = selector.ids[0] if len(selector.ids) == 1 else list(selector.ids)
    elif selector.id_pattern is not None:
        json["idPattern"] = selector.id_pattern
    return json


def _datasets(
    subscription: Subscription, registration: Registration
) -> frozenset[str | None] | None:
    wanted, offered = subscription.datasets, registration.dataset_ids
    if wanted is None or offered is None:
        return offered if wanted is None else wanted
    return wanted & offered


def _notification(
    subscription: Subscription, part: Part, context: Context, *, split: bool
) -> dict[str, JsonValue]:
    params = subscription.notification
    json: dict[str, JsonValue] = {"sysAttrs": True}
    if params.show_changes:
        json["showChanges"] = True
    names, omitted = (None, frozenset()) if split else _shown(params)
    if names is None and not part.names:
        if omitted:
            json["omit"] = [_term(name, context) for name in sorted(omitted)]
        return json
    offered = part.names or frozenset(names or ())
    chosen = sorted(offered) if names is None else names
    kept = [name for name in chosen if name not in omitted]
    attributes = [name for name in kept if name in offered and name not in _MEMBERS]
    if attributes and SCOPE not in kept:
        json["attributes"] = [context.compact_name(name) for name in attributes]
    else:
        members = (*_NEEDED, SCOPE) if SCOPE in kept else _NEEDED
        json["pick"] = [_term(name, context) for name in (*members, *attributes)]
    return json


def _shown(params: NotificationParams) -> tuple[Sequence[str] | None, frozenset[str]]:
    """Name what a notification shows, `None` for all, and what it leaves out of that."""
    if params.attributes is not None:
        return params.attributes, frozenset()
    if params.projection is None:
        return None, frozenset()
    omitted = {term.name for term in params.projection.omit if not term.linked}
    pick = params.projection.pick
    names = None if pick is None else [term.name for term in pick]
    return names, frozenset(omitted.difference(_NEEDED))


def _term(name: str, context: Context) -> str:
    return _MEMBERS.get(name) or context.compact_name(name)
