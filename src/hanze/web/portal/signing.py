"""Signing in, with a password, a passkey, a provider or a token, and out again."""

from functools import partial
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.identity.account import SignInRefused
from hanze.identity.passwords import LONGEST
from hanze.identity.roles import SECURITY_OFFICER
from hanze.identity.tokens import TokenRefused
from hanze.web.portal.forms import Given, is_own_path
from hanze.web.portal.site import Visit

__all__ = [
    "begin_session",
    "change_session",
    "own_path",
    "show",
    "show_refused",
    "sign_in",
    "sign_out",
]

#: Tokens of this node have 49 characters, access tokens of clients some hundreds.
_LONGEST_TOKEN: Final = 8_192
_LONGEST_NAME: Final = 64


async def show(visit: Visit) -> Response:
    back = visit.request.query_params.get("next", "")
    if visit.account is not None and not back:
        return RedirectResponse(f"/{visit.language.code}/account", status_code=303)
    return _page(visit, back, refused="")


async def sign_in(visit: Visit, given: Given) -> Response:
    """Begin a session; what is wrong is not told, only that it is refused."""
    back = given.text("next")
    if given.text("token"):
        return _by_token(visit, given.text("token")[:_LONGEST_TOKEN], back)
    node, now = visit.site.node, visit.now
    guard, admitting = node.entrance.guard, node.entrance.admitting
    name = given.text("name")[:_LONGEST_NAME]
    # As it was typed: spaces at its ends are part of a password.
    password = next(iter(given.values.get("password", ())), "")[: LONGEST + 1]
    by_password = partial(node.entrance.accounts.by_password, name, password)
    try:
        account = await guard.compare(by_password, visit.address, account=name, now=now)
    except SignInRefused:
        return show_refused(visit, back, "password")
    await admitting.by_owner(account, "account.signed-in", now=now)
    return begin_session(visit, visit.site.sessions.start_account(account), back)


async def sign_out(visit: Visit, given: Given) -> Response:
    visit.site.sessions.end(visit.session)
    response = RedirectResponse(own_path(visit, given.text("next")), status_code=303)
    response.delete_cookie(
        visit.session_cookie, httponly=True, samesite="strict", secure=visit.encrypted
    )
    return response


def begin_session(visit: Visit, session_id: str, back: str) -> Response:
    """Lead somebody who signed in to where they wanted to be."""
    to, usual = own_path(visit, back), own_path(visit, "")
    caller = visit.site.sessions.caller(session_id)
    if to == usual and caller is not None and SECURITY_OFFICER in caller.roles:
        # Whoever answers for security begins with what waits.
        to = f"/{visit.language.code}/security"
    return change_session(visit, session_id, RedirectResponse(to, status_code=303))


def change_session(visit: Visit, session_id: str, response: Response) -> Response:
    """Put another session into the cookie; the one of before ends."""
    visit.site.sessions.end(visit.session)
    response.set_cookie(
        visit.session_cookie,
        session_id,
        max_age=visit.site.sessions.longest_s,
        httponly=True,
        samesite="strict",
        secure=visit.encrypted,
    )
    response.headers["cache-control"] = "no-store"
    return response


def show_refused(visit: Visit, back: str, refused: str) -> Response:
    """Say that somebody is not let in.

    Args:
        refused: "token", "password", "passkey" or "elsewhere".
    """
    return _page(visit, back, refused=refused)


def own_path(visit: Visit, back: str) -> str:
    """Lead to a page of this site, whatever a form says."""
    return back if is_own_path(back) else f"/{visit.language.code}/collective"


def _by_token(visit: Visit, secret: str, back: str) -> Response:
    guard = visit.site.node.entrance.guard
    guard.enter(visit.address, now=visit.now)
    try:
        session_id = visit.site.sessions.start(secret)
    except TokenRefused:
        guard.failed(visit.address, now=visit.now)
        return show_refused(visit, back, "token")
    return begin_session(visit, session_id, back)


def _page(visit: Visit, back: str, *, refused: str) -> Response:
    limits = visit.site.node.settings.identity
    response = visit.page(
        "sign-in.html",
        status=403 if refused else 200,
        back=own_path(visit, back),
        refused=refused,
        elsewhere=(limits.oidc_title or limits.oidc_issuer) if limits.oidc_issuer else "",
        simulated=False,
    )
    response.headers["cache-control"] = "no-store"
    return response
