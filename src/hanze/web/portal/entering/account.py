"""What somebody does with their own account: set it up, change its password, choose a purpose."""

from functools import partial
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.governance.reasons import AccessDenied
from hanze.identity.account import (
    Account,
    AccountNotFound,
    LastKey,
    SetUpRefused,
    SignInRefused,
)
from hanze.identity.caller import ANONYMOUS
from hanze.identity.passkeys_site import site_of_passkeys
from hanze.identity.passwords import LONGEST, PasswordUnfit
from hanze.web.portal.forms import Given
from hanze.web.portal.signing import begin_session, change_session
from hanze.web.portal.site import Visit

__all__ = ["set_up", "show", "show_set_up", "take"]

_LONGEST_SECRET: Final = 100


async def show_set_up(visit: Visit) -> Response:
    """Show the form with which the owner of a link chooses a password."""
    try:
        account = _linked(visit)
    except SetUpRefused:
        return _set_up_page(visit, None, status=403)
    return _set_up_page(visit, account)


async def set_up(visit: Visit, given: Given) -> Response:
    """Use a link, once, and sign its owner in."""
    node = visit.site.node
    try:
        account = _linked(visit)
    except SetUpRefused:
        return _set_up_page(visit, None, status=403)
    password = _password(given, "password")
    if password != _password(given, "again"):
        return _set_up_page(visit, account, wrong="differ", status=400)
    try:
        ready = await node.entrance.admitting.set_up(_secret(visit), password, now=visit.now)
    except PasswordUnfit as error:
        return _set_up_page(visit, account, wrong=error.reason, status=400)
    except SetUpRefused:
        return _set_up_page(visit, None, status=403)
    back = f"/{visit.language.code}/account"
    return begin_session(visit, visit.site.sessions.start_account(ready), back)


async def show(visit: Visit) -> Response:
    """Show who is signed in, what they may do, and what opens their account."""
    if not visit.signed_in:
        path = f"/{visit.language.code}"
        return RedirectResponse(f"{path}/sign-in?next={path}/account", status_code=303)
    return _page(visit)


async def take(visit: Visit, given: Given) -> Response:
    """Change something of the account of who is signed in."""
    if not visit.signed_in:
        raise SignInRefused
    action = given.text("action")
    if action == "purpose":
        purpose = given.text("purpose")
        held = visit.site.sessions.caller(visit.session)
        if held is not None and (not purpose or purpose in held.purposes):
            visit.site.sessions.choose(visit.session, purpose or None)
        return _again(visit)
    account = visit.account
    if account is None:
        raise SignInRefused
    if action == "password":
        return await _change_password(visit, account, given)
    if action == "remove":
        return await _remove_passkey(visit, account, given.text("passkey"))
    if action == "end":
        await _account_for(visit, account, "account.sessions-ended")
        visit.site.node.entrance.accounts.end_sessions(account.id, now=visit.site.node.clock())
        return _entered_anew(visit, account)
    return _again(visit)


async def _change_password(visit: Visit, account: Account, given: Given) -> Response:
    """Change the password of who knows the old one; every other session ends."""
    entrance = visit.site.node.entrance
    new = _password(given, "password")
    if new != _password(given, "again"):
        return _page(visit, wrong="differ")
    change = partial(
        entrance.accounts.change_password,
        account.id,
        _password(given, "old"),
        new,
        now=visit.site.node.clock(),
    )
    entrance.guard.enter(visit.address, account=account.name, now=visit.now)
    await _account_for(visit, account, "account.password-changed")
    try:
        changed = await entrance.guard.compare(
            change, visit.address, account=account.name, now=visit.now
        )
    except SignInRefused:
        return _page(visit, wrong="old")
    except PasswordUnfit as error:
        return _page(visit, wrong=error.reason)
    return _entered_anew(visit, changed)


async def _remove_passkey(visit: Visit, account: Account, passkey_id: str) -> Response:
    accounts = visit.site.node.entrance.accounts
    await _account_for(visit, account, "account.passkey-removed")
    try:
        changed = accounts.remove_passkey(account.id, passkey_id, now=visit.site.node.clock())
    except (AccountNotFound, LastKey):
        return _page(visit, wrong="last")
    return _entered_anew(visit, changed)


async def _account_for(visit: Visit, account: Account, name: str) -> None:
    await visit.site.node.entrance.admitting.by_owner(account, name, now=visit.now)


def _entered_anew(visit: Visit, account: Account) -> Response:
    """Give whoever changed their account a session of its own: the others are over."""
    session = visit.site.sessions.start_account(account)
    return change_session(visit, session, _again(visit))


def _again(visit: Visit) -> Response:
    return RedirectResponse(f"/{visit.language.code}/account", status_code=303)


def _page(visit: Visit, *, wrong: str = "") -> Response:
    held = visit.site.sessions.caller(visit.session)
    try:
        caller = visit.caller
    except AccessDenied:
        # Of a project that is not active: to sign out, and to see why, this page is enough.
        caller = held or ANONYMOUS
    response = visit.page(
        "account.html",
        status=400 if wrong else 200,
        account=visit.account,
        caller=caller,
        purposes=sorted(held.purposes) if held is not None else [],
        passkeys_work=site_of_passkeys(visit.base_url) is not None,
        wrong=wrong,
        simulated=False,
    )
    response.headers["cache-control"] = "no-store"
    return response


def _set_up_page(
    visit: Visit, account: Account | None, *, wrong: str = "", status: int = 200
) -> Response:
    response = visit.page(
        "set-up.html", status=status, account=account, wrong=wrong, simulated=False
    )
    response.headers["cache-control"] = "no-store"
    return response


def _linked(visit: Visit) -> Account:
    """Return the account of the link in the address; who tries others is slowed down."""
    entrance = visit.site.node.entrance
    entrance.guard.enter(visit.address, now=visit.now)
    try:
        return entrance.accounts.by_link(_secret(visit), now=visit.now)
    except SetUpRefused:
        entrance.guard.failed(visit.address, now=visit.now)
        raise


def _secret(visit: Visit) -> str:
    return str(visit.request.path_params["secret"])[:_LONGEST_SECRET]


def _password(given: Given, name: str) -> str:
    """Read a password as it was typed: spaces at its ends are part of it."""
    return next(iter(given.values.get(name, ())), "")[: LONGEST + 1]
