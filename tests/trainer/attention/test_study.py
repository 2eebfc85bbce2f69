"""What is found on dev pairs: every head, a choice where there is an aligner, nothing without attention."""

from __future__ import annotations

import pytest

from contracts.attention import AligningHead
from tests.trainer.conftest import Pairs
from trainer.aligner import learn_from_texts
from trainer.attention.study import SENTENCES, study
from trainer.models.build import build_translator
from trainer.models.recurrent import RecurrentConfig
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import Vocabulary


def test_every_head_is_told_of(tiny: TransformerConfig, vocabulary: Vocabulary, pairs: Pairs) -> None:
    model = build_translator(tiny, vocabulary.source_size, vocabulary.target_size, shared=True)
    plain = study(model, vocabulary, pairs, 64)
    assert plain is not None
    assert plain.sentences == SENTENCES
    assert [(head.layer, head.head) for head in plain.heads] == [(0, 0), (0, 1)]
    assert all(
        head.entropy > 0 and 0 < head.distance < 1 and head.importance is not None for head in plain.heads
    )
    assert plain.aligning is plain.error_rate is plain.heads[0].error_rate is None
    aligner = learn_from_texts(pairs, vocabulary, 64)
    chosen = study(model, vocabulary, pairs[:20], 64, aligner=aligner)
    assert chosen is not None
    assert chosen.aligning is not None
    assert chosen.aligning.by == "aligner"
    assert chosen.error_rate is not None
    assert chosen.error_rate <= min(head.error_rate or 0.0 for head in chosen.heads)
    guided = study(model, vocabulary, pairs[:2], 64, aligner=aligner, guided=True)
    assert guided is not None
    assert guided.aligning == AligningHead(layer=0, by="guided")
    assert study(model, vocabulary, pairs, 1) is None  # longer than it takes


@pytest.mark.parametrize("attention", ["none", "luong"])
def test_without_attention_there_is_nothing_to_tell(
    attention: str, vocabulary: Vocabulary, pairs: Pairs
) -> None:
    config = RecurrentConfig(preset="tiny", width=16, attention=attention)
    model = build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=True)
    assert (study(model, vocabulary, pairs[:2], 64) is None) == (attention == "none")
