"""Search that knows no model: it is given a `Decoder`, and finds the best sequences of pieces.

Notation: `B` sentences still searched, `K` beams, `N` hypotheses kept, `T` target length, `S` source length,
`V` vocabulary.
"""

from trainer.search.beam import beam_search
from trainer.search.constraints import Constraint, ForcedPrefix, MinimumLength, NoRepeatNgram
from trainer.search.greedy import greedy_search
from trainer.search.interface import Decoder, Hypotheses, Step, StepFunctionDecoder
from trainer.search.penalties import coverage_penalty, length_penalty
from trainer.search.sampling import Sampling, sample

__all__ = [
    "Constraint",
    "Decoder",
    "ForcedPrefix",
    "Hypotheses",
    "MinimumLength",
    "NoRepeatNgram",
    "Sampling",
    "Step",
    "StepFunctionDecoder",
    "beam_search",
    "coverage_penalty",
    "greedy_search",
    "length_penalty",
    "sample",
]
