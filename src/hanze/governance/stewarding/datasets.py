"""Datasets: classified, changed, listed and taken away, with an account of who did it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hanze.errors import Conflicting, NotFound
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.log import AuditRecord
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.checking import DatasetRefused, check_followers, checked
from hanze.governance.stewarding.classes import ALL_TYPES, Named, Said, classified, key_of
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD

__all__ = ["DatasetInUse", "DatasetNotFound", "Datasets"]


class DatasetNotFound(NotFound):
    """No dataset has this id, or the caller is not to know of it."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"Dataset {dataset_id[:200]} does not exist")


class DatasetInUse(Conflicting):
    """Something rests on a dataset that is to go."""

    def __init__(self, dataset_id: str, by: str) -> None:
        super().__init__(f"Dataset {dataset_id} is used by {by}")
        self.field = "id"
        self.value = by


@dataclass(frozen=True, slots=True)
class Datasets:
    """What stewards do with datasets."""

    governance: Governance

    def listed(self, caller: Caller) -> tuple[Dataset, ...]:
        """List datasets of the caller's tenant, by their ids.

        What has no access rights, and what is confidential, only those see who work with it.
        """
        found = self.governance.rules.datasets.values()
        return tuple(sorted((o for o in found if _is_told(o, caller)), key=lambda one: one.id))

    def shown(self, caller: Caller, dataset_id: str) -> Dataset:
        """Give one dataset.

        Raises:
            DatasetNotFound: There is none, or it is not told to this caller.
        """
        found = self.governance.rules.datasets.get(dataset_id)
        if found is None or not _is_told(found, caller):
            raise DatasetNotFound(dataset_id)
        return found

    async def classify(
        self, caller: Caller, named: Sequence[Named], said: Said, *, now: str
    ) -> tuple[Dataset, ...]:
        """Say of types who may read what is of them: a dataset for each.

        Raises:
            DutyMissing: The caller is no steward.
            DatasetRefused: What is said is not enough; nothing was changed.
        """
        require_duty(caller, STEWARD)
        if said.access_rights is None and not said.public_space:
            raise DatasetRefused("Say who may read it", field="accessRights")
        # In turn: what is checked against the others is kept beside these very others.
        async with self.governance.turn:
            rules = self.governance.rules
            known = dict(rules.datasets)
            made: list[Dataset] = []
            for one in named:
                dataset = classified(
                    one, said, tenant=caller.tenant, key=key_of(rules.own), known=known.values()
                )
                dataset = checked(dataset, known, now=now)
                check_followers(dataset, known)
                known[dataset.id] = dataset
                made.append(dataset)
            await self._keep(made, _account(caller, "dataset.classified", made, now))
        return tuple(made)

    async def put(self, caller: Caller, dataset: Dataset, *, now: str) -> Dataset:
        """Make a dataset, or change one.

        Raises:
            DutyMissing: The caller is no steward.
            DatasetRefused: It lacks what it must say; nothing was changed.
        """
        require_duty(caller, STEWARD)
        if dataset.tenant not in (ALL_TYPES, caller.tenant):
            raise DatasetRefused(
                "A dataset belongs to the tenant that the request names, or to all (*)",
                field="tenant",
                value=dataset.tenant,
            )
        async with self.governance.turn:
            known = self.governance.rules.datasets
            before = known.get(dataset.id)
            if before is not None and before.tenant not in (ALL_TYPES, caller.tenant):
                raise DatasetNotFound(dataset.id)
            dataset = msgspec.structs.replace(
                checked(dataset, known, now=now),
                issued=dataset.issued or (before.issued if before else now[:10]),
            )
            check_followers(dataset, known)
            await self._keep([dataset], _account(caller, "dataset.set", [dataset], now))
        return dataset

    async def remove(self, caller: Caller, dataset_id: str, *, now: str) -> None:
        """Take a dataset away: what no other one covers is closed from then on.

        Raises:
            DutyMissing: The caller is no steward.
            DatasetNotFound: There is none.
            DatasetInUse: An agreement or another dataset rests on it.
        """
        require_duty(caller, STEWARD)
        async with self.governance.turn:
            dataset = self.shown(caller, dataset_id)
            self._check_unused(dataset_id, now)
            account = _account(caller, "dataset.removed", [dataset], now)
            change = Change(self.governance.datasets, dataset, gone=True)
            await self.governance.change(change, account=account)

    def _check_unused(self, dataset_id: str, now: str) -> None:
        for other in self.governance.rules.datasets.values():
            if dataset_id in other.derived_from:
                raise DatasetInUse(dataset_id, other.id)
        for agreement in self.governance.agreements.all().values():
            running = agreement.valid_until > now and agreement.revocation is None
            if running and dataset_id in agreement.targets:
                raise DatasetInUse(dataset_id, agreement.id)

    async def _keep(self, datasets: Sequence[Dataset], account: AuditRecord) -> None:
        kept = self.governance.datasets
        await self.governance.change(*(Change(kept, one) for one in datasets), account=account)


def _account(caller: Caller, name: str, datasets: Sequence[Dataset], now: str) -> AuditRecord:
    said = sorted({str(one.access_rights and one.access_rights.value) for one in datasets})
    return account_of(
        caller, name, [one.id for one in datasets], detail=f"Access: {', '.join(said)}", now=now
    )


def _is_told(dataset: Dataset, caller: Caller) -> bool:
    if dataset.tenant not in (ALL_TYPES, caller.tenant):
        return False
    if dataset.access_rights is not None and not dataset.confidential:
        return True
    return has_duty(caller, STEWARD, OWNER, OPERATOR, SECURITY_OFFICER, AUDITOR)
