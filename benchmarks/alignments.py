"""How well a pushed version shows which words belong together, on the embedded corpus.

The grammar knows the links of its own sentences. A translation that is the grammar's word for word has the
same ones: of these the alignment error rate is taken (Och and Ney 2003), over all their words together. The
links are those that the version answers with (`align`); where it has no such signature, each word of the
translation is linked with the one that its pieces looked at most (`explain`).

    python -m benchmarks.alignments models/recurrent/1
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grammar.alignments import AlignedPair, draw_aligned
from texts.alignments import Link, alignment_error_rate, link_words, words_of_links

if TYPE_CHECKING:
    from pipeline.steps.translate.exported import ExportedModel


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version", type=Path, help="a pushed version's folder, MODEL_ROOT/NAME/VERSION")
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument(
        "--seed", type=int, default=1_000_003, help="of the sentences, another than training's"
    )
    options = parser.parse_args()
    from pipeline.steps.translate.exported import ExportedModel

    pairs = list(itertools.islice(draw_aligned(options.seed), options.sentences))
    answered = align_words(ExportedModel(options.version), [pair.source for pair in pairs])
    compared = [
        (pair, links)
        for pair, (translation, links) in zip(pairs, answered, strict=True)
        if translation == pair.target
    ]
    print(
        f"AER {error_rate(compared):.3f} of {options.version}, on the {len(compared)} of {len(pairs)} "
        "sentences that it translates as the grammar does"
    )


def align_words(model: ExportedModel, sources: Sequence[str]) -> list[tuple[str, set[Link]]]:
    """The translation of each source, and its words' links."""
    if model.aligns:
        return [
            (
                _text(answer.target_pieces),
                words_of_links(answer.source_pieces, answer.target_pieces, answer.links),
            )
            for answer in model.align(sources)
        ]
    return [
        (
            _text(explanation.target_pieces),
            link_words(explanation.source_pieces, explanation.target_pieces, explanation.attention.tolist()),
        )
        for explanation in model.explain(sources)
    ]


def error_rate(compared: Iterable[tuple[AlignedPair, set[Link]]]) -> float:
    """Of all sentences together; 0 without a sentence."""
    sums: tuple[set[Link], set[Link], set[Link]] = (set(), set(), set())
    first = 0
    for pair, predicted in compared:
        for links, here in zip(sums, (pair.sure, pair.possible, predicted), strict=True):
            links |= {(source + first, other + first) for source, other in here}
        first += max(len(pair.source.split()), len(pair.target.split()))
    return alignment_error_rate(*sums)


def _text(pieces: Iterable[str]) -> str:
    return "".join(pieces).removesuffix("</s>").replace("▁", " ").strip()


if __name__ == "__main__":
    main()
