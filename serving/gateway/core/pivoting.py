"""Sentences that go over a third language: what two models said of each, as if one had."""

from __future__ import annotations

from texts.cascade import Rendering


def joined(first: Rendering, second: Rendering) -> Rendering:
    """A translation of a translation.

    Its score is the sum of both, as both are logarithms of probabilities; words of the source belong to those
    that belong to what they became on the way. The other translations are the second model's.
    """
    links = None
    if first.alignment is not None and second.alignment is not None:
        further: dict[int, list[int]] = {}
        for pivot, target in second.alignment:
            further.setdefault(pivot, []).append(target)
        ends = {(source, target) for source, pivot in first.alignment for target in further.get(pivot, ())}
        links = tuple(sorted(ends))
    truncated = first.truncated or second.truncated
    return Rendering(second.text, first.score + second.score, truncated, second.alternatives, links)
