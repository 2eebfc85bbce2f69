"""Texts of any form through a model that takes a sentence at a time, and back in their form."""

from __future__ import annotations

from texts.cascade.answers import Answer, Ask, Detected, ModelRow, Note, Rendering, SegmentAnswer
from texts.cascade.identification import identify
from texts.cascade.options import Format, Options, OptionsError, Splitting
from texts.cascade.plan import Plan, prepare, translate

__all__ = [
    "Answer",
    "Ask",
    "Detected",
    "Format",
    "ModelRow",
    "Note",
    "Options",
    "OptionsError",
    "Plan",
    "Rendering",
    "SegmentAnswer",
    "Splitting",
    "identify",
    "prepare",
    "translate",
]
