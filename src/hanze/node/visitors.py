"""How often visitors without an account may do what they may, and where they may do it."""

from dataclasses import dataclass

from hanze.identity.allowance import Allowance
from hanze.settings import Collective

__all__ = ["Visitors", "visitors_of"]

_DAY_S = 24 * 3600
#: The most that a table of addresses grows to, where the setting says nothing of all together.
_TOGETHER = 100_000
#: Readings of all keys together in an hour: 300 a second.
_READINGS = 1_000_000
_JOINING = 60
_JOINING_TOGETHER = 1_000
#: One request in two seconds of one member; every talk goes through all that is known of members.
_EXCHANGES = 7_200
#: Reports laid out anew, in an hour: each takes a processor for a second or more.
_PDFS = 120


@dataclass(frozen=True, slots=True)
class Visitors:
    """What visitors have left.

    Attributes:
        contributions: Of each address in an hour.
        support: Of each address for each contribution in a day: one.
        keys: Of each address in a day.
        readings: Of each resident's key in an hour.
        joining: Attempts of each address to join the league, in an hour.
        exchanges: Talks of each member of the league, in an hour.
        pdfs: Reports that are laid out for each address, in an hour; those that are kept are free.
        closed_in: Tenants that take no contributions over the web.
        closed: No tenant does.
    """

    contributions: Allowance
    support: Allowance
    keys: Allowance
    readings: Allowance
    joining: Allowance
    exchanges: Allowance
    pdfs: Allowance
    closed_in: frozenset[str]
    closed: bool

    def closed_for(self, tenant: str) -> tuple[str, ...]:
        """Return the tenant where it takes no contributions over the web, else nothing."""
        return (tenant,) if self.closed or tenant in self.closed_in else ()


def visitors_of(settings: Collective) -> Visitors:
    """Make the allowances that settings name."""
    closed_in = ("" if name == "-" else name for name in settings.contributions_closed_in.split())
    return Visitors(
        contributions=Allowance(
            "contributions",
            most=settings.contributions_per_hour,
            most_together=settings.contributions_per_hour_together,
        ),
        support=Allowance(
            "supports of one contribution", most=1, most_together=_TOGETHER, period_s=_DAY_S
        ),
        keys=Allowance(
            "keys",
            most=settings.resident_keys_per_day,
            most_together=_TOGETHER,
            period_s=_DAY_S,
        ),
        readings=Allowance(
            "readings", most=settings.resident_readings_per_hour, most_together=_READINGS
        ),
        joining=Allowance("attempts to join", most=_JOINING, most_together=_JOINING_TOGETHER),
        exchanges=Allowance("talks", most=_EXCHANGES, most_together=_READINGS),
        pdfs=Allowance("new PDFs", most=_PDFS, most_together=None),
        closed_in=frozenset(closed_in),
        closed=not settings.contributions,
    )
