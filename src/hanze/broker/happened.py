"""What somebody is told of: a change of an entity, here or at a Context Source (CIM 009, 5.8.6)."""

import msgspec

from hanze.ngsild.model import Entity

__all__ = ["Happened"]


class Happened(msgspec.Struct, frozen=True, gc=False):
    """One change of an entity that is notified.

    Attributes:
        entity_id: URI.
        before: The entity as it was, or as much of it as `showChanges` and deletions need; `None`
            when it is new, and when a periodic notification just shows it.
        after: The entity as it became; `None` when it was deleted.
        at: DateTime text of the change.
        source: Id of the registration whose Context Source told of it; "" where it happened here.
        via: Aliases of the Context Sources that told of it, in their order.
    """

    entity_id: str
    before: Entity | None
    after: Entity | None
    at: str
    source: str = ""
    via: tuple[str, ...] = ()
