"""Splits by hash."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.components.splits import split_of
from texts.formats.base import HashSplit

SHARES = HashSplit(dev=0.1, test=0.2)
STABLE = ["train", "test", "train", "train", "train", "test"]


def test_shares_are_met() -> None:
    splits = [split_of(f"sentence {i}".encode(), SHARES) for i in range(10_000)]
    assert abs(splits.count("dev") / 10_000 - 0.1) < 0.01
    assert abs(splits.count("test") / 10_000 - 0.2) < 0.015


def test_never_changes() -> None:
    # Values of the first release: a change would move test sentences into training.
    sources = ("Hi.", "Run!", "Wait!", "sentence 3", "我喜欢你。", "sentence 20")
    assert [split_of(text.encode(), SHARES) for text in sources] == STABLE


@given(st.binary(max_size=30))
def test_any_bytes_have_a_split_that_ignores_space_and_case(source: bytes) -> None:
    split = split_of(source, SHARES)
    assert split == split_of(b"  " + source.upper() + b"\t", SHARES)
    assert split_of(source, HashSplit(dev=0, test=0)) == "train"
