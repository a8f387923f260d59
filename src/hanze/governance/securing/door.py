"""The door: whether a request is let in while there is an emergency, decided before any work."""

from collections.abc import Mapping

from hanze.governance.duties import has_duty
from hanze.governance.records.emergency import CriticalityKind, Emergency, Level, criticality_id
from hanze.governance.securing.services import DEFAULTS, Service
from hanze.identity.caller import Caller
from hanze.identity.roles import OPERATOR, SECURITY_OFFICER
from hanze.ngsild.moment import parse_datetime

__all__ = ["Door"]

#: Whoever is turned away tries again after at most so long: it may end before its time.
_AGAIN_S = 300
_SECOND_US = 1_000_000


class Door:
    """Whom the node answers in an emergency; without one this is an attribute that is `None`.

    Attributes:
        emergency: The one that was declared and has not ended; `None` nearly always.
        levels: By ids of `Criticality`.
    """

    __slots__ = ("_until_us", "emergency", "levels")

    def __init__(self) -> None:
        self.emergency: Emergency | None = None
        self.levels: Mapping[str, Level] = {}
        self._until_us = 0

    def close_for(self, emergency: Emergency | None) -> None:
        """Begin an emergency, or end it."""
        self._until_us = 0 if emergency is None else parse_datetime(emergency.until)
        self.emergency = emergency

    def left_s(self, now: str) -> int:
        """Say for how many seconds the emergency lasts; 0: there is none, or none any more.

        Args:
            now: DateTime text.
        """
        if self.emergency is None:
            return 0
        left = -((parse_datetime(now) - self._until_us) // _SECOND_US)
        if left <= 0:
            # Ends by itself: from now on nothing is looked at; the worker writes it down.
            self.emergency = None
            return 0
        return left

    def retry_after_s(self, now: str) -> int:
        """Say after how many seconds whoever is turned away may try again."""
        return max(1, min(self.left_s(now), _AGAIN_S))

    def level(self, service: Service, source: str = "", caller: Caller | None = None) -> Level:
        """Say how much hangs on a request: what is said of the narrowest counts.

        Whoever runs the node or answers for its security is let in, unless their very credential
        has a level.

        Args:
            service: What is asked for.
            source: Whose message it is; "" for none.
            caller: Who asks; `None` where nobody is named.
        """
        if service is Service.DOOR:
            return Level.VITAL
        if caller is not None and (known := self._of_caller(caller)) is not None:
            return known
        if source and (known := self._known(CriticalityKind.SOURCE, source)) is not None:
            return known
        return self._known(CriticalityKind.SERVICE, service.value) or DEFAULTS[service]

    def holds_source(self, name: str) -> bool:
        """Tell whether a source that the node follows rests now: it is of the lowest level."""
        if self.emergency is None:
            return False
        return self.level(Service.SOURCES, name) is Level.LOW

    def _of_caller(self, caller: Caller) -> Level | None:
        if caller.credential:
            known = self._known(CriticalityKind.CREDENTIAL, caller.credential)
            if known is not None:
                return known
        if has_duty(caller, OPERATOR, SECURITY_OFFICER):
            return Level.VITAL
        if caller.organisation:
            return self._known(CriticalityKind.ORGANISATION, caller.organisation)
        return None

    def _known(self, kind: CriticalityKind, key: str) -> Level | None:
        return self.levels.get(criticality_id(kind, key))
