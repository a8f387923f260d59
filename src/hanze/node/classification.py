"""What a new node says of itself: the records of the collective are there for everybody."""

import msgspec

from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.governance.duties import account_of
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.checking import LICENSE
from hanze.identity.caller import NODE
from hanze.store.store import Store

__all__ = ["COLLECTIVE", "classify_records"]

#: The dataset of all records of the collective, in every tenant.
COLLECTIVE = "urn:ngsi-ld:Dataset:hanze:collective"
_MADE = ("governance", "built-in")


async def classify_records(store: Store, governance: Governance, now: str) -> None:
    """Open the records of the collective: at the first start, and types that a new version brings.

    What a steward made of it since then stays so.
    """
    made = store.registers.get(*_MADE)
    known = frozenset(msgspec.json.decode(made, type=list[str])) if made else frozenset[str]()
    fresh = [iri for iri in RECORD_IRIS if iri not in known]
    if not fresh:
        return
    before = governance.rules.datasets.get(COLLECTIVE)
    if before is not None or not known:
        types = tuple(dict.fromkeys((*(before.types if before else ()), *fresh)))
        dataset = msgspec.structs.replace(before or _dataset(now), types=types, modified=now)
        account = account_of(NODE, "dataset.built-in", [COLLECTIVE], now=now)
        await governance.change(Change(governance.datasets, dataset), account=account)
    text = msgspec.json.encode(list(RECORD_IRIS))
    await store.transact(lambda uow: uow.registers.put(*_MADE, text))


def _dataset(now: str) -> Dataset:
    return Dataset(
        id=COLLECTIVE,
        title={
            "nl": "Wat steden doen, nodig hebben en leerden",
            "en": "What cities do, need and learned",
            "ko": "도시들이 하는 일, 필요한 것, 배운 것",
        },
        description={
            "nl": "De gedeelde lijst van projecten, vragen, oplossingen en partijen van de steden.",
            "en": "The shared list of the cities' projects, demands, solutions and parties.",
            "ko": "도시들이 함께 쓰는 프로젝트, 수요, 해결책, 참여 기관의 목록입니다.",
        },
        tenant="*",
        types=(),
        access_rights=AccessRights.PUBLIC,
        license=LICENSE,
        issued=now[:10],
    )
