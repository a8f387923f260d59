"""Which data are open, and why others are not; and the desk at which stewards decide that."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import Conflicting, HanzeError, InvalidInput
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.records.agreement import AgreementState
from hanze.governance.stewarding.agreements import Agreements
from hanze.governance.stewarding.classes import Named, Unclassified, unclassified
from hanze.governance.stewarding.datasets import Datasets
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD
from hanze.ngsild.context import CORE
from hanze.ngsild.vocabulary import HANZE
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.forms import (
    BASES,
    changed,
    field_of,
    given_of,
    lines_of,
    said_of,
)
from hanze.web.portal.stewarding.names import Namer
from hanze.web.portal.stewarding.rows import AgreementRow, agreement_row, dataset_row

__all__ = ["show_dataset", "show_desk", "show_list", "take_dataset", "take_desk"]

_WORKING: Final = (STEWARD, OWNER, OPERATOR, SECURITY_OFFICER, AUDITOR)


@dataclass(frozen=True, slots=True)
class Undecided:
    """A type that is closed because nobody decided about it."""

    found: Unclassified
    called: str


async def show_list(visit: Visit) -> Response:
    """List all datasets, open ones and closed ones, to everybody."""
    await visit.site.node.collective.refresh(visit.now)
    namer = Namer(visit)
    found = Datasets(visit.site.node.governance).listed(visit.caller)
    rows = sorted((dataset_row(namer, one) for one in found), key=lambda one: one.called.text)
    return visit.page(
        "steward/datasets.html",
        simulated=False,
        open_rows=[one for one in rows if one.access == "PUBLIC"],
        closed_rows=[one for one in rows if one.access in ("RESTRICTED", "NON_PUBLIC")],
        undecided_rows=[one for one in rows if not one.access],
        works=has_duty(visit.caller, *_WORKING),
    )


async def show_dataset(visit: Visit) -> Response:
    """Show one dataset: what it is, who may read it, or who decided why it is closed."""
    return await _dataset_page(visit)


async def show_desk(visit: Visit) -> Response:
    """Show what waits for a steward, and all that was decided and agreed."""
    if not has_duty(visit.caller, *_WORKING):
        return visit.page("steward/closed.html", status=403, simulated=False)
    return await _desk(visit)


async def take_desk(visit: Visit, given: Given) -> Response:
    """Classify the types that the form names."""
    require_duty(visit.caller, STEWARD)
    try:
        names = [*given.several("type"), *lines_of(given, "other")]
        if not names:
            raise InvalidInput("Choose a type", field="types")
        named = [_named(name) for name in dict.fromkeys(names)]
        datasets = Datasets(visit.site.node.governance)
        await datasets.classify(visit.caller, named, said_of(given), now=visit.now)
    except (InvalidInput, Conflicting) as error:
        return await _desk(visit, given=given, refused=error, status=422)
    return RedirectResponse(f"/{visit.language.code}/steward?did=classified", 303)


async def take_dataset(visit: Visit, given: Given) -> Response:
    """Change a dataset, or take it away."""
    require_duty(visit.caller, STEWARD)
    datasets = Datasets(visit.site.node.governance)
    dataset_id = str(visit.request.path_params["id"])
    known = datasets.shown(visit.caller, dataset_id)
    try:
        if given.text("do") == "remove":
            await datasets.remove(visit.caller, dataset_id, now=visit.now)
            return RedirectResponse(f"/{visit.language.code}/steward?did=removed", 303)
        await datasets.put(visit.caller, changed(known, said_of(given)), now=visit.now)
    except (InvalidInput, Conflicting) as error:
        return await _dataset_page(visit, given=given, refused=error, status=422)
    return RedirectResponse(f"{Namer(visit).dataset_path(dataset_id)}?did=changed", 303)


async def _desk(
    visit: Visit,
    *,
    given: Given | None = None,
    refused: HanzeError | None = None,
    status: int = 200,
) -> Response:
    node = visit.site.node
    await node.collective.refresh(visit.now)
    namer = Namer(visit)
    found = Datasets(node.governance).listed(visit.caller)
    agreements = _agreements(visit, namer)
    rows = sorted((dataset_row(namer, one) for one in found), key=lambda one: one.called.text)
    return visit.page(
        "steward/desk.html",
        status=status,
        simulated=False,
        undecided=_undecided(visit, namer),
        rows=rows,
        reviews=[one for one in rows if one.soon],
        agreements=agreements,
        waiting=[one for one in agreements if one.standing.state is AgreementState.OFFERED],
        ending=[one for one in agreements if one.soon],
        decides=has_duty(visit.caller, STEWARD),
        offers=has_duty(visit.caller, STEWARD, OWNER),
        given=given or Given({}),
        refused=refused,
        wrong=field_of(refused.field) if refused is not None else "",
        bases=BASES,
        often=namer.often(),
        own=node.governance.rules.own,
        today=visit.now[:10],
        did=visit.request.query_params.get("did", ""),
    )


async def _dataset_page(
    visit: Visit,
    *,
    given: Given | None = None,
    refused: HanzeError | None = None,
    status: int = 200,
) -> Response:
    node = visit.site.node
    await node.collective.refresh(visit.now)
    namer = Namer(visit)
    dataset_id = str(visit.request.path_params["id"])
    dataset = Datasets(node.governance).shown(visit.caller, dataset_id)
    named = [one for one in dataset.derived_from if one in node.governance.rules.datasets]
    return visit.page(
        "steward/dataset.html",
        status=status,
        simulated=False,
        row=dataset_row(namer, dataset),
        inputs=[dataset_row(namer, node.governance.rules.datasets[one]) for one in named],
        agreements=[
            one for one in _agreements(visit, namer) if dataset_id in one.standing.agreement.targets
        ],
        decides=has_duty(visit.caller, STEWARD),
        offers=has_duty(visit.caller, STEWARD, OWNER),
        given=given or given_of(dataset),
        refused=refused,
        wrong=field_of(refused.field) if refused is not None else "",
        bases=BASES,
        often=namer.often(),
        own=node.governance.rules.own,
        today=visit.now[:10],
        did=visit.request.query_params.get("did", ""),
    )


def _agreements(visit: Visit, namer: Namer) -> list[AgreementRow]:
    governance = visit.site.node.governance
    found = Agreements(governance).listed(visit.caller, now=visit.now)
    return [agreement_row(namer, one, governance.rules.datasets) for one in found]


def _undecided(visit: Visit, namer: Namer) -> list[Undecided]:
    node, tenant = visit.site.node, visit.caller.tenant
    there = ((part.types, part.count) for part in node.store.summary(tenant))
    found = unclassified(node.governance.rules.datasets.values(), tenant, there)
    return [Undecided(one, namer.type(one.type)) for one in found]


def _named(name: str) -> Named:
    """Read a type: an IRI, or a term of Hanze's @context and of the standard's."""
    if name == "*":
        return Named(name, ())
    if ":" in name:
        return Named(name, (name,))
    iris = (HANZE.expand_name(name), CORE.expand_name(name))
    return Named(name, tuple(dict.fromkeys(iris)))
