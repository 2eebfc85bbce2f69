"""How long a source sentence is, in words, and which length slice it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, Han. Each character counts as a word, as in
# sacreBLEU's `zh` tokenizer.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def count_words(text: str) -> int:
    """Words between spaces; a character of a script written without spaces is a word."""
    return len(_UNSPACED.sub(r" \g<0> ", text).split())


def length_slice(words: int, upper_bounds: Sequence[int]) -> str:
    """The slice's name: `≤ 10`, `11–20`, … `> 40` for upper bounds 10, 20, 40."""
    return next(
        (name for name, bound in zip(slice_names(upper_bounds), sorted(upper_bounds)) if words <= bound),
        slice_names(upper_bounds)[-1],
    )


def slice_names(upper_bounds: Sequence[int]) -> list[str]:
    """All slices' names, from short to long; with no bounds there is one, `all`."""
    bounds = sorted(set(upper_bounds))
    if not bounds:
        return ["all"]
    middle = [f"{low + 1}–{high}" for low, high in zip(bounds, bounds[1:])]
    return [f"≤ {bounds[0]}", *middle, f"> {bounds[-1]}"]
