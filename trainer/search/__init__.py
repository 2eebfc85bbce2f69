"""Search that knows no model: it is given a `Decoder`, and finds the best sequences of pieces.

Notation: `B` sentences still searched, `K` beams, `N` hypotheses kept, `T` target length, `S` source length,
`V` vocabulary.

Beam search ranks hypotheses of exactly equal scores so: the one that ended earlier first, at the same time
the one whose beginning ranked higher, and of one beginning the lowest piece. Greedy search takes any of
equally likely pieces (`tf.argmax`). Scores within rounding of each other are another matter: another machine,
or another batch, may rank them the other way.
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
