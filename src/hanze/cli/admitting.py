"""What `hanze account` and `hanze client` share: they work on files, beside a running node."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hanze.governance.admitting import Admitting
from hanze.identity.caller import Caller
from hanze.identity.roles import OPERATOR, STEWARD
from hanze.node.identity import open_accounts, open_clients
from hanze.node.journal import Journal

__all__ = ["AT_THE_MACHINE", "in_days", "open_admitting"]

#: Whoever may write in the data directory may do what its operator may.
AT_THE_MACHINE = Caller(actor="command", roles=frozenset({OPERATOR, STEWARD}))


def open_admitting(data: Path) -> Admitting:
    """Open the accounts and clients of a data directory; its log is told by the node itself."""
    journal = Journal(data)
    return Admitting(open_accounts(data), open_clients(data), lambda: journal)


def in_days(days: int | None) -> str | None:
    """Write the moment that is so many days from now."""
    if days is None:
        return None
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
