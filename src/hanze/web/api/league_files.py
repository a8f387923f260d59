"""`/api/v1/league/peers.csv`: the other members as a table for spreadsheets."""

import csv
import io
from typing import Final

from starlette.responses import Response

from hanze.collaboration.exports import harmless
from hanze.league.identity import fingerprint_of
from hanze.league.model import Peer
from hanze.ngsild.vocabulary import HANZE
from hanze.web.api.frame import ApiRoute, Ask

__all__ = ["ROUTES"]

_COLUMNS: Final = (
    *("name", "city", "status", "url", "longitude", "latitude", "types", "scopes"),
    *("latency_ms", "last_contact", "answers", "error", "fingerprint"),
)


async def peers(ask: Ask) -> Response:
    """Download the other members as CSV; why one does not answer is for operators."""
    told = "operator" in ask.caller.roles
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    writer.writerows(_line(one, told=told) for one in ask.node.league.peers())
    return Response(
        # The mark tells spreadsheets that the file is UTF-8.
        "\ufeff" + buffer.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="league.csv"'},
    )


def _line(peer: Peer, *, told: bool) -> list[str]:
    contact = peer.contact
    known = contact.at is not None or contact.error is not None
    types = sorted({HANZE.compact_name(iri) for share in peer.shares for iri in share.types})
    scopes = sorted({scope for share in peer.shares for scope in share.scopes})
    return [
        harmless(peer.name),
        harmless(peer.city),
        peer.status.value,
        harmless(peer.url),
        *(("", "") if peer.place is None else map(str, peer.place)),
        harmless(" ".join(types)),
        harmless(" ".join(scopes)),
        "" if contact.latency_ms is None else f"{contact.latency_ms:.1f}",
        contact.at or "",
        "" if not known else "no" if contact.error is not None else "yes",
        harmless(contact.error or "") if told else "",
        fingerprint_of(peer.key),
    ]


ROUTES = (ApiRoute("GET", "/league/peers.csv", peers, media=("text/csv",)),)
