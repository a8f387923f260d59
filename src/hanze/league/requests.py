"""Signs what this node asks of members, and finds out which member asks it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hanze.broker.distribution.ports import ON_BEHALF, PURPOSE, TRACEPARENT
from hanze.league.identity import KeyPair
from hanze.league.known_keys import KnownKey, MemberRefused
from hanze.league.model import Status
from hanze.league.replay import Nonces
from hanze.league.service import League
from hanze.league.signatures import (
    Message,
    SignatureInput,
    SignatureRefused,
    check_signature,
    digest_of,
    sign_message,
)
from hanze.ngsild.moment import parse_datetime

__all__ = ["Identified", "SignedRequests"]

_REFUSED: Final = frozenset({Status.BANNED, Status.LEFT})
_NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Identified:
    """The member that signed a request.

    Attributes:
        member: Its id.
        is_confirmed: Whether the operator trusts it; else it gets what anybody gets.
        for_anybody: It asks for somebody who is not its own.
    """

    member: str
    is_confirmed: bool
    for_anybody: bool = False


class SignedRequests:
    """Requests between this node and other members.

    Args:
        league: Knows the keys.
    """

    def __init__(self, league: League) -> None:
        self._league = league
        self._nonces = Nonces(since_s=_seconds(league.clock()), skew_s=league.limits.clock_skew_s)

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        """Give the headers with which a request to a confirmed member is signed.

        Args:
            url: Whole, with its query, as it is sent.
            headers: That are sent, names in lower case.

        Returns:
            Nothing for strangers, and where the request is signed already.
        """
        if "signature" in headers or not self._league.addresses.has(url):
            return {}
        return self.signed(method, url, headers, body)

    def signed(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        key: KeyPair | None = None,
    ) -> Mapping[str, str]:
        """Give the headers with which a request is signed, whoever it goes to.

        Args:
            key: Signs; `None`: the one that signs now.

        Raises:
            NotFounded: The node is no member.
            KeyMissing: Its key is gone.
        """
        digest = digest_of(body) if body else None
        message = Message(
            method,
            url,
            headers.get("ngsild-tenant"),
            digest,
            behalf=headers.get(ON_BEHALF),
            purpose=headers.get(PURPOSE),
            trace=headers.get(TRACEPARENT),
        )
        now_s = _seconds(self._league.clock())
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        made = dict(sign_message(message, key or self._league.key(), now_s=now_s, nonce=nonce))
        return made if digest is None else {**made, "content-digest": digest}

    def identify(self, signed: SignatureInput, message: Message) -> Identified:
        """Find out which member signed a request; its body is still to be compared.

        Raises:
            SignatureRefused: No known key signed it, not so, or not for now.
            MemberRefused: A member did that was banned, or that left.
        """
        now = self._league.clock()
        known = self._league.key_known(signed.key_id)
        if known is None or _is_over(known, now):
            raise SignatureRefused("unknown-key", "no member is known here by its key")
        if known.status in _REFUSED:
            raise MemberRefused
        now_s = _seconds(now)
        skew_s = self._league.limits.clock_skew_s
        check_signature(signed, message, known.public, now_s=now_s, skew_s=skew_s)
        self._nonces.take(signed, now_s=now_s)
        confirmed = known.status is Status.CONFIRMED
        return Identified(known.member, confirmed, message.behalf is not None)


def _is_over(known: KnownKey, now: str) -> bool:
    return known.until is not None and known.until <= now


def _seconds(now: str) -> int:
    return parse_datetime(now) // 1_000_000
