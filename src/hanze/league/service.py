"""The league as a node knows it: who it is itself, who the others are, and what it decided."""

from hanze.broker.ports import Store
from hanze.league.model import Me, Peer

__all__ = ["League"]


class League:
    """Membership of this node.

    Args:
        store: Keeps it, in registers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def me(self) -> Me | None:
        """Tell who this node is; `None` before it was founded."""
        return None

    def peers(self) -> tuple[Peer, ...]:
        """List the others that it knows of, by name."""
        return ()
