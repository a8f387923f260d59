"""Whose addresses URLs are (pure)."""

from collections.abc import Iterable

from hanze.league.model import Peer
from hanze.league.sharing import actor_of

__all__ = ["Addresses"]


class Addresses:
    """Where confirmed members are reached; several may be at one address.

    Args:
        members: Those who are confirmed.
    """

    def __init__(self, members: Iterable[Peer] = ()) -> None:
        self._actors: dict[str, set[str]] = {}
        for one in members:
            self._actors.setdefault(one.url, set()).add(actor_of(one.id))

    def has(self, url: str) -> bool:
        """Tell whether a URL is one of a member."""
        return _origin_of(url) in self._actors

    def is_of(self, actor: str, url: str) -> bool:
        """Tell whether a URL is one of this member, given as a caller (`actor_of`)."""
        return actor in self._actors.get(_origin_of(url), ())


def _origin_of(url: str) -> str:
    """Return scheme and authority of a URL, as they stand in it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
