"""What a credential gives to whoever shows it, whichever kind of credential it is."""

import msgspec

from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.identity.purpose import purpose_iri
from hanze.identity.roles import PEOPLE_ROLES, READER

__all__ = ["Grant", "GrantIncomplete", "RoleUnknown", "checked_grant"]


class RoleUnknown(InvalidInput):
    """There is no such role, or none that can be given."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"Role {role[:40]} does not exist; there are: {', '.join(PEOPLE_ROLES)}",
            field="roles",
            value=role,
        )


class GrantIncomplete(InvalidInput):
    """A purpose is given without the activity and the organisation that it belongs to."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"Whoever may state purposes must have an {missing}: purposes are those that are "
            "registered for a processing activity of an organisation",
            field=missing,
        )


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The rights of a token, a client or an account.

    Attributes:
        roles: `identity.roles`; a role opens no closed data.
        organisation: Id of the organisation on whose behalf it asks.
        activity: Id of the processing activity that it is bound to.
        purposes: IRIs of DPV purposes that it may state; those count that are registered for the
            activity.
        subject: What data calls the person, where it is about them.
    """

    roles: tuple[str, ...] = (READER,)
    organisation: str | None = None
    activity: str | None = None
    purposes: tuple[str, ...] = ()
    subject: str | None = None

    def caller(self, actor: str, *, credential: str, tenant: str = "") -> Caller:
        """Make the caller that shows the credential; its purpose is chosen for each request."""
        return Caller(
            actor=actor,
            organisation=self.organisation,
            roles=frozenset(self.roles),
            purposes=frozenset(self.purposes),
            activity=self.activity,
            subject=self.subject,
            credential=credential,
            tenant=tenant,
        )


def checked_grant(
    *,
    roles: tuple[str, ...] = (READER,),
    organisation: str | None = None,
    activity: str | None = None,
    purposes: tuple[str, ...] = (),
    subject: str | None = None,
) -> Grant:
    """Make a grant of what somebody typed in.

    Args:
        purposes: IRIs or CURIEs (`dpv:...`).

    Raises:
        RoleUnknown: A role does not exist.
        PurposeUnknown: A purpose is neither.
        GrantIncomplete: There are purposes, and no activity or no organisation.
    """
    for role in roles:
        if role not in PEOPLE_ROLES:
            raise RoleUnknown(role)
    if purposes and not activity:
        raise GrantIncomplete("activity")
    if purposes and not organisation:
        raise GrantIncomplete("organisation")
    return Grant(
        roles=tuple(sorted({*roles, READER})),
        organisation=organisation or None,
        activity=activity or None,
        purposes=tuple(sorted({purpose_iri(one) for one in purposes})),
        subject=subject or None,
    )
