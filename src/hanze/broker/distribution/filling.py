"""A first page that answers of sources fill, in their order (CIM 009, 5.5.9)."""

from collections.abc import Callable, Iterable, Mapping

from hanze.ngsild.model import Entity, JsonValue

__all__ = ["Filling"]


class Filling:
    """Which entities are on a page, and whether an item that came is needed for it.

    Every source is asked for a whole page, as nobody knows what the others have. So most of what
    comes is on no page, and reading it would be most of the work.

    Args:
        own: Ids of the node's own entities, which come first.
        limit: Entities of the page.
        selects: Tells whether an entity is one of those that are asked for.
    """

    def __init__(self, own: Iterable[str], limit: int, selects: Callable[[Entity], bool]) -> None:
        #: All that are known, one more than the page holds at most: that tells that more follow.
        self.ids = dict.fromkeys(own)
        #: Whether nothing that did not come can belong on the page.
        self.is_sure = True
        self._limit = limit
        self._selects = selects
        self._page: frozenset[str] | None = None

    @property
    def page(self) -> list[str]:
        """The ids on the page."""
        return list(self.ids)[: self._limit]

    def needs(self, item: JsonValue) -> bool:
        """Tell whether an item may be on the page, or be more of an entity that is."""
        if self._page is None:
            return True
        named = item.get("id", item.get("@id")) if isinstance(item, Mapping) else None
        return isinstance(named, str) and named in self._page

    def take(self, entities: Iterable[Entity], *, received: int, more: bool) -> None:
        """Note what an answer brings, after those before it.

        Args:
            entities: Those that may be used.
            received: How many came.
            more: Whether the source has others.
        """
        if self._page is not None:
            return
        selected = [entity.id for entity in entities if self._selects(entity)]
        self.ids.update(dict.fromkeys(selected))
        if len(self.ids) > self._limit:
            self._page = frozenset(self.page)
        elif more and len(selected) < received:
            # What was left out makes room for what did not come.
            self.is_sure = False
