"""Keys that residents give themselves, to add sensors of their own.

Such a key is a token like any other (`identity.tokens`) with the role "contributor" in place of
"writer": what it may do is less than what a writer may, and is checked within the broker.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from hanze.errors import Denied, TooMuch
from hanze.identity.caller import Caller
from hanze.identity.tokens import Tokens

__all__ = ["CONTRIBUTOR", "NotAResidentKey", "ResidentKey", "TooManyKeys", "give_key", "key_id_of"]

CONTRIBUTOR: Final = "contributor"
_PREFIX: Final = "resident-"


class TooManyKeys(TooMuch):
    """The node has given as many keys as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"The node gives at most {most} keys at a time, and all are in use")


class NotAResidentKey(Denied):
    """What is asked is for residents with a key of their own."""

    def __init__(self) -> None:
        super().__init__(
            "Own sensors need a resident's own key: POST /api/v1/keys gives one, and the header is "
            "`Authorization: Bearer <key>`"
        )


class ResidentKey(NamedTuple):
    """A key as it is given, once: `secret` is not kept."""

    id: str
    secret: str
    expires_at: str


def give_key(tokens: Tokens, *, most: int, days: int, now: str) -> ResidentKey:
    """Give a key to whoever asks.

    Args:
        most: Keys in use at a time.
        days: After which it expires.

    Raises:
        TooManyKeys: All are in use.
    """
    in_use = sum(
        CONTRIBUTOR in record.roles and record.state(now) == "active" for record in tokens.records()
    )
    if in_use >= most:
        raise TooManyKeys(most)
    ends = datetime.fromisoformat(now[:19]).replace(tzinfo=UTC) + timedelta(days=days)
    expires_at = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    key_id = secrets.token_hex(8)
    secret = tokens.create(
        _PREFIX + key_id, expires_at=expires_at, roles=("contributor", "reader"), now=now
    )
    return ResidentKey(key_id, secret, expires_at)


def key_id_of(caller: Caller) -> str:
    """Return the id of the resident's key that a caller presents.

    Raises:
        NotAResidentKey: It is another token, or none.
    """
    if CONTRIBUTOR not in caller.roles or not caller.actor.startswith(_PREFIX):
        raise NotAResidentKey
    return caller.actor.removeprefix(_PREFIX)
