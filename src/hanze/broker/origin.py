"""What a request that is distributed was like when it came."""

from collections.abc import Mapping

import msgspec

from hanze.identity.caller import Caller
from hanze.ngsild.context import Context

__all__ = ["Origin"]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, in which words, and over which nodes.

    Attributes:
        caller: Its tenant is that in which registrations are looked up.
        context: The @context of the request; the names in what is passed on are compacted with it.
        via: Aliases of the Context Sources that the request passed already (6.3.18), in their order.
        headers: Of the request, by names in lower case: sources may be told of them (4.3.6.5).
        now: DateTime text.
    """

    caller: Caller
    context: Context
    via: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    now: str
