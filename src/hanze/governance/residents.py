"""Who speaks for which data subject: residents for themselves, parents for children (pure)."""

from collections.abc import Mapping

from hanze.errors import Denied
from hanze.governance.records.rights import Guardianship
from hanze.governance.rights import children_of, parents_of
from hanze.identity.caller import Caller
from hanze.identity.roles import RESIDENT

__all__ = [
    "ParentDecides",
    "ResidentsOnly",
    "own_subject",
    "require_of_age",
    "require_resident",
    "subjects_of",
]


class ResidentsOnly(Denied):
    """Something is about oneself, and nobody known as a resident asks."""

    def __init__(self) -> None:
        super().__init__(
            "This is about the resident who asks: sign in with an account that a steward has "
            "linked to the data about its owner"
        )


class ParentDecides(Denied):
    """A child asks for what a parent has to decide (GDPR art. 8)."""

    def __init__(self, until: str) -> None:
        super().__init__(
            f"A parent decides about this consent until {until}; withdrawing it is always possible"
        )
        self.until = until


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
