"""Who asks: every operation of the broker takes a `Caller`."""

from dataclasses import dataclass, field, replace

from hanze.identity.trace import Trace
from hanze.ngsild.query.tree import Share

__all__ = ["ANONYMOUS", "NODE", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor behind an operation, as the edge established it.

    Attributes:
        actor: Stable name of the person, client or connector; "anonymous" when nobody is known.
        organisation: The organisation on whose behalf the actor asks.
        roles: Roles that the edge granted (`identity.roles`).
        purpose: The purpose of processing (a DPV IRI) that this request is for.
        purposes: IRIs of all purposes that its credentials let it choose from (`Hanze-Purpose`).
        activity: Id of the processing activity that its credentials are bound to.
        subject: What data calls this person, where it is about them; residents alone have one.
        trace: Where the request belongs; `None`: it begins a trace, should anything be logged.
        credential: Id of the token, client or account; logs tell it, never the secret.
        tenant: The tenant that the operation targets (CIM 009, 4.14); "" is the default tenant.
        shares: What of the tenant's entities it may read; `None` for all.
    """

    actor: str
    organisation: str | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    purpose: str | None = None
    purposes: frozenset[str] = field(default_factory=frozenset)
    activity: str | None = None
    subject: str | None = None
    credential: str = ""
    trace: Trace | None = None
    tenant: str = ""
    shares: tuple[Share, ...] | None = None

    @property
    def is_own(self) -> bool:
        """Whether it works for this node: what others share with the node is for it too."""
        return "writer" in self.roles or "operator" in self.roles

    def in_tenant(self, tenant: str) -> "Caller":
        """Return the same caller, asking in another tenant."""
        return self if tenant == self.tenant else replace(self, tenant=tenant)


ANONYMOUS = Caller(actor="anonymous", roles=frozenset({"reader"}))

#: The node itself: what it reads for its own work, and shows to nobody as it is.
NODE = Caller(actor="node", roles=frozenset({"node"}))
