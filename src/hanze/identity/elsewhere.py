"""People whom an OpenID provider knows: what its claims make of them here (pure)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hanze.errors import ConfigurationError
from hanze.identity.account import SignInRefused
from hanze.identity.caller import Caller
from hanze.identity.grant import Grant
from hanze.identity.roles import PEOPLE_ROLES, READER, RESIDENT

__all__ = ["ClaimRules", "ClaimRulesWrong", "caller_of_claims", "read_roles"]

_LONGEST: Final = 500


class ClaimRulesWrong(ConfigurationError):
    """The setting that gives roles to groups of the provider cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"The setting identity.oidc_roles has {text[:60]!r}: it must have parts such as "
            f"group=role, with a role of {', '.join(PEOPLE_ROLES)}"
        )
        self.field = "identity.oidc_roles"


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the node makes of claims.

    Attributes:
        subject_claim: Says what data calls the person; "" for none.
        residents: Whether whoever is known there comes in as a resident.
        roles_claim: Lists groups; "" for none.
        roles: Which of them gives which roles.
        organisation: Id of the organisation of those who come in with such a role.
    """

    subject_claim: str = ""
    residents: bool = False
    roles_claim: str = ""
    roles: Mapping[str, frozenset[str]] | None = None
    organisation: str = ""


def read_roles(text: str) -> Mapping[str, frozenset[str]]:
    """Read which group gives which role: `group=role group=role`.

    Raises:
        ClaimRulesWrong: A part is no such pair, or names no role.
    """
    found: dict[str, frozenset[str]] = {}
    for part in text.split():
        group, _, role = part.rpartition("=")
        if not group or role not in PEOPLE_ROLES:
            raise ClaimRulesWrong(part)
        found[group] = found.get(group, frozenset()) | {role}
    return found


def caller_of_claims(claims: Mapping[str, object], rules: ClaimRules) -> Caller:
    """Make the caller of somebody without an account here, from a verified ID token.

    Nothing of it is kept but for the session. The name in logs is no name: a hash of who the
    provider says it is.

    Raises:
        SignInRefused: The node lets nobody in without an account, or not this person.
    """
    roles: set[str] = set()
    if rules.roles_claim:
        listed = claims.get(rules.roles_claim)
        groups = listed if isinstance(listed, list) else str(listed or "").split()
        for group in groups:
            roles |= (rules.roles or {}).get(str(group), frozenset())
    works_here = bool(roles)
    if rules.residents:
        roles.add(RESIDENT)
    if not roles:
        raise SignInRefused
    known = f"{claims.get('iss')} {claims.get('sub')}"
    mark = hashlib.sha256(known.encode()).hexdigest()[:24]
    grant = Grant(
        roles=tuple(sorted({*roles, READER})),
        organisation=rules.organisation or None if works_here else None,
        subject=_subject(claims, rules) if rules.residents else None,
    )
    return grant.caller(f"person-{mark}", credential=f"oidc:{mark}")


def _subject(claims: Mapping[str, object], rules: ClaimRules) -> str | None:
    value = claims.get(rules.subject_claim) if rules.subject_claim else None
    if isinstance(value, str) and 0 < len(value) <= _LONGEST:
        return value
    return None
