"""How often a lost sentence is noticed, and how often a whole translation is called too short.

Lines of Multi30k's test set are asked one by one, and joined in twos to fives without being split. A joined
line has lost something if one of its sentences has: fewer than half of the words of more than three letters
in that sentence's own translation stand in the line's.

    dragoman serve models --port 8500
    python -m benchmarks.suspicion --model multi30k-en-de
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections.abc import Sequence
from pathlib import Path

from serving.client import Client, Translation

CORPUS = Path(__file__).parents[1] / ".." / "shared" / "corpora" / "multi30k-en-de"
_WORD = re.compile(r"\w{4,}")


def lost(own: Sequence[str], target: str) -> bool:
    """Whether one of the sentences, of which these are the own translations, is missing from the target."""
    there = set(_WORD.findall(target.lower()))
    all_words = (_WORD.findall(text.lower()) for text in own)
    return any(words and sum(word in there for word in words) < len(words) / 2 for words in all_words)


def joined(lines: Sequence[str], count: int) -> list[str]:
    """Each `count` lines as one."""
    return [" ".join(lines[begin : begin + count]) for begin in range(0, len(lines) - count + 1, count)]


def row(client: Client, sources: Sequence[str], own: Sequence[str], count: int) -> str:
    """A line of the table: joined lines, those that lost something, those of them that were flagged."""
    answers: list[Translation] = client.translate(joined(sources, count))
    parts = [own[begin : begin + count] for begin in range(0, len(own) - count + 1, count)]
    losses = [answer for answer, part in zip(answers, parts, strict=True) if lost(part, answer.text)]
    noticed = sum(answer.too_short for answer in losses)
    share = 100 * noticed / len(losses)
    return f"| {count} | {len(answers)} | {len(losses)} | {noticed} ({share:.1f} %) |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="127.0.0.1:8500", help="HOST:PORT of the model server")
    parser.add_argument("--model", default="multi30k-en-de")
    parser.add_argument("--split", default="test_2016_flickr", help="test_2016_flickr or val")
    arguments = parser.parse_args()
    with gzip.open(CORPUS / f"{arguments.split}.en.gz", "rt", encoding="utf-8") as file:
        sources = [line.rstrip("\n") for line in file]
    # fmt: off
    with Client(
        arguments.address, model=arguments.model, deadline=300, split=False,
        source_language="en", target_language="de",
    ) as client:
        singles = client.translate(sources)
        flagged = sum(answer.too_short for answer in singles)
        share = 100 * flagged / len(singles)
        print(f"single sentences flagged: {flagged} of {len(singles)} ({share:.2f} %)\n")
        print("| sentences a line | lines | lost something | of them flagged |\n| --- | --- | --- | --- |")
        for count in (2, 3, 4, 5):
            print(row(client, sources, [answer.text for answer in singles], count), flush=True)
    # fmt: on


if __name__ == "__main__":
    main()
