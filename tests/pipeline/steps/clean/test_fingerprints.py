"""Packed fingerprints find what a plain set finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.clean.fingerprints import (
    NumberSet,
    later_places,
    pack_by_bucket,
    pair_prints,
    text_prints,
)

uint64 = st.integers(0, 2**64 - 1)


def _numbers(packed: list[bytes]) -> list[int]:
    return [number for part in packed for number in np.frombuffer(part, "<u8").tolist()]


@given(st.lists(st.integers(0, 5).map(lambda n: n * 0x3333333333333333), max_size=40), st.randoms())
def test_all_but_the_first_are_duplicates(prints: list[int], chance: object) -> None:
    places = list(range(len(prints)))
    seen: set[int] = set()
    expected = [place for place, value in enumerate(prints) if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
    order = places[:]
    chance.shuffle(order)  # type: ignore[attr-defined]
    by_bucket: dict[int, list[bytes]] = {}
    for half in (order[::2], order[1::2]):  # as two workers would
        mine = np.array([prints[i] for i in half], np.uint64)
        for bucket, packed in pack_by_bucket(mine, np.array(half, np.uint64)):
            by_bucket.setdefault(bucket, []).append(packed)
    repeated = _numbers([later_places(parts) for parts in by_bucket.values()])
    assert sorted(repeated) == expected


@given(st.lists(uint64, max_size=20), st.lists(uint64, max_size=20))
def test_number_set(members: list[int], asked: list[int]) -> None:
    half = len(members) // 2
    packed = [np.array(part, "<u8").tobytes() for part in (members[:half], members[half:])]
    both = np.array(members + asked, "<u8")
    expected = [number in set(members) for number in members + asked]
    assert NumberSet(packed).contain(both).tolist() == expected
    assert NumberSet([]).contain(both).tolist() == [False] * len(both)


def test_equal_texts_and_pairs_have_equal_prints() -> None:
    prints = text_prints(["a b", "ab", "a b", "Ä"])
    assert prints[0] == prints[2]
    assert len(set(prints.tolist())) == 3
    pairs = pair_prints(["a", "a b", "a", "A"], ["b c", "c", "b c", "b c"], [b""] * 4)
    assert pairs[0] == pairs[2]
    assert len(set(pairs.tolist())) == 3
    apart = pair_prints(["a", "a", "a"], ["b", "b", "b"], [b"de", b"nl", b"de"])
    assert apart[0] == apart[2] != apart[1]
