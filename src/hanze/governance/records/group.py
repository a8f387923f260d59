"""Closed groups: who alone sees what is in a scope, until it is published."""

import msgspec

__all__ = ["Group"]


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Some who work on records that nobody else sees; the drafts of an organisation are one.

    Attributes:
        id: `urn:ngsi-ld:Group:<city>:<key>`.
        title: By language.
        tenant: Of its records.
        scope: Of its records, and of no others: `/closed/<key>`.
        types: IRIs of entity types that it may have; at least one.
        members: Ids of organisations, and names of accounts, clients and tokens of this node.
        managers: Names of accounts, clients and tokens who add and remove members.
        drafts_of: The organisation or the account whose drafts these are; "" where it is a group.
        made_at: DateTime text.
    """

    id: str
    title: dict[str, str]
    tenant: str = ""
    scope: str
    types: tuple[str, ...]
    members: tuple[str, ...]
    managers: tuple[str, ...]
    drafts_of: str = ""
    made_at: str
