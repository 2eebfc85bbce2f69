"""Which language a text is in, where that can be told: Efficient Language Detector, whose model is in its
package.

It knows sixty languages and takes every text for one of them, so that little is believed: a text of some
length, of which the detector is sure, and which fits the language that it should be in far worse. On 58,155
pairs of Multi30k and Tatoeba (en-de, en-zh) no side was taken for another language; of sentences given out
for another of these languages 66 to 98 in 100 were found in a trial with another limit (0.5 for `_FITS`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import eldc

from texts.cleaning.measures.lengths import weight
from texts.languages import alike, scripts_of
from texts.tags import primary_subtag

TOLD_FROM_WEIGHT = 20
"""Below, most texts fit several languages."""
_FITS = 0.7
"""Of the best language's score: a text that comes so near in its own is left alone."""
_NOT_TOLD_APART = ({"hr", "sr", "bs", "sh", "cnr"}, {"ms", "id"})
_SCORES = 20


@cache
def other_language(language: str) -> Callable[[str], str | None]:
    """A function from text to the language (ISO 639) that it is surely in instead of this one; None where it
    is in this one, or cannot be told, as with a language that the detector does not know."""
    own = _own(language)
    eldc.init()
    detector = eldc.instance()
    detector.set_scores(_SCORES)

    def other(text: str) -> str | None:
        text = text.replace("\0", " ")  # the detector ends there
        # Most texts are in their own: asked first, and without all scores, which cost several times as much.
        if not own or detector.detect(text) in own or weight(text) < TOLD_FROM_WEIGHT:
            return None
        detection = detector.detect_details(text)
        if not detection.reliable or detection.language in own:
            return None
        fit = max(detection.scores.get(code, 0.0) for code in own)
        return None if fit > _FITS * detection.scores[detection.language] else str(detection.language)

    return other


def _own(language: str) -> set[str]:
    """The detector's codes of a language, with those that it cannot tell from it; a script that the detector
    does not know it in makes it unknown."""
    near = {primary_subtag(language).lower()}
    near.update(*(group for group in _NOT_TOLD_APART if group & near))
    scripts = scripts_of(language)
    return {
        code
        for code in eldc.LANGUAGES
        if scripts_of(code) == scripts and (code in near or alike(language, code))
    }
