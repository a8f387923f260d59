"""Pages of agreements: offered, signed, changed, revoked."""

from typing import Final

import msgspec
from starlette.responses import RedirectResponse, Response

from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput, NotSupported
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.policy import ODRL
from hanze.governance.purposes import curie_of
from hanze.governance.records.agreement import Agreement, Statute
from hanze.governance.records.dataset import AccessRights
from hanze.governance.stewarding.agreements import Agreements, Standing
from hanze.governance.stewarding.datasets import Datasets
from hanze.governance.stewarding.offering import Offering, terms_of
from hanze.identity.roles import DEVELOPER, OWNER, STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.forms import lines_of
from hanze.web.portal.stewarding.names import Namer
from hanze.web.portal.stewarding.rows import agreement_row, dataset_row

__all__ = ["show_agreement", "show_offering", "take_agreement", "take_offering"]

_DUTIES: Final = ("attribute", "delete", "inform")
_WRONG: Final = (InvalidInput, Conflicting, Denied, NotSupported)


async def show_offering(visit: Visit) -> Response:
    """Ask what is to be agreed; of an agreement that exists, what is to change."""
    require_duty(visit.caller, STEWARD, OWNER)
    query = visit.request.query_params
    known = query.get("change", "")
    if known:
        versions = Agreements(visit.site.node.governance).versions(
            visit.caller, known, now=visit.now
        )
        return await _offering(visit, _given_of(versions[-1].agreement))
    return await _offering(visit, Given({"dataset": [query.get("dataset", "")]}))


async def take_offering(visit: Visit, given: Given) -> Response:
    """Offer an agreement, or a new version of one."""
    require_duty(visit.caller, STEWARD, OWNER)
    governance = visit.site.node.governance
    agreements = Agreements(governance)
    try:
        terms = terms_of(_offering_of(given), governance.rules, visit.now)
        step = agreements.change if given.text("change") else agreements.offer
        made = await step(visit.caller, terms, now=visit.now)
    except _WRONG as error:
        return await _offering(visit, given, refused=error, status=422)
    return RedirectResponse(f"{Namer(visit).agreement_path(made.id)}?did=offered", 303)


async def show_agreement(visit: Visit) -> Response:
    """Show all versions of an agreement, and what its parties can do with it."""
    return await _agreement(visit)


async def take_agreement(visit: Visit, given: Given) -> Response:
    """Sign an agreement, or revoke it."""
    agreements = Agreements(visit.site.node.governance)
    agreement_id = str(visit.request.path_params["id"])
    do = given.text("do")
    try:
        if do == "sign":
            party = given.text("party")
            await agreements.sign(visit.caller, agreement_id, party=party, now=visit.now)
        elif do == "revoke":
            reason = given.text("reason")
            if not reason:
                raise InvalidInput("Say why the agreement ends", field="reason")
            await agreements.revoke(visit.caller, agreement_id, reason=reason, now=visit.now)
        else:
            raise InvalidInput("The form asks for nothing that this page does", field="do")
    except _WRONG as error:
        return await _agreement(visit, refused=error, status=422)
    return RedirectResponse(f"{Namer(visit).agreement_path(agreement_id)}?did={do}", 303)


async def _offering(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    node = visit.site.node
    await node.collective.refresh(visit.now)
    namer = Namer(visit)
    closed = [
        dataset_row(namer, one)
        for one in Datasets(node.governance).listed(visit.caller)
        if one.access_rights is AccessRights.RESTRICTED
    ]
    return visit.page(
        "steward/offering.html",
        status=status,
        simulated=False,
        closed=closed,
        chosen=given.several("dataset"),
        given=given,
        often=namer.often(),
        refused=refused,
        today=visit.now[:10],
    )


async def _agreement(
    visit: Visit, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    node = visit.site.node
    await node.collective.refresh(visit.now)
    namer = Namer(visit)
    agreement_id = str(visit.request.path_params["id"])
    found = Agreements(node.governance).versions(visit.caller, agreement_id, now=visit.now)
    rows = [agreement_row(namer, one, node.governance.rules.datasets) for one in found]
    newest = rows[-1].standing
    return visit.page(
        "steward/agreement.html",
        status=status,
        simulated=False,
        rows=list(reversed(rows)),
        signers=[namer.organisation(one) for one in _signers(visit, newest)],
        day=namer.day,
        duty=lambda iri: iri.removeprefix(ODRL),
        may_revoke=_may_revoke(visit, [one.standing for one in rows]),
        may_change=has_duty(visit.caller, STEWARD, OWNER) and newest.agreement.revocation is None,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
    )


def _signers(visit: Visit, newest: Standing) -> tuple[str, ...]:
    """Give the organisations for which the visitor can sign."""
    caller = visit.caller
    if DEVELOPER in caller.roles:
        return newest.waits_for
    mine = has_duty(caller, OWNER) and caller.organisation in newest.waits_for
    return (caller.organisation,) if mine and caller.organisation is not None else ()


def _may_revoke(visit: Visit, versions: list[Standing]) -> bool:
    caller, newest = visit.caller, versions[-1].agreement
    if newest.revocation is not None:
        return False
    if DEVELOPER in caller.roles:
        return True
    ours = caller.organisation in (newest.assigner, newest.assignee)
    never = not any(one.counts for one in versions)
    return (has_duty(caller, OWNER) and ours) or (never and has_duty(caller, STEWARD))


def _offering_of(given: Given) -> Offering:
    statute = Statute(
        article=given.text("article"),
        authority=given.text("authority"),
        until=given.text("statute_until"),
    )
    on_law = statute.article or statute.authority or statute.until
    return Offering(
        id=given.text("change"),
        targets=tuple(given.several("dataset")),
        assignee=given.text("assignee"),
        purposes=tuple(lines_of(given, "purposes")),
        prohibited=tuple(lines_of(given, "prohibited")),
        opens_narrower=given.text("narrower") == "yes",
        duties=tuple(one for one in given.several("duty") if one in _DUTIES),
        valid_from=given.text("valid_from"),
        valid_until=given.text("valid_until"),
        statute=statute if on_law else None,
    )


def _given_of(agreement: Agreement) -> Given:
    """Write an agreement as the form has it, to be changed."""
    duties = {one.removeprefix(ODRL) for rule in agreement.permissions for one in rule.duties}
    prohibited = [
        value
        for rule in agreement.prohibitions
        for one in rule.constraints
        for value in one.right_operand
    ]
    values: dict[str, list[str]] = {
        "change": [agreement.id],
        "dataset": list(agreement.targets),
        "assignee": [agreement.assignee],
        "purposes": ["\n".join(map(curie_of, agreement.purposes))],
        "prohibited": ["\n".join(map(curie_of, prohibited))],
        "narrower": ["yes"] if agreement.opens_narrower else [],
        "duty": sorted(duties),
        "valid_from": [agreement.valid_from[:10]],
        "valid_until": [agreement.valid_until[:10]],
    }
    if agreement.statute is not None:
        said = msgspec.structs.asdict(agreement.statute)
        values |= {"article": [said["article"]], "authority": [said["authority"]]}
        values |= {"statute_until": [said["until"]]}
    return Given(values)
