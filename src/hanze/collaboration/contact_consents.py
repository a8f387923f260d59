"""People who are named as contacts: by their own word, and no longer than they say so.

Who would name a person drafts the contact, which only their group sees, and passes a link on to
that person. Whoever has the link says yes, and everybody sees the contact from then on; or no, then
or later, and the contact is erased with its past, and from every record here that names it.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from hanze.broker.ports import UnitOfWork
from hanze.broker.provision import find_entity
from hanze.collaboration.closed_records import ClosedRecords
from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.groups import require_writer
from hanze.collaboration.records.entities import attributes_of, read_as
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_iri
from hanze.collaboration.waiting import by_the_node
from hanze.collaboration.writing import change_record
from hanze.errors import InvalidInput, NotFound
from hanze.governance.closed import closed_scopes
from hanze.governance.duties import account_of
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.service import Change
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.model import Entity

__all__ = ["ConsentLinkNotFound", "ContactConsent", "ContactConsents", "NotAPerson"]

_KEY_BYTES: Final = 20
#: So many characters of the key are in the log.
_SHOWN: Final = 8


class ConsentLinkNotFound(NotFound):
    """No link asks for this, or the contact was erased."""

    def __init__(self) -> None:
        super().__init__("There is no such question; whoever was asked may have said no already")


class NotAPerson(InvalidInput):
    """Somebody is to be asked for consent where no person is named."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"{contact_id} names a desk: only people are asked", field="person")


class ContactConsent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A person was asked whether they may be named.

    Attributes:
        id: `urn:ngsi-ld:ContactConsent:<city>:<key>`. The key cannot be guessed: whoever has it
            speaks for the person.
        contact: Id of the contact.
        tenant: In which it is.
        asked_by: The actor.
        asked_at: DateTime text.
        given_at: DateTime text, where the person said yes.
    """

    id: str
    contact: str
    tenant: str = ""
    asked_by: str
    asked_at: str
    given_at: str | None = None


@dataclass(frozen=True, slots=True)
class ContactConsents:
    """Who was asked, and who said yes.

    Attributes:
        closed: Where contacts are that were not confirmed.
        collective: Knows which records name a contact.
        kept: The questions.
    """

    closed: ClosedRecords
    collective: Collective
    kept: Kept[ContactConsent]

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self.kept.load(registers)

    async def ask(self, caller: Caller, contact_id: str, *, now: str) -> ContactConsent:
        """Make the link with which a person says whether they may be named; asking again gives it.

        Raises:
            WritersOnly: The caller does not write.
            RecordNotFound: There is no such contact that the caller sees.
            NotAPerson: It is a desk.
        """
        require_writer(caller)
        contact = await self._contact(caller, contact_id, now)
        if not contact.person:
            raise NotAPerson(contact_id)
        for one in self.kept.all().values():
            if one.contact == contact_id and one.tenant == caller.tenant:
                return one
        city = key_of(self.closed.groups.governance.rules.own)
        asked = ContactConsent(
            id=f"urn:ngsi-ld:ContactConsent:{city}:{secrets.token_hex(_KEY_BYTES)}",
            contact=contact_id,
            tenant=caller.tenant,
            asked_by=caller.actor,
            asked_at=now,
        )
        await self._keep(caller, "contact.asked", Change(self.kept, asked), now)
        return asked

    def shown(self, key: str) -> tuple[ContactConsent, Contact]:
        """Give to whoever has the key what they are asked, and the contact.

        Raises:
            ConsentLinkNotFound: There is none, or the contact was erased.
        """
        asked = self._asked(key)
        stored = self.closed.store.stored(asked.tenant, asked.contact)
        if stored is None:
            raise ConsentLinkNotFound
        return asked, read_as(self.closed.store.load(stored), Contact)

    async def answer(self, key: str, *, agreed: bool, today: date, now: str) -> None:
        """Say yes, and be named; or no, before or after, and be erased.

        Raises:
            ConsentLinkNotFound: Nobody was asked with this key, or the contact was erased.
        """
        asked, _ = self.shown(key)
        node = by_the_node(ANONYMOUS, asked.tenant)
        if not agreed:
            await self._unname(node, asked.contact, now)
            await self.closed.erase(node, asked.contact, now=now)
            await self._keep(node, "contact.erased", Change(self.kept, asked, gone=True), now)
            return
        if asked.given_at is None:
            await self._show(node, asked.contact, today, now)
            given = msgspec.structs.replace(asked, given_at=now)
            await self._keep(node, "contact.agreed", Change(self.kept, given), now)

    async def _show(self, node: Caller, contact_id: str, today: date, now: str) -> None:
        def consented(contact: Contact) -> Contact:
            return msgspec.structs.replace(contact, consent_on=today)

        def opened(entity: Entity) -> Entity:
            more = attributes_of(consented(read_as(entity, Contact)), ("consent_on",))
            return msgspec.structs.replace(entity, attributes={**entity.attributes, **more})

        stored = self.closed.store.stored(node.tenant, contact_id)
        if stored is not None and closed_scopes(self.closed.store.load(stored).scope):
            await self.closed.publish(node, contact_id, change=opened, now=now)
        else:
            store = self.closed.store
            await change_record(store, node, contact_id, Contact, consented, now=now)

    async def _unname(self, node: Caller, contact_id: str, now: str) -> None:
        """Take a contact out of the records here that name it: ids may tell names, too."""
        await self.collective.refresh(now)
        for reference in self.collective.referring(contact_id):
            held = self.collective.own_of(reference.source)
            if held is None:
                continue
            field = reference.field

            def without(record: Record, field: str = field) -> Record:
                value = getattr(record, field)
                left = (
                    tuple(one for one in value if one != contact_id)
                    if isinstance(value, tuple)
                    else None
                )
                return msgspec.structs.replace(record, **{field: left})

            await change_record(
                self.closed.store,
                node.in_tenant(held.kept_in),
                reference.source,
                type(held.record),
                without,
                now=now,
            )

    async def _contact(self, caller: Caller, contact_id: str, now: str) -> Contact:
        def unit(uow: UnitOfWork) -> Contact:
            entity = find_entity(uow, caller, contact_id, now=now)
            if entity is None or type_iri(Contact) not in entity.types:
                raise RecordNotFound(contact_id, Contact.__name__)
            if closed_scopes(entity.scope):
                self.closed.found(uow, caller, contact_id, now)
            return read_as(entity, Contact)

        return await self.closed.store.transact(unit)

    def _asked(self, key: str) -> ContactConsent:
        for one in self.kept.all().values():
            if secrets.compare_digest(one.id.rpartition(":")[2].encode(), key.encode()):
                return one
        raise ConsentLinkNotFound

    async def _keep(
        self, caller: Caller, name: str, change: Change[ContactConsent], now: str
    ) -> None:
        # Whoever has the whole id speaks for the person; who reads the log may not.
        known_by = change.record.id[: -2 * _KEY_BYTES + _SHOWN]
        account = account_of(caller, name, (known_by,), now=now)
        await self.closed.groups.governance.change(change, account=account)
