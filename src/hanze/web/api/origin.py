"""What a request that may be distributed was like (CIM 009, 4.3.6.4, 4.3.6.5, 6.3.18)."""

from hanze.broker.distribution.via import passed_by
from hanze.broker.origin import Origin
from hanze.ngsild.context import Context
from hanze.web.http import Request

__all__ = ["origin_of"]


def origin_of(request: Request, context: Context, now: str) -> Origin:
    """Keep of a request what distributing it needs.

    Args:
        request: What is asked.
        context: Its @context, from wherever it came.
        now: DateTime text.
    """
    via = request.header(b"via")
    return Origin(
        caller=request.caller,
        context=context,
        via=() if via is None else passed_by(via.decode("latin-1")),
        headers=request.headers(),
        now=now,
    )
