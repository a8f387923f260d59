"""Who is let in: accounts and API clients, with an account of who decided it.

The account is durable before anything changes: what nobody can account for does not happen.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hanze.governance.duties import account_of, require_duty
from hanze.governance.ports import Transacting, Unit
from hanze.governance.records.log import AuditRecord
from hanze.identity.account import Account, account_name
from hanze.identity.accounts import Accounts
from hanze.identity.caller import Caller
from hanze.identity.clients import Client, ClientNotFound, Clients
from hanze.identity.grant import Grant
from hanze.identity.roles import OPERATOR, SECURITY_OFFICER

__all__ = ["Admitting"]


@dataclass(frozen=True, slots=True)
class Admitting:
    """What operators do with accounts and clients; security officers may look and end them.

    Attributes:
        accounts: Of people.
        clients: Of programs.
        store: Keeps the log.
    """

    accounts: Accounts
    clients: Clients
    store: Callable[[], Transacting]

    def list_accounts(self, caller: Caller) -> tuple[Account, ...]:
        """List accounts, revoked ones too.

        Raises:
            DutyMissing: The caller is neither operator nor security officer.
        """
        require_duty(caller, OPERATOR, SECURITY_OFFICER)
        return self.accounts.records()

    async def new_account(
        self,
        caller: Caller,
        name: str,
        grant: Grant,
        *,
        hours: float,
        elsewhere: str = "",
        now: str,
    ) -> tuple[Account, str]:
        """Make an account.

        Args:
            hours: For which its set-up link serves.
            elsewhere: "<issuer> <subject>" of its owner at an OpenID provider.

        Returns:
            It, and the secret of its set-up link.

        Raises:
            DutyMissing: The caller is no operator.
            AccountNameUnfit: The name is none.
            AccountTaken: It is in use.
        """
        require_duty(caller, OPERATOR)
        about = (account_name(name),)
        await self._tell(account_of(caller, "account.made", about, detail=_said(grant), now=now))
        return self.accounts.create(name, grant, hours=hours, elsewhere=elsewhere, now=now)

    async def new_link(self, caller: Caller, name: str, *, hours: float, now: str) -> str:
        """Make another set-up link for an account; return its secret.

        Raises:
            DutyMissing: The caller is no operator.
            AccountNotFound: There is none.
        """
        require_duty(caller, OPERATOR)
        account = self.accounts.named(name)
        await self._tell(account_of(caller, "account.linked", (account.name,), now=now))
        return self.accounts.link(name, hours=hours, now=now)

    async def give(self, caller: Caller, name: str, grant: Grant, *, now: str) -> Account:
        """Change what an account may do; its sessions end.

        Raises:
            DutyMissing: The caller is no operator.
            AccountNotFound: There is none.
        """
        require_duty(caller, OPERATOR)
        account = self.accounts.named(name)
        about = (account.name,)
        await self._tell(account_of(caller, "account.changed", about, detail=_said(grant), now=now))
        return self.accounts.give(name, grant, now=now)

    async def revoke_account(self, caller: Caller, name: str, *, now: str) -> Account:
        """End an account, and its sessions.

        Raises:
            DutyMissing: The caller is neither operator nor security officer.
            AccountNotFound: There is none.
        """
        require_duty(caller, OPERATOR, SECURITY_OFFICER)
        account = self.accounts.named(name)
        await self._tell(account_of(caller, "account.revoked", (account.name,), now=now))
        return self.accounts.revoke(name, now=now)

    def list_clients(self, caller: Caller) -> tuple[Client, ...]:
        """List clients, revoked ones too.

        Raises:
            DutyMissing: The caller is neither operator nor security officer.
        """
        require_duty(caller, OPERATOR, SECURITY_OFFICER)
        return self.clients.records()

    async def new_client(
        self,
        caller: Caller,
        name: str,
        grant: Grant,
        *,
        expires_at: str | None = None,
        project: str | None = None,
        now: str,
    ) -> tuple[Client, str]:
        """Make a client.

        Returns:
            It, and its secret.

        Raises:
            DutyMissing: The caller is no operator.
            ClientNameUnfit: The name is none.
            ClientTaken: It is in use.
        """
        require_duty(caller, OPERATOR)
        await self._tell(account_of(caller, "client.made", (name,), detail=_said(grant), now=now))
        return self.clients.create(name, grant, expires_at=expires_at, project=project, now=now)

    async def revoke_client(self, caller: Caller, name: str, *, now: str) -> Client:
        """End a client, and the tokens that it has.

        Raises:
            DutyMissing: The caller is neither operator nor security officer.
            ClientNotFound: There is none.
        """
        require_duty(caller, OPERATOR, SECURITY_OFFICER)
        if self.clients.get(name, now=now) is None:
            raise ClientNotFound(name)
        await self._tell(account_of(caller, "client.revoked", (name,), now=now))
        return self.clients.revoke(name, now=now)

    async def by_owner(self, account: Account, name: str, *, now: str) -> None:
        """Account for what somebody does with their own account: "account.signed-in", ..."""
        await self._tell(account_of(account.as_caller(), name, (account.name,), now=now))

    async def set_up(self, secret: str, password: str, *, now: str) -> Account:
        """Use a set-up link, in a thread: hashing takes a while.

        Raises:
            SetUpRefused: The link serves no more.
            PasswordUnfit: The password is easy to guess.
        """
        account = self.accounts.by_link(secret, now=now)
        await self.by_owner(account, "account.set-up", now=now)
        return await asyncio.to_thread(self.accounts.set_up, secret, password, now=now)

    async def _tell(self, account: AuditRecord) -> None:
        def unit(uow: Unit) -> None:
            uow.log.append(account)

        await self.store().transact(unit)


def _said(grant: Grant) -> str:
    """Say what is given, without what is about the person."""
    parts = [f"roles {', '.join(grant.roles)}"]
    if grant.activity:
        parts.append(f"activity {grant.activity}")
    if grant.purposes:
        parts.append(f"purposes {', '.join(grant.purposes)}")
    return "; ".join(parts)
