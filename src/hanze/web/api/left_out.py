"""Something may be missing in an answer: `Hanze-Left-Out` says of how many datasets."""

from hanze.broker.gate import left_out
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.web.http import Request, Response

__all__ = ["tell_left_out"]


def tell_left_out(
    request: Request,
    response: Response,
    asked: EntityQuery | TypeSelection | None,
    *,
    now: str,
) -> None:
    """Say in an answer that data was left out that the caller may not read, where it was asked for.

    Nothing is said of whether there is any.

    Args:
        asked: The query, or the types that the request names; `None` for all.
        now: DateTime text.
    """
    number = left_out(request.node.store, request.caller, asked, now=now)
    if number:
        response.headers.append((b"hanze-left-out", str(number).encode()))
