"""`make bench`: what a decision costs, beside Cedar's on the same agreements.

python bench/decisions.py                   2,000 agreements, 10,000 consents
python bench/decisions.py --agreements 200  fewer
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Final

import cedarpy

from hanze.governance.agreeing import signed
from hanze.governance.decision import Asked, access_for
from hanze.governance.gate import Gate
from hanze.governance.grounds import ground_for
from hanze.governance.policy import agreed_purposes, permission
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.consent import Consent
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.terms import DEFAULT_VOCAB

_NOW: Final = "2026-06-01T12:00:00Z"
_FROM, _UNTIL = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
_PURPOSES: Final = tuple(
    f"https://w3id.org/dpv#{name}"
    for name in ("AcademicResearch", "ServiceProvision", "PublicBenefit", "CustomerCare")
)
_OWNER: Final = "urn:ngsi-ld:Organisation:city"
_DATASETS: Final = 200


def _datasets() -> dict[str, Dataset]:
    made = (
        Dataset(
            id=f"urn:ngsi-ld:Dataset:city:{number}",
            title={"en": f"Data {number}"},
            types=(f"{DEFAULT_VOCAB}Type{number}",),
            access_rights=AccessRights.RESTRICTED,
            owner=_OWNER,
            purposes=_PURPOSES[:1],
            subject=f"{DEFAULT_VOCAB}person",
            # Every tenth is about people who have to consent.
            consent=number % 10 == 0,
        )
        for number in range(_DATASETS)
    )
    return {one.id: one for one in made}


def _agreement(number: int) -> Agreement:
    permissions = (permission(_PURPOSES[number % 3], _PURPOSES[number % 3 + 1]),)
    agreement = Agreement(
        id=f"urn:ngsi-ld:Agreement:city:{number}",
        targets=(f"urn:ngsi-ld:Dataset:city:{number % _DATASETS}",),
        assigner=_OWNER,
        assignee=f"urn:ngsi-ld:Organisation:{number // _DATASETS}",
        permissions=permissions,
        purposes=agreed_purposes(permissions),
        valid_from=_FROM,
        valid_until=_UNTIL,
        created_at=_FROM,
    )
    for party in (agreement.assigner, agreement.assignee):
        agreement = signed(agreement, party=party, by="bench", now=_FROM)
    return agreement


def _consent(number: int) -> Consent:
    return Consent(
        id=f"urn:ngsi-ld:ConsentRecord:city:{number}",
        subject=f"person-{number}",
        dataset=f"urn:ngsi-ld:Dataset:city:{number % 20 * 10}",
        purposes=_PURPOSES[:2],
        recipients=tuple(f"urn:ngsi-ld:Organisation:{party}" for party in range(10)),
        given_at=_FROM,
        given_by=f"person-{number}",
    )


def _cedar(agreement: Agreement) -> str:
    purposes = ", ".join(f'"{one}"' for one in agreement.purposes)
    starts, ends = parse_datetime(agreement.valid_from), parse_datetime(agreement.valid_until)
    return (
        f'permit(principal == Party::"{agreement.assignee}", action == Action::"read",'
        f' resource == Data::"{agreement.targets[0]}") when {{'
        f" [{purposes}].contains(context.purpose)"
        f" && context.now >= {starts} && context.now < {ends} }};"
    )


def _us(work: Callable[[int], object], times: int) -> float:
    """Microseconds of CPU that one call takes, at best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for number in range(times):
            work(number)
        best = min(best, time.process_time() - start)
    return best / times * 1_000_000


def _caller(number: int) -> Caller:
    return Caller(
        actor="bench",
        organisation=f"urn:ngsi-ld:Organisation:{number % 10}",
        roles=frozenset({"reader"}),
        purpose=_PURPOSES[number % 4],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agreements", type=int, default=2_000)
    parser.add_argument("--consents", type=int, default=10_000)
    asked = parser.parse_args()
    agreements = {one.id: one for one in map(_agreement, range(asked.agreements))}
    consents = {one.id: one for one in map(_consent, range(asked.consents))}
    rules = Rules(version=1, datasets=_datasets(), agreements=agreements, consents=consents)
    callers = [_caller(number) for number in range(40)]
    questions = [
        Asked(types=(frozenset((f"{DEFAULT_VOCAB}Type{number * 7 % _DATASETS}",)),))
        for number in range(40)
    ]
    gate = Gate(lambda: rules, lambda: None)

    def index(_: int) -> object:
        fresh = Rules(version=1, agreements=agreements, consents=consents)
        return fresh.index

    datasets, now_us = list(rules.datasets.values()), parse_datetime(_NOW)

    def ground(number: int) -> object:
        dataset = datasets[number * 7 % _DATASETS]
        return ground_for(rules, dataset, callers[number % 40], now_us)

    def ours(number: int) -> object:
        return gate.access(callers[number % 40], _NOW).view(
            next(iter(questions[number % 40].types or ()))
        )

    policies = "\n".join(map(_cedar, agreements.values()))
    parsed = cedarpy.PolicySet.from_str(policies)

    def theirs(number: int) -> object:
        return cedarpy.is_authorized(
            {
                "principal": f'Party::"{callers[number % 40].organisation}"',
                "action": 'Action::"read"',
                "resource": f'Data::"urn:ngsi-ld:Dataset:city:{number * 7 % _DATASETS}"',
                "context": {"purpose": callers[number % 40].purpose, "now": parse_datetime(_NOW)},
            },
            parsed,
            [],
        )

    print(f"{asked.agreements} agreements, {_DATASETS} datasets, {asked.consents} consents; CPU")
    print(f"{'sorting them, once after each change of the rules':52}{_us(index, 5):>12,.0f} us")
    first = _us(lambda number: access_for(rules, callers[number], _NOW), 10)
    print(f"{'all that a caller may read, the first time':52}{first:>12,.0f} us")
    print(
        f"{'a decision about a dataset, of which nothing is kept':52}{_us(ground, 400):>12,.2f} us"
    )
    print(f"{'a decision about a type, from then on':52}{_us(ours, 2_000):>12,.2f} us")
    print(f"{'a decision of Cedar':52}{_us(theirs, 20):>12,.0f} us")
    return 0


if __name__ == "__main__":
    sys.exit(main())
