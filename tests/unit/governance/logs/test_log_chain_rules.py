"""The chain: whatever is changed in it, the first record that is wrong is found."""

from hypothesis import given
from hypothesis import strategies as st

from hanze.governance.logs.chain import GENESIS, Chained, Fault, Head, follow, link

_BODIES = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=12)


def _chain(bodies: list[bytes], start: Head = GENESIS) -> list[Chained]:
    chained, head = [], start
    for body in bodies:
        head = link(head, body)
        chained.append(Chained(head.number, body, head.digest))
    return chained


@given(_BODIES)
def test_follow_should_reach_the_end_when_nothing_was_changed(bodies: list[bytes]) -> None:
    chain = _chain(bodies)
    head, fault = follow(GENESIS, chain)
    assert (head, fault) == (Head(len(bodies), chain[-1].digest), None)


@given(_BODIES, st.data())
def test_follow_should_stop_before_the_record_that_was_changed(
    bodies: list[bytes], data: st.DataObject
) -> None:
    chain = _chain(bodies)
    place = data.draw(st.integers(0, len(chain) - 1))
    found = chain[place]
    other = data.draw(st.binary(min_size=1, max_size=8).filter(lambda body: body != found.body))
    # Even where its digest is made anew, all that follow are found out, unless it is the last.
    forged = link(Head(place, chain[place - 1].digest) if place else GENESIS, other)
    chain[place] = data.draw(
        st.sampled_from([found._replace(body=other), Chained(place + 1, other, forged.digest)])
    )
    head, fault = follow(GENESIS, chain)
    if chain[place].digest == found.digest:
        assert (head.number, fault) == (place, Fault.ALTERED)
    elif place < len(chain) - 1:
        assert (head.number, fault) == (place + 1, Fault.ALTERED)
    else:
        # For this the head is noted in a second place.
        assert fault is None
        assert head.digest != found.digest


@given(_BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_follow_should_miss_a_record_that_was_removed(
    bodies: list[bytes], data: st.DataObject
) -> None:
    chain = _chain(bodies)
    place = data.draw(st.integers(0, len(chain) - 2))
    del chain[place]
    head, fault = follow(GENESIS, chain)
    assert (head.number, fault) == (place, Fault.MISSING)


def test_link_should_differ_by_what_came_before() -> None:
    assert link(Head(1, bytes(32)), b"x").digest != link(GENESIS, b"x").digest
    assert link(GENESIS, b"x") == link(GENESIS, b"x")
