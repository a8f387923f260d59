"""Who asks over HTTP: a bearer token becomes a `Caller`, nobody is anonymous."""

from dataclasses import replace
from functools import lru_cache

from hanze.errors import Denied
from hanze.governance.activation import require_active
from hanze.governance.reasons import Reason
from hanze.governance.records.log import DecisionRecord
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.purpose import PurposeNotHeld, purpose_iri, with_purpose
from hanze.identity.roles import DEVELOPER
from hanze.identity.tokens import TOKEN_PREFIX, TokenRefused
from hanze.league.membership import EVERYBODY
from hanze.league.requests import Identified
from hanze.league.sharing import actor_of, organisation_of, readable_by
from hanze.node.node import Node
from hanze.web.http import Scope
from hanze.web.visitor import address_of

__all__ = [
    "AuthenticationRequired",
    "RoleMissing",
    "caller_of",
    "for_purpose",
    "require_known",
    "require_operator",
    "require_subscriber",
    "require_writer",
]

_DEVELOPER = Caller(actor="dev", roles=frozenset({"reader", "writer", "operator", DEVELOPER}))


class AuthenticationRequired(Denied):
    """The request changes something and names nobody who may (RFC 6750)."""

    def __init__(self) -> None:
        super().__init__(
            "This needs a bearer token: `hanze token new` on the node makes one, "
            "the header is `Authorization: Bearer <token>`"
        )


class RoleMissing(Denied):
    """The token is known and may not do this (RFC 6750, 3.1 insufficient_scope)."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"The token has no role {role}: `hanze token new NAME --role {role}` makes one that has"
        )
        self.role = role


def caller_of(
    node: Node,
    authorization: bytes | None,
    tenant: str,
    member: Identified | None = None,
    *,
    purpose: bytes | None = None,
    scope: Scope | None = None,
) -> Caller:
    """Establish the caller of a request.

    Args:
        member: Of the league, that signed the request; a token that it carries besides says what
            the caller may do, as it does without a signature.
        purpose: Value of `Hanze-Purpose`: which of the purposes of its credentials it is for.
        scope: Of the request: where it comes from.

    Raises:
        AuthenticationRequired: The header is there and is no bearer token.
        TokenRefused: The token is unknown, revoked or expired.
        AccessDenied: The project that the token is bound to is not active.
        TooOften: Too many tokens of this visitor were refused.
        PurposeNotHeld: The credentials do not hold the purpose.
        PurposeUnknown: The purpose is none.
    """
    if authorization is None and purpose is None and member is None:
        # Most of those who read what is open: nothing of them is looked up.
        return _unnamed(tenant, dev=node.dev)
    asked = None if purpose is None else purpose.decode("latin-1")
    if member is not None and authorization is None:
        return _member(node, member, tenant, asked)
    found = _bearer(node, authorization, tenant, scope)
    if asked is None and not found.purposes:
        return found
    if node.dev:
        return found if asked is None else replace(found, purpose=purpose_iri(asked))
    return for_purpose(node, found, asked)


def for_purpose(node: Node, caller: Caller, asked: str | None) -> Caller:
    """Choose the purpose of a caller's request, among those registered for its activity.

    Args:
        asked: Value of `Hanze-Purpose`.

    Raises:
        PurposeNotHeld: The caller may not state it.
        PurposeUnknown: It is none.
    """
    rules = node.governance.rules
    activity = rules.activities.get(caller.activity or "")
    if activity is not None:
        registered = caller.purposes & frozenset(activity.purposes)
        if registered != caller.purposes:
            caller = replace(caller, purposes=registered)
    elif caller.purposes:
        # Purposes are those of an activity: while it is not in the register there are none.
        caller = replace(caller, purposes=frozenset())
    try:
        return with_purpose(caller, asked)
    except PurposeNotHeld as error:
        # Of who shows no credentials there is nothing to tell, and strangers do not fill the log.
        if caller.credential:
            node.store.log.stage([_refused_purpose(caller, error, node.clock())])
        raise


def _refused_purpose(caller: Caller, error: PurposeNotHeld, now: str) -> DecisionRecord:
    """Write down who stated a purpose that is not theirs."""
    return DecisionRecord(
        at=now,
        actor=caller.actor,
        organisation=caller.organisation or "",
        credential=caller.credential,
        action="state-purpose",
        tenant=caller.tenant,
        purpose=error.value or "",
        activity=caller.activity or "",
        decision=False,
        reason=Reason.PURPOSE_NOT_REGISTERED.value,
    )


@lru_cache(maxsize=1024)
def _unnamed(tenant: str, *, dev: bool) -> Caller:
    """Give who proves nothing, in a tenant: always the same one, which the gate knows again."""
    return (_DEVELOPER if dev else ANONYMOUS).in_tenant(tenant)


def _bearer(node: Node, authorization: bytes | None, tenant: str, scope: Scope | None) -> Caller:
    if authorization is None or node.dev:
        return _unnamed(tenant, dev=node.dev)
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise AuthenticationRequired
    now, secret = node.clock(), secret.strip()
    tokens = node.tokens if secret.startswith(TOKEN_PREFIX) else node.entrance.access_tokens
    try:
        found = tokens.verify(secret, now=now, tenant=tenant)
    except TokenRefused:
        # Only who is wrong is looked at: where tokens are right, this costs nothing.
        if scope is not None:
            node.entrance.guard.failed(address_of(node, scope), now=now)
        raise
    # What is bound to a project does nothing, not even read, until that is active.
    project_id = node.entrance.project_of(found.credential, now=now)
    require_active(node.governance.rules, found, project_id=project_id)
    return found


def _member(node: Node, member: Identified, tenant: str, asked: str | None) -> Caller:
    """Make the caller of a signed request: who is not confirmed gets what anybody gets.

    What a member asks for is its own to say: its agreements say whether that is enough.
    """
    actor = actor_of(member.member)
    if not member.is_confirmed:
        if asked is not None:
            raise PurposeNotHeld(purpose_iri(asked))
        return Caller(actor, roles=ANONYMOUS.roles, tenant=tenant)
    purpose = None if asked is None else purpose_iri(asked)
    reader = EVERYBODY if member.for_anybody else actor
    return Caller(
        actor,
        # It vouches for its own organisation, and for nobody else who asks through it.
        None if member.for_anybody else organisation_of(member.member),
        frozenset({"reader", "member"}),
        purpose=purpose,
        purposes=frozenset() if purpose is None else frozenset({purpose}),
        tenant=tenant,
        # What is shared lies in the default tenant; others are as open as they are to anybody.
        shares=None if tenant else readable_by(node.league.state, reader),
    )


def require_writer(caller: Caller) -> None:
    """Refuse a caller that may not write.

    Raises:
        AuthenticationRequired: Nobody is named.
        RoleMissing: The caller lacks the role.
    """
    _require(caller, "writer")


def require_subscriber(caller: Caller) -> None:
    """Refuse a caller that may not subscribe: writers may, and confirmed members of the league.

    Raises:
        AuthenticationRequired: Nobody is named.
        RoleMissing: The caller has neither role.
    """
    if "member" not in caller.roles:
        require_writer(caller)


def require_known(caller: Caller) -> None:
    """Refuse who names nobody; what is known of the caller decides the rest elsewhere.

    Raises:
        AuthenticationRequired: Nobody is named.
    """
    if caller.actor == ANONYMOUS.actor:
        raise AuthenticationRequired


def require_operator(caller: Caller) -> None:
    """Refuse a caller that may not run the node: what it decides is about others' records.

    Raises:
        AuthenticationRequired: Nobody is named.
        RoleMissing: The caller lacks the role.
    """
    _require(caller, "operator")


def _require(caller: Caller, role: str) -> None:
    if role not in caller.roles:
        if caller.actor == ANONYMOUS.actor:
            raise AuthenticationRequired
        raise RoleMissing(role)
