"""Who may read what, written once more: from what was promised, and from nothing that decides.

It is slow, and short enough to be read: whatever a node answers has to agree with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Agreed", "Agreeing", "Asker", "Thing", "World", "permits", "seen"]


@dataclass
class Thing:
    """An entity: `says` has by attribute what texts and ids it says."""

    id: str
    types: tuple[str, ...]
    scopes: tuple[str, ...]
    says: dict[str, str]


@dataclass(frozen=True)
class Asker:
    """Who asks, for which purpose; `subject` is what data calls a resident."""

    name: str
    organisation: str | None = None
    purpose: str | None = None
    registered: tuple[str, ...] = ()
    subject: str | None = None


@dataclass(frozen=True)
class Agreed:
    """A dataset; `rights` is None, "PUBLIC", "RESTRICTED" or "NON_PUBLIC"."""

    id: str
    tenant: str
    types: tuple[str, ...]
    scopes: tuple[str, ...]
    sources: tuple[str, ...]
    attributes: tuple[str, ...]
    rights: str | None
    owner: str
    purposes: tuple[str, ...]
    subject: str
    consent: bool
    inputs: tuple[str, ...]


@dataclass
class Agreeing:
    """An agreement: who signed it, and when it holds, in hours from now."""

    dataset: str
    owner: str
    consumer: str
    permitted: tuple[str, ...]
    prohibited: tuple[str, ...]
    signed: frozenset[str]
    begins: int
    ends: int
    revoked: bool = False


@dataclass
class World:
    """All that decides."""

    datasets: dict[str, Agreed] = field(default_factory=dict)
    agreements: dict[str, Agreeing] = field(default_factory=dict)
    #: By id: dataset, subject, purposes, recipients, whether it was withdrawn.
    consents: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...], bool]] = field(
        default_factory=dict
    )


def permits(world: World, one: Agreed, asker: Asker, thing: Thing | None) -> bool:
    """Tell whether a dataset lets somebody read what it covers of a thing (`None`: of any)."""
    if one.rights is None:
        return False
    about = thing and thing.says.get(one.subject)
    if asker.subject and one.subject and about == asker.subject:
        return True
    inputs = [world.datasets[name] for name in one.inputs]
    bounds = [
        set(above.purposes if above.rights else ()) for above in inputs if not _is_open(above)
    ]
    is_open = one.rights == "PUBLIC" and not bounds
    if not is_open:
        if asker.purpose is None or asker.purpose not in asker.registered:
            return False
        if not all(asker.purpose in bound for bound in bounds):
            return False
        if asker.organisation == one.owner:
            own = one.purposes or (set.intersection(*bounds) if bounds else ())
            if asker.purpose not in own:
                return False
        elif one.rights != "PUBLIC" and not _agreed(world, one, asker):
            return False
    if not one.consent:
        return True
    given = {
        subject
        for dataset, subject, purposes, recipients, withdrawn in world.consents.values()
        if dataset == one.id and not withdrawn
        and (asker.organisation in recipients or "*" in recipients)
        and (is_open or asker.purpose in purposes)
    }  # fmt: skip
    return bool(given and one.subject) if thing is None else about in given


def _is_open(one: Agreed) -> bool:
    return one.rights == "PUBLIC"


def _agreed(world: World, one: Agreed, asker: Asker) -> bool:
    holding = [
        made
        for made in world.agreements.values()
        if (made.dataset, made.owner, made.consumer) == (one.id, one.owner, asker.organisation)
        and made.signed >= {made.owner, made.consumer}
        and not made.revoked
        and made.begins <= 0 < made.ends
    ]
    if one.rights != "RESTRICTED" or any(asker.purpose in made.prohibited for made in holding):
        return False
    return any(asker.purpose in made.permitted for made in holding)


def seen(
    world: World, asker: Asker, tenant: str, thing: Thing, names: Sequence[str]
) -> Mapping[str, str] | None:
    """Say what somebody sees of a thing among the attributes that there are; `None`: nothing."""
    covering = [one for one in world.datasets.values() if _covers(one, tenant, thing)]
    whole = [one for one in covering if not one.attributes]
    if not all(permits(world, one, asker, thing) for one in whole):
        return None
    open_ones = {
        name
        for name in names
        for about in [[one for one in covering if name in one.attributes]]
        if (about or whole) and all(permits(world, one, asker, thing) for one in about)
    }
    if not whole and not open_ones:
        return None
    return {name: said for name, said in thing.says.items() if name in open_ones}


def _covers(one: Agreed, tenant: str, thing: Thing) -> bool:
    is_below = any(
        scope == above or scope.startswith(above + "/")
        for above in one.scopes
        for scope in thing.scopes
    )
    return (
        one.tenant in ("*", tenant)
        and (not one.types or not set(one.types).isdisjoint(thing.types))
        and (not one.scopes or is_below)
        and (not one.sources or thing.says.get("source") in one.sources)
    )
