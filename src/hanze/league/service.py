"""The league as a node knows it: who it is itself, who the others are, and what it decided.

Everything is decided by pure functions of a `State`; this keeps the present one, and what follows
from it: registers, registrations of those who are trusted, and whose signature counts.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from hanze.broker.ports import Store
from hanze.broker.registration import Registrations
from hanze.broker.registry import Registry
from hanze.errors import ConfigurationError, InvalidInput
from hanze.league import deciding
from hanze.league.addresses import Addresses
from hanze.league.identity import KeyPair
from hanze.league.invitation import Request, make_invitation
from hanze.league.kept import keep_changes, load_state
from hanze.league.known_keys import KnownKey, known_keys
from hanze.league.ledger import Ledger, LedgerLimits
from hanze.league.membership import State, absorbed, founded_of
from hanze.league.model import Contact, Me, Peer, Place, Share, Status
from hanze.league.ports import Keys, LeagueLimits
from hanze.league.registered import RegisteredMembers
from hanze.league.speaking import spoken
from hanze.league.statements import Address, Statement
from hanze.league.viewing import peers_of
from hanze.ngsild.moment import format_datetime, parse_datetime

__all__ = ["KeyMissing", "League"]

_DAY_US: Final = 86_400_000_000
_HOUR_US: Final = 3_600_000_000

Transition = Callable[[State], State]


class KeyMissing(ConfigurationError):
    """The node has a name in the league, and its key is gone."""

    def __init__(self) -> None:
        super().__init__(
            "The node's key of the league is not in its directory of secrets: "
            "put the file back from where it was copied to, or leave and found again"
        )


class League:
    """Membership of this node.

    Args:
        store: Keeps it, in registers.
        registrations: Where those who are trusted are registered.
        registry: The same, to look them up.
        keys: Keeps the private key.
        limits: How far it goes.
        alias: Of this node (`Via`).
        url: Answers under which address the node is reached; "" while it does not run.
        clock: Answers now as DateTime text.

    Attributes:
        limits: How far it goes.
        contacts: How talking to each member went last, by its id.
        waiting: Ids of members that trust this node, and wait to be confirmed by it.
    """

    def __init__(
        self,
        store: Store,
        registrations: Registrations,
        registry: Registry,
        *,
        keys: Keys,
        limits: LeagueLimits,
        alias: str,
        url: Callable[[], str],
        clock: Callable[[], str],
    ) -> None:
        self.limits = limits
        self.contacts: dict[str, Contact] = {}
        self.waiting: set[str] = set()
        self.clock = clock
        self._store = store
        self._registered = RegisteredMembers(registrations, registry)
        self._keys = keys
        self._alias = alias
        self._url = url
        self._changing = asyncio.Lock()
        self._state = State()
        self._known: Mapping[str, KnownKey] = {}
        self._addresses = Addresses()
        self._key: KeyPair | None = None
        self._take(load_state(store.registers))

    @property
    def state(self) -> State:
        """Everything that is known, as it is now."""
        return self._state

    @property
    def addresses(self) -> Addresses:
        """Where those are that it trusts; none while it could not sign."""
        return self._addresses

    def me(self) -> Me | None:
        """Tell who this node is; `None` before it was founded."""
        founded = self._state.founded
        return None if founded is None else founded.me

    def peers(self) -> tuple[Peer, ...]:
        """List the others that it knows of, by name."""
        return peers_of(self._state, self.contacts, self.waiting)

    def confirmed(self) -> tuple[Peer, ...]:
        """List those that it trusts."""
        return tuple(one for one in self.peers() if one.status is Status.CONFIRMED)

    async def found(
        self, *, name: str, city: str, url: str | None = None, place: Place | None = None
    ) -> Me:
        """Give this node a name and a key.

        Args:
            url: Under which others reach it; `None`: the address that it listens on.

        Raises:
            AlreadyMember: It has a name already.
            InvalidInput: The address is none, or not known.
        """
        key = KeyPair.made()
        me = Me(
            id=key.thumbprint,
            key=key.thumbprint,
            name=name,
            city=city,
            url=_checked(self._url() if url is None else url),
            alias=self._alias,
            founded_at=self.clock(),
            place=place,
        )
        await self.change(
            lambda state: deciding.founded(state, me, own_url=url is not None), key=key
        )
        return self._me()

    async def move(
        self,
        *,
        name: str | None = None,
        city: str | None = None,
        url: str | None = None,
        place: Place | None = None,
    ) -> Me:
        """Change what this node says of itself; `None` leaves a thing as it is.

        Raises:
            NotFounded: It is no member.
            InvalidInput: The address is none.
        """
        whole = None if url is None else _checked(url)
        own = None if url is None else True
        await self.change(
            lambda state: deciding.changed(
                state, name=name, city=city, url=whole, place=place, own_url=own
            )
        )
        return self._me()

    async def follow_address(self) -> None:
        """Tell under which address the node is now, where nobody named one."""
        founded, url = self._state.founded, self._url()
        if founded is not None and url and not founded.own_url and founded.me.url != url:
            await self.change(lambda state: deciding.changed(state, url=url))

    async def invite(self) -> tuple[str, str]:
        """Make an invitation; return its text, and the DateTime text of its end.

        Raises:
            NotFounded: The node is no member.
        """
        me = self._me()
        now = self.clock()
        expires_at = _later(now, self.limits.invitation_hours * _HOUR_US)
        secret = KeyPair.made()
        invitation, token = make_invitation(
            url=me.url, key=me.key, expires_at=expires_at, secret=secret
        )
        await self.change(
            lambda state: deciding.invited(state, invitation, secret.thumbprint, now=now)
        )
        return token, expires_at

    async def welcome(self, request: Request, record: Statement) -> Statement:
        """Let in who comes with an invitation; return the statement of this node for it.

        Raises:
            InvitationUsedUp: The invitation does not serve.
            AlreadyMember: The node has decided about this member already.
        """
        now = self.clock()
        await self.change(lambda state: deciding.welcomed(state, request, record, now=now))
        return self.record()

    async def trust(self, record: Statement) -> Peer:
        """Trust the member that invited this node (`deciding.joined`)."""
        now = self.clock()
        await self.change(lambda state: deciding.joined(state, record, now=now))
        return self.peer(record.said.by)

    async def confirm(self, name: str) -> Peer:
        """Trust a member (`deciding.confirmed`)."""
        now = self.clock()
        member = self.named(name)
        await self.change(lambda state: deciding.confirmed(state, name, now=now))
        self.waiting.discard(member)
        return self.peer(member)

    async def ban(self, name: str, *, reason: str = "") -> Peer:
        """Refuse a member from now on (`deciding.banned`)."""
        now = self.clock()
        member = self.named(name)
        await self.change(lambda state: deciding.banned(state, name, reason=reason, now=now))
        return self.peer(member)

    async def unban(self, name: str) -> Peer:
        """Take back a ban (`deciding.unbanned`)."""
        now = self.clock()
        member = self.named(name)
        await self.change(lambda state: deciding.unbanned(state, name, now=now))
        return self.peer(member)

    async def share(self, member: str, shares: Sequence[Share] | None) -> None:
        """Share things with a member, or with all (`EVERYBODY`); `None`: as in the beginning."""
        await self.change(lambda state: deciding.shared(state, member, shares))

    async def rotate(self) -> tuple[KeyPair, Me]:
        """Sign with a new key from now on; return the old one, and who the node is now.

        Raises:
            NotFounded: The node is no member.
        """
        old, new = self.key(), KeyPair.made()
        now = self.clock()
        await self.change(lambda state: deciding.rotated(state, old, new, now=now), key=new)
        return old, self._me()

    async def leave(self) -> None:
        """Be no member any more: all that was decided is forgotten, and the key.

        Raises:
            NotFounded: The node is none.
        """
        founded_of(self._state)
        async with self._changing:
            await self._keep(State())
            self._keys.forget_others(None)
        self.waiting.clear()
        await self.register()

    async def hear(self, heard: Ledger) -> None:
        """Take in what members said (`membership.absorbed`)."""
        now = self.clock()
        limits = LedgerLimits(
            members=self.limits.max_members,
            introductions=self.limits.max_members,
            oldest=_later(now, -self.limits.forget_days * _DAY_US),
            latest=_later(now, self.limits.clock_skew_s * 1_000_000),
        )
        until = _later(now, self.limits.overlap_hours * _HOUR_US)
        await self.change(
            lambda state: absorbed(state, heard, limits, now=now, followed_until=until)
        )

    async def change(self, transition: Transition, *, key: KeyPair | None = None) -> None:
        """Go to another state, say what is new, and keep it.

        Args:
            key: Signs from now on, once the new state is durable.
        """
        async with self._changing:
            after = transition(self._state)
            now = self.clock()
            if after.founded is not None:
                renewed_before = _later(now, -self.limits.forget_days * _DAY_US / 4)
                after = spoken(after, key or self.key(), now=now, renewed_before=renewed_before)
            if after is self._state:
                return
            if key is not None:
                # Before the state that needs it; the one before goes when that is durable.
                self._keys.keep(key)
            await self._keep(after)
            if key is not None:
                self._keys.forget_others(key.thumbprint)
        await self.register()

    def record(self) -> Statement:
        """Return what this node says of itself.

        Raises:
            NotFounded: It is no member.
        """
        me = self._me()
        return self._state.ledger[f"record:{me.id}:{me.key}"]

    def key(self) -> KeyPair:
        """Return the key that signs.

        Raises:
            NotFounded: The node is no member.
            KeyMissing: Its key is gone.
        """
        founded_of(self._state)
        if self._key is None:
            raise KeyMissing
        return self._key

    def named(self, name: str) -> str:
        """Return the id of a member by its name or fingerprint (`membership.trust_named`)."""
        return deciding.member_named(self._state, name)

    def peer(self, member: str) -> Peer:
        """Return a member by its id."""
        return next(one for one in self.peers() if one.id == member)

    def key_known(self, thumbprint: str) -> KnownKey | None:
        """Look up a key under which requests may come."""
        return self._known.get(thumbprint)

    def present_types(self) -> tuple[str, ...]:
        """List the types of the entities that there are, as IRIs."""
        return tuple(sorted({name for one in self._store.summary("") for name in one.types}))

    def offer_to(self, member: str, present: tuple[str, ...]) -> tuple[Share, ...]:
        """Say what a member may ask for now.

        Args:
            present: `present_types`: they are named, where all are shared.
        """
        offered = (
            share if share.types else msgspec.structs.replace(share, types=present)
            for share in self._state.shares_with(member)
        )
        return tuple(share for share in offered if share.types)

    async def take_offer(self, member: str, offer: tuple[Share, ...]) -> None:
        """Keep what a member says that it shares with this node."""
        trust = self._state.trusts.get(member)
        if trust is not None and trust.offer != offer:
            await self.change(lambda state: deciding.offered(state, member, offer))

    async def register(self) -> None:
        """Have a registration of each member that is trusted, and of no other."""
        failures = await self._registered.follow(self.peers(), now=self.clock())
        for member, text in failures.items():
            contact = self.contacts.get(member, Contact())
            self.contacts[member] = msgspec.structs.replace(contact, error=text)

    async def _keep(self, after: State) -> None:
        before = self._state
        await self._store.transact(lambda uow: keep_changes(uow.registers, before, after))
        self._take(after)

    def _take(self, state: State) -> None:
        self._state = state
        me = self.me()
        self._key = None if me is None else self._keys.find(me.key)
        self._known = known_keys(state)
        self._addresses = Addresses(self.confirmed() if self._key is not None else ())

    def _me(self) -> Me:
        return founded_of(self._state).me


def _later(now: str, by_us: float) -> str:
    return format_datetime(parse_datetime(now) + int(by_us))


def _checked(url: str) -> str:
    """Read the address of a node.

    Raises:
        InvalidInput: It is none.
    """
    if not url:
        raise InvalidInput(
            "The address of this node is not known while it does not run: it must be named",
            field="url",
        )
    plain = url.rstrip("/")
    try:
        return msgspec.convert(plain, Address)
    except msgspec.ValidationError:
        raise InvalidInput(
            "The address of a node must be like https://data.example.org", field="url", value=url
        ) from None
