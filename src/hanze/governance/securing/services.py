"""The services of a node, as groups of addresses, and how much hangs on each (pure)."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from hanze.governance.records.emergency import Level

__all__ = ["DEFAULTS", "Service", "service_of", "source_of"]


class Service(Enum):
    """A group of addresses."""

    #: What an emergency is managed with, and the ways in: it is answered always.
    DOOR = "door"
    #: Entities as they are now, and what they are called.
    READING = "reading"
    #: Changes of entities.
    WRITING = "writing"
    #: Subscriptions, registrations and Snapshots.
    SUBSCRIBING = "subscribing"
    #: What sources send.
    SOURCES = "sources"
    #: The past, and what is made of it.
    HISTORY = "history"
    #: What other nodes of the league tell and ask.
    LEAGUE = "league"
    #: Rules about data, requests of residents, the log.
    GOVERNANCE = "governance"
    #: Records of the collective.
    COLLECTIVE = "collective"
    #: Pages.
    PORTAL = "portal"


#: Where nobody decided otherwise.
DEFAULTS: Final[Mapping[Service, Level]] = {
    Service.DOOR: Level.VITAL,
    Service.READING: Level.NORMAL,
    Service.WRITING: Level.NORMAL,
    Service.SUBSCRIBING: Level.NORMAL,
    Service.SOURCES: Level.NORMAL,
    Service.HISTORY: Level.LOW,
    Service.LEAGUE: Level.NORMAL,
    Service.GOVERNANCE: Level.NORMAL,
    Service.COLLECTIVE: Level.LOW,
    Service.PORTAL: Level.LOW,
}

_API: Final = "/ngsi-ld/v1/"
_OWN: Final = "/api/v1/"
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ENTITIES: Final = frozenset({"entities", "entityOperations"})
_DESCRIBING: Final = frozenset({"types", "attributes", "info", "jsonldContexts"})
_QUERY: Final = "entityOperations/query"
_OWN_GROUPS: Final[Mapping[str, Service]] = {
    "sources": Service.SOURCES,
    "history": Service.HISTORY,
    "insight": Service.HISTORY,
    "league": Service.LEAGUE,
    "governance": Service.GOVERNANCE,
    "identity": Service.GOVERNANCE,
    "notifications": Service.SUBSCRIBING,
    "snapshots": Service.SUBSCRIBING,
}
_SECURITY: Final = frozenset({"emergency", "emergencies", "criticality", "security", "incidents"})
_DOORS: Final = re.compile(
    r"/(?:health|openapi\.json|theme|\.well-known/.*|oauth2/.*|static/.*"
    r"|(?:en|nl|ko)/(?:security|sign-in|sign-out|set-up|account)(?:/.*)?)"
)
_PUSH: Final = re.compile(r"/api/v1/sources/([a-z0-9][a-z0-9-]{0,62})/messages(?:/.*)?")


def service_of(method: str, path: str) -> Service:
    """Say which service an address belongs to.

    Args:
        method: Of the request.
        path: Without query.
    """
    if path.startswith(_API):
        return _standard(method, path[len(_API) :])
    if path.startswith(_OWN):
        first, _, rest = path[len(_OWN) :].partition("/")
        if first == "governance" and rest.partition("/")[0] in _SECURITY:
            return Service.DOOR
        return _OWN_GROUPS.get(first, Service.COLLECTIVE)
    if path.startswith("/access/"):
        return Service.GOVERNANCE
    return Service.DOOR if _DOORS.fullmatch(path) else Service.PORTAL


def source_of(path: str) -> str:
    """Name the source that a message is sent to; "" for other addresses."""
    found = _PUSH.fullmatch(path)
    return found[1] if found else ""


def _standard(method: str, rest: str) -> Service:
    first = rest.partition("/")[0]
    if first == "temporal":
        return Service.HISTORY if method in _READING or "/query" in rest else Service.WRITING
    if first in _DESCRIBING:
        return Service.READING
    if first in _ENTITIES:
        reads = method in _READING or rest.rstrip("/") == _QUERY
        return Service.READING if reads else Service.WRITING
    return Service.SUBSCRIBING
