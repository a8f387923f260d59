"""Invitations: a text that an operator gives to another one, by a way that both trust.

It carries a key of its own, made for it alone. The node that invites keeps only the public part, so
that nobody finds an invitation in its data or a copy of it; who is invited signs its record with
the private part, so that nobody on the way can use it either.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.errors import Conflicting, InvalidInput
from hanze.league.identity import KeyPair, decoded, encoded, is_signed_by, thumbprint_of
from hanze.league.statements import Address, Moment, Thumbprint

__all__ = [
    "Invitation",
    "InvitationUsedUp",
    "InvitationWrong",
    "Invited",
    "Request",
    "accept_request",
    "make_invitation",
    "read_token",
    "request_with",
]

_PREFIX: Final = "hanze-league-"
_LONGEST: Final = 1_000
_CONTEXT: Final = b"hanze-league-invitation\n"


class InvitationWrong(InvalidInput):
    """A text is no invitation, or was copied in part."""


class InvitationUsedUp(Conflicting):
    """An invitation is not known, has expired, or was used."""

    def __init__(self) -> None:
        super().__init__(
            "The invitation does not serve: it is not known here, has expired, or was used; "
            "`hanze league invite` makes another one"
        )


class Invitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An invitation as the node that made it keeps it.

    Attributes:
        key: Public part of the invitation's key; its thumbprint names the invitation.
        expires_at: DateTime text.
        used_by: Id of the member that came with it.
    """

    key: str
    expires_at: str
    used_by: str | None = None


class Invited(msgspec.Struct, frozen=True, array_like=True):
    """What an invitation says.

    Attributes:
        url: Of the node that invites.
        key: Thumbprint of the key that it signs with.
        seed: Private part of the invitation's key.
        expires_at: DateTime text.
    """

    url: Address
    key: Thumbprint
    seed: Thumbprint
    expires_at: Moment


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How a node comes with an invitation.

    Attributes:
        invitation: Names the invitation.
        record: Statement of the node that comes.
        proof: The record signed with the invitation's key.
    """

    invitation: Thumbprint
    record: str
    proof: Annotated[str, Meta(max_length=100)]


def make_invitation(
    *, url: str, key: str, expires_at: str, secret: KeyPair
) -> tuple[Invitation, str]:
    """Return an invitation to keep, and its text to give away.

    Args:
        url: Of this node.
        key: Thumbprint of the key that this node signs with.
        secret: Made for this invitation.
    """
    invited = Invited(url, key, secret.seed, expires_at)
    text = _PREFIX + encoded(msgspec.json.encode(invited))
    return Invitation(key=secret.public, expires_at=expires_at), text


def read_token(text: str) -> Invited:
    """Read the text of an invitation; nothing says yet that it serves.

    Raises:
        InvitationWrong: It is none.
    """
    text = "".join(text.split())
    if not text.startswith(_PREFIX) or len(text) > _LONGEST:
        raise InvitationWrong(f"An invitation must begin with {_PREFIX}", field="token")
    try:
        return msgspec.json.decode(decoded(text.removeprefix(_PREFIX)), type=Invited)
    except (ValueError, msgspec.DecodeError):
        raise InvitationWrong(
            "The invitation cannot be read: it was not copied whole", field="token"
        ) from None


def request_with(invited: Invited, record: str) -> Request:
    """Come with an invitation.

    Args:
        record: Statement of this node.
    """
    secret = KeyPair.of_seed(invited.seed)
    proof = encoded(secret.sign(_CONTEXT + record.encode()))
    return Request(invitation=secret.thumbprint, record=record, proof=proof)


def accept_request(invitation: Invitation | None, request: Request, *, now: str) -> None:
    """Check that who comes was given the invitation.

    Args:
        invitation: That the request names; `None` where there is none.
        now: DateTime text.

    Raises:
        InvitationUsedUp: It does not serve, for whatever reason.
    """
    try:
        proof = decoded(request.proof)
    except ValueError:
        proof = b""
    if (
        invitation is None
        or invitation.used_by is not None
        or invitation.expires_at <= now
        or thumbprint_of(invitation.key) != request.invitation
        or not is_signed_by(invitation.key, proof, _CONTEXT + request.record.encode())
    ):
        raise InvitationUsedUp
