"""What the script of passkeys asks for; answers are JSON, for it alone."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from hanze.errors import NotSupported
from hanze.identity.account import AccountTaken, SignInRefused
from hanze.identity.passkeys_site import site_of_passkeys
from hanze.ngsild.moment import parse_datetime
from hanze.web.portal.forms import Given
from hanze.web.portal.signing import change_session, own_path
from hanze.web.portal.site import Visit

__all__ = ["PasskeysUnavailable", "add", "options_to_add", "options_to_sign_in", "sign_in"]

_NO_STORE: Final = {"cache-control": "no-store"}


class PasskeysUnavailable(NotSupported):
    """Browsers make no passkeys for the address under which the node is reached."""

    def __init__(self) -> None:
        super().__init__(
            "Passkeys need HTTPS and a host name; on this machine http://localhost does, too"
        )


async def options_to_add(visit: Visit, _: Given) -> Response:
    account = visit.account
    if account is None:
        raise SignInRefused
    return _json(
        visit.site.passkeys.options_to_add(account, site=_site(visit), now_s=_now_s(visit))
    )


async def add(visit: Visit, given: Given) -> Response:
    """Add the passkey that the browser made."""
    account = visit.account
    if account is None:
        raise SignInRefused
    entrance = visit.site.node.entrance
    await entrance.admitting.by_owner(account, "account.passkey-added", now=visit.now)
    try:
        visit.site.passkeys.add(
            account,
            given.text("credential"),
            given.text("name"),
            site=_site(visit),
            origin=_origin(visit),
            now=visit.now,
            now_s=_now_s(visit),
        )
    except (SignInRefused, AccountTaken):
        return JSONResponse({"done": False}, status_code=403, headers=_NO_STORE)
    # What opens the account has changed: the session goes on under another id.
    session = visit.site.sessions.renew(visit.session)
    response = _done(f"/{visit.language.code}/account")
    return change_session(visit, session, response)


async def options_to_sign_in(visit: Visit, _: Given) -> Response:
    return _json(visit.site.passkeys.options_to_sign_in(site=_site(visit), now_s=_now_s(visit)))


async def sign_in(visit: Visit, given: Given) -> Response:
    """Begin a session of who answers with a passkey."""
    entrance = visit.site.node.entrance
    entrance.guard.enter(visit.address, now=visit.now)
    try:
        account = visit.site.passkeys.sign_in(
            given.text("credential"),
            site=_site(visit),
            origin=_origin(visit),
            now_s=_now_s(visit),
        )
    except SignInRefused:
        entrance.guard.failed(visit.address, now=visit.now)
        return JSONResponse({"done": False}, status_code=403, headers=_NO_STORE)
    await entrance.admitting.by_owner(account, "account.signed-in", now=visit.now)
    session = visit.site.sessions.start_account(account)
    return change_session(visit, session, _done(own_path(visit, given.text("next"))))


def _done(path: str) -> Response:
    body: Mapping[str, object] = {"done": True, "path": path}
    return JSONResponse(body, headers=_NO_STORE)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=_NO_STORE)


def _site(visit: Visit) -> str:
    found = site_of_passkeys(visit.base_url)
    if found is None:
        raise PasskeysUnavailable
    return found


def _origin(visit: Visit) -> str:
    parts = urlsplit(visit.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _now_s(visit: Visit) -> int:
    return parse_datetime(visit.now) // 1_000_000
