"""Signing in at the OpenID provider that the settings name, and coming back from there."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from hanze.identity.account import SignInRefused
from hanze.identity.elsewhere import caller_of_claims
from hanze.ngsild.moment import parse_datetime
from hanze.web.portal.forms import Given
from hanze.web.portal.signing import change_session, own_path, show_refused
from hanze.web.portal.site import Visit

__all__ = ["BACK_PATH", "come_back", "leave"]

#: Where the provider sends people back to: the address that is registered there.
BACK_PATH: Final = "/sign-in/back"
_COOKIE: Final = "hanze-on-the-way"
_WAY_S: Final = 600


async def leave(visit: Visit, given: Given) -> Response:
    """Send somebody to the provider."""
    provider = visit.site.node.entrance.provider
    if provider is None:
        raise SignInRefused
    back = own_path(visit, given.text("next"))
    address, state = await provider.begin(visit.base_url + BACK_PATH, back, now_s=_now_s(visit))
    # A page, not a redirect: the policy lets forms lead to this site alone.
    response = visit.page("on-the-way.html", address=address, simulated=False)
    # Not strict: it must come along when the provider sends the browser back.
    response.set_cookie(
        _COOKIE, state, max_age=_WAY_S, httponly=True, samesite="lax", secure=visit.encrypted
    )
    response.headers["cache-control"] = "no-store"
    return response


async def come_back(visit: Visit) -> Response:
    """Find out who comes back, and begin their session."""
    entrance = visit.site.node.entrance
    parameters = visit.request.query_params
    state = parameters.get("state", "")
    entrance.guard.enter(visit.address, now=visit.now)
    try:
        # Of another browser: somebody would be signed in as whoever sent them the address.
        if entrance.provider is None or not state or visit.request.cookies.get(_COOKIE) != state:
            raise SignInRefused
        claims, back = await entrance.provider.finish(
            parameters.get("code", ""), state, now_s=_now_s(visit)
        )
        session = await _session(visit, claims)
    except SignInRefused:
        entrance.guard.failed(visit.address, now=visit.now)
        return show_refused(visit, "", "elsewhere")
    # The browser sends a strict cookie along once it comes from a page of this very site.
    response = visit.page("come-back.html", address=back, simulated=False)
    response.delete_cookie(_COOKIE, httponly=True, samesite="lax", secure=visit.encrypted)
    return change_session(visit, session, response)


async def _session(visit: Visit, claims: Mapping[str, object]) -> str:
    """Begin the session of an account, else of a person whom the provider knows.

    Raises:
        SignInRefused: The node lets this person in by neither.
    """
    entrance = visit.site.node.entrance
    account = entrance.accounts.from_elsewhere(str(claims["iss"]), str(claims["sub"]))
    if account is not None:
        await entrance.admitting.by_owner(account, "account.signed-in", now=visit.now)
        return visit.site.sessions.start_account(account)
    return visit.site.sessions.start_person(caller_of_claims(claims, entrance.claim_rules))


def _now_s(visit: Visit) -> int:
    return parse_datetime(visit.now) // 1_000_000
