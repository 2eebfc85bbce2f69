"""How well translators align, on the embedded corpus, whose grammar knows which words belong together.

Each is given the grammar's own sentence pairs (teacher forcing), so that all are asked about the same words;
a target piece is linked with the source piece that it looks at most, words by their pieces, and the links of
all words together have one alignment error rate (Och and Ney 2003). `align` goes by what stands in the column
`chosen`; what explains a step is the mean of the last layer's heads.

    python -m benchmarks.alignment_table models/embedded/1 guided luong --steps 1000

A pushed version brings its translator; one that is named is trained first, and found again the next time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.alignments import error_rate
from grammar.alignments import AlignedPair, draw_aligned
from texts.alignments import Link, words_of_links

if TYPE_CHECKING:
    from trainer.aligner import Aligner
    from trainer.attention.choice import LinkPlace
    from trainer.attention.reading import SeenPair
    from trainer.models.base import Translator
    from trainer.vocabulary import Vocabulary

_RECURRENT = {"architecture": "recurrent", "preset": "tiny", "cell": "gru", "dropout": 0.0}
_CONVOLUTIONAL = {"architecture": "convolutional", "encoder_layers": 3, "decoder_layers": 3, "width": 128}
_GUIDED = {"name": "guided-alignment", "pairs": 5000}
TRANSLATORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "transformer": ({"preset": "tiny", "dropout": 0.0}, {}),
    "guided": ({"preset": "tiny", "dropout": 0.0}, _GUIDED),
    "bahdanau": ({**_RECURRENT, "attention": "bahdanau"}, {}),
    "luong": ({**_RECURRENT, "attention": "luong"}, {}),
    "convolutional": ({**_CONVOLUTIONAL, "dropout": 0.0}, {}),
}
"""Model and objective of each."""
_PAIRS = 5000
"""From which aligners are learned."""
_LONGEST = 64
"""Pieces on a side of a pair that is asked about."""


def main() -> None:
    """Train what is not trained yet, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "translators", nargs="+", metavar="WHAT", help=f"{', '.join(TRANSLATORS)}, or a version's folder"
    )
    parser.add_argument("--steps", type=int, default=2500, help="of the trainings")
    parser.add_argument("--folder", type=Path, default=Path("runs/alignments"), help="of the trainings")
    parser.add_argument("--sentences", type=int, default=300, help="pairs of the grammar")
    options = parser.parse_args()
    known = list(islice(draw_aligned(1_000_003), options.sentences))
    print("| translator | links are read from | AER | chosen |\n|---|---|---|---|")
    for what in options.translators:
        if what in TRANSLATORS:
            subject = _trained(what, options.folder / f"{what}-{options.steps}", options.steps)
        else:
            subject = _pushed(Path(what))
        print(f"| {what} | IBM model 2 on its pieces | {subject.aligner_rate(known):.3f} | |")
        for words, rate, chosen in subject.rates(known):
            print(f"| {what} | {words} | {rate:.3f} | {'×' if chosen else ''} |", flush=True)


def _texts(split: str) -> list[tuple[str, str]]:
    """Of the embedded corpus."""
    from grammar.generator import generate

    return [(pair.source, pair.target) for pair in getattr(generate(20_000, 1), split)]


def _pushed(version: Path) -> Subject:
    from contracts.attention import AligningHead
    from contracts.card import EXTRA
    from trainer.store import load_translator

    head = AligningHead.of(version / EXTRA)
    translator, vocabulary = load_translator(version / EXTRA / "translator")
    return Subject(translator, vocabulary, guided=head is not None and head.by == "guided")


def _trained(name: str, folder: Path, steps: int) -> Subject:
    import tensorflow as tf

    from trainer.config import TrainingConfig, VocabularyConfig
    from trainer.models.base import ArchitectureConfig
    from trainer.training.train import train
    from trainer.vocabulary import learn_vocabulary

    model, objective = TRANSLATORS[name]
    training = TrainingConfig(
        objective=objective,
        batch_tokens=1024,
        max_steps=steps,
        learning_rate=0.004,
        warmup_steps=max(steps // 6, 1),
        cooldown=0.3,
        evaluate_every=steps,
        evaluate_sentences=50,
        average_last=1,
    )
    texts = _texts("train")
    vocabulary = learn_vocabulary(
        VocabularyConfig(size=1000, shared=True, algorithm="bpe"), *zip(*texts, strict=True)
    )
    pairs = [
        tf.data.Dataset.from_tensor_slices(tuple(map(list, zip(*part, strict=True))))
        for part in (texts, _texts("dev"))
    ]
    translator, _ = train(ArchitectureConfig.model_validate(model), training, vocabulary, *pairs, folder)
    return Subject(translator, vocabulary, guided=bool(objective))


class Subject:
    """A translator that is asked, with an aligner of its pieces."""

    def __init__(self, translator: Translator, vocabulary: Vocabulary, *, guided: bool) -> None:
        from trainer.aligner import learn_from_texts

        self._translator, self._vocabulary, self._guided = translator, vocabulary, guided
        self._source, self._target = vocabulary.source_pieces(), vocabulary.target_pieces()
        self._aligner: Aligner = learn_from_texts(_texts("train")[:_PAIRS], vocabulary, _LONGEST)

    def rates(self, known: Sequence[AlignedPair]) -> list[tuple[str, float, bool]]:
        """Of what explains a step and of what is chosen for `align`: in words, its error rate, and whether it
        is chosen.
        """
        from trainer.attention.choice import LinkPlace
        from trainer.attention.reading import read_heads
        from trainer.attention.study import study

        outcome = study(
            self._translator,
            self._vocabulary,
            _texts("dev"),
            _LONGEST,
            aligner=self._aligner,
            guided=self._guided,
        )
        assert outcome is not None
        assert outcome.aligning is not None
        head = outcome.aligning
        seen = list(read_heads(self._translator, self._ids(known)))
        plain, chosen = (
            LinkPlace(len(seen[0].heads) - 1, None, False),
            LinkPlace(head.layer, head.head, head.ahead),
        )
        places = {plain: "what explains a step"} | {chosen: str(head)}
        return [(words, self._rate(known, seen, place), place == chosen) for place, words in places.items()]

    def aligner_rate(self, known: Sequence[AlignedPair]) -> float:
        """Of the aligner itself."""
        import numpy as np

        from trainer.attention.choice import known_links
        from trainer.attention.reading import SeenPair

        pairs = [SeenPair(np.array(ours), np.array(theirs), [], None) for ours, theirs in self._ids(known)]
        return self._error_rate(known, pairs, [known_links(self._aligner, pair).tolist() for pair in pairs])

    def _rate(self, known: Sequence[AlignedPair], seen: Sequence[SeenPair], place: LinkPlace) -> float:
        from trainer.attention.choice import found_links

        return self._error_rate(known, seen, [found_links(pair, place).tolist() for pair in seen])

    def _error_rate(
        self, known: Sequence[AlignedPair], pairs: Sequence[SeenPair], links: Sequence[list[int]]
    ) -> float:
        return error_rate(zip(known, map(self._words, pairs, links), strict=True))

    def _words(self, pair: SeenPair, links: Sequence[int]) -> set[Link]:
        source, target = (
            [self._source[word] for word in pair.source],
            [self._target[word] for word in pair.target],
        )
        return words_of_links(source, target, [link if link >= 0 else None for link in links])

    def _ids(self, known: Sequence[AlignedPair]) -> list[tuple[list[int], list[int]]]:
        from trainer.attention.reading import encode

        encoded = encode([(pair.source, pair.target) for pair in known], self._vocabulary, _LONGEST)
        assert len(encoded) == len(known), "the grammar's sentences are short"
        return encoded


if __name__ == "__main__":
    main()
