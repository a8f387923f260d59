"""What members may read (pure)."""

from typing import Final

from hanze.league.membership import State
from hanze.league.model import Share

__all__ = ["actor_of", "member_of", "organisation_of", "readable_by"]

#: What a member is called who asks, or who owns a subscription.
_ACTOR: Final = "peer:"
_ORGANISATION: Final = "urn:ngsi-ld:Organization:"


def actor_of(member: str) -> str:
    """Name a member as a caller, by its id."""
    return _ACTOR + member


def organisation_of(member: str) -> str:
    """Name the organisation that runs a member's node, by the member's id.

    A member vouches for that one alone; what an agreement calls it is what its key proves.
    """
    return _ORGANISATION + member


def member_of(organisation: str) -> str | None:
    """Say which member an organisation is, by its id; `None` where it is none."""
    member = organisation.removeprefix(_ORGANISATION)
    return None if member == organisation else member


def readable_by(state: State, actor: str) -> tuple[Share, ...] | None:
    """Say what of the default tenant a confirmed member may read; `None` for all.

    Args:
        state: What the node decided.
        actor: The member as a caller; `EVERYBODY` for what all members may read.
    """
    shares = state.shares_with(actor.removeprefix(_ACTOR))
    return None if Share() in shares else shares
