"""Who asks: every operation of the broker takes a `Caller`."""

from dataclasses import dataclass, field, replace

from hanze.ngsild.query.tree import Share

__all__ = ["ANONYMOUS", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor behind an operation, as the edge established it.

    Attributes:
        actor: Stable name of the person, client or connector; "anonymous" when nobody is known.
        organisation: The organisation on whose behalf the actor asks.
        roles: Roles that the edge granted ("reader", "writer", "operator"; "member" of the league).
        purpose: The purpose of processing (a DPV IRI), where a token names one.
        tenant: The tenant that the operation targets (CIM 009, 4.14); "" is the default tenant.
        shares: What of the tenant's entities it may read; `None` for all.
    """

    actor: str
    organisation: str | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    purpose: str | None = None
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
