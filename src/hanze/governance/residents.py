"""Who speaks for which data subject: residents for themselves, parents for children (pure)."""

from collections.abc import Mapping

from hanze.errors import Denied
from hanze.governance.records.rights import Guardianship
from hanze.governance.rights import children_of, parents_of
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER, RESIDENT, STEWARD

__all__ = [
    "ParentDecides",
    "ResidentsOnly",
    "StewardsOnly",
    "city_of",
    "is_steward",
    "own_subject",
    "require_of_age",
    "require_resident",
    "require_steward",
    "subjects_of",
]


class ResidentsOnly(Denied):
    """Something is about oneself, and nobody known as a resident asks."""

    def __init__(self) -> None:
        super().__init__(
            "This is about the resident who asks: sign in with an account that a steward has "
            "linked to the data about its owner"
        )


class StewardsOnly(Denied):
    """Something is for the data steward."""

    def __init__(self) -> None:
        super().__init__("Only a data steward of this node may see and do this")


class ParentDecides(Denied):
    """A child asks for what a parent has to decide (GDPR art. 8)."""

    def __init__(self, until: str) -> None:
        super().__init__(
            f"A parent decides about this consent until {until}; withdrawing it is always possible"
        )
        self.until = until


def city_of(organisation: str) -> str:
    """Name whoever runs the node within ids: by the end of its own id."""
    words = "".join(c if c.isalnum() or c in "-_." else " " for c in organisation).split()
    return words[-1].lower() if words else "here"


def is_steward(caller: Caller) -> bool:
    return STEWARD in caller.roles or DEVELOPER in caller.roles


def require_steward(caller: Caller) -> None:
    """Refuse who is no steward.

    Raises:
        StewardsOnly: The caller lacks the role.
    """
    if not is_steward(caller):
        raise StewardsOnly


def own_subject(caller: Caller) -> str | None:
    """Return what data calls the caller; `None`: it is no resident."""
    return caller.subject if RESIDENT in caller.roles and caller.subject else None


def require_resident(caller: Caller) -> str:
    """Return what data calls the caller.

    Raises:
        ResidentsOnly: It is no resident.
    """
    subject = own_subject(caller)
    if subject is None:
        raise ResidentsOnly
    return subject


def subjects_of(
    guardianships: Mapping[str, Guardianship], caller: Caller, now: str
) -> tuple[str, ...]:
    """List about whom the caller may see everything: itself first, then its children."""
    own = own_subject(caller)
    return () if own is None else (own, *children_of(guardianships, own, now))


def require_of_age(guardianships: Mapping[str, Guardianship], subject: str, now: str) -> None:
    """Refuse a child's own consent.

    Raises:
        ParentDecides: Somebody decides for it.
    """
    parents = parents_of(guardianships, subject, now)
    if parents:
        raise ParentDecides(max(one.until for one in parents))
