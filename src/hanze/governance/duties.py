"""Who may do what is to be accounted for, and the account of it."""

from collections.abc import Sequence

from hanze.errors import Denied
from hanze.governance.records.log import AuditRecord
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER

__all__ = ["DutyMissing", "account_of", "has_duty", "require_duty"]


class DutyMissing(Denied):
    """The caller is known, and this is not its duty.

    Attributes:
        roles: Any of which would do.
    """

    def __init__(self, roles: Sequence[str]) -> None:
        super().__init__(f"Only who has the role {' or '.join(roles)} may do this")
        self.roles = tuple(roles)


def has_duty(caller: Caller, *roles: str) -> bool:
    """Tell whether a caller has one of some roles; a developer (`--dev`) has all of them."""
    return DEVELOPER in caller.roles or not caller.roles.isdisjoint(roles)


def require_duty(caller: Caller, *roles: str) -> None:
    """Refuse a caller that has none of some roles.

    Raises:
        DutyMissing: It has none of them.
    """
    if not has_duty(caller, *roles):
        raise DutyMissing(roles)


def account_of(
    caller: Caller, name: str, about: Sequence[str], *, detail: str = "", now: str
) -> AuditRecord:
    """Write the account of what a caller does.

    Args:
        name: "dataset.classified", "agreement.signed", ...
        about: Ids of what it is done to.
        detail: A sentence; no personal data.
        now: DateTime text.
    """
    trace = caller.trace
    return AuditRecord(
        at=now,
        trace_id=trace.trace_id if trace else "",
        span_id=trace.span_id if trace else "",
        parent_span_id=trace.parent_span_id if trace else "",
        actor=caller.actor,
        organisation=caller.organisation or "",
        name=name,
        about=tuple(about),
        detail=detail,
    )
