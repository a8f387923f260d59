"""What a step did to the instances of an attribute, told by which objects are the same."""

from hanze.ngsild.model import Attribute, Instances

__all__ = ["arrived", "gone", "is_next"]


def is_next(before: Instances, after: Instances) -> bool:
    """Tell whether one instance stands in the place of another one, and there are no more."""
    return (
        len(before) == len(after) == 1
        and before[0] is not after[0]
        and before[0].dataset_id == after[0].dataset_id
    )


def arrived(before: Instances, after: Instances) -> list[Attribute]:
    """Return the instances that were not there, also those that say the same as another."""
    return [instance for instance in after if not any(instance is one for one in before)]


def gone(before: Instances, after: Instances) -> list[Attribute]:
    """Return the instances that have none in their place."""
    datasets = {instance.dataset_id for instance in after}
    return [instance for instance in before if instance.dataset_id not in datasets]
