"""Signing in with a bearer token, and out again."""

from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from hanze.identity.tokens import TokenRefused
from hanze.web.portal.forms import Given, is_own_path
from hanze.web.portal.sessions import SESSION_COOKIE, SESSION_S
from hanze.web.portal.site import Visit

__all__ = ["show", "sign_in", "sign_out"]

#: Tokens of this node have 49 characters.
_LONGEST = 500


async def show(visit: Visit) -> Response:
    return _page(visit, visit.request.query_params.get("next", ""), refused=False)


async def sign_in(visit: Visit, given: Given) -> Response:
    """Begin a session; what is wrong with a token is not told, only that it is refused."""
    back = given.text("next")
    try:
        session_id = visit.site.sessions.start(given.text("token")[:_LONGEST])
    except TokenRefused:
        return _page(visit, back, refused=True)
    response = RedirectResponse(_own(visit, back), status_code=303)
    response.set_cookie(
        SESSION_COOKIE,
        session_id,
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=urlsplit(visit.base_url).scheme == "https",
    )
    return response


async def sign_out(visit: Visit, given: Given) -> Response:
    visit.site.sessions.end(visit.request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse(_own(visit, given.text("next")), status_code=303)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return response


def _page(visit: Visit, back: str, *, refused: bool) -> Response:
    response = visit.page(
        "sign-in.html",
        status=403 if refused else 200,
        back=_own(visit, back),
        refused=refused,
        simulated=False,
    )
    response.headers["cache-control"] = "no-store"
    return response


def _own(visit: Visit, back: str) -> str:
    return back if is_own_path(back) else f"/{visit.language.code}/collective"
