"""Each rule at its threshold, and switched off."""

import pytest

from pipeline.config import CleaningConfig
from pipeline.steps.clean.foreign import Found
from pipeline.steps.clean.rules import Reason, active_rules, first_reason
from pipeline.steps.clean.scores import Scores

NOTHING = Found(None, None, None, None)
GOOD = Scores(10, 10, 50, 55, 12, 55, 1.1, False, 1.0, 1.0, False, NOTHING)
OFF = CleaningConfig(
    max_words=None,
    max_word_characters=None,
    max_length_ratio=None,
    drop_identical=False,
    min_script_share=None,
    match_numbers=False,
    drop_other_language=False,
)


def _reason(config: CleaningConfig, **changes: object) -> Reason | None:
    return first_reason(GOOD._replace(**changes), active_rules(config))


@pytest.mark.parametrize(
    ("at_threshold", "beyond", "reason"),
    [
        ({"source_words": 150}, {"source_words": 151}, Reason.WORDS),
        ({"target_words": 150}, {"target_words": 151}, Reason.WORDS),
        ({"longest_word": 150}, {"longest_word": 151}, Reason.WORD_CHARACTERS),
        ({"length_ratio": 4.0}, {"length_ratio": 4.01}, Reason.LENGTH_RATIO),
        (
            {"length_ratio": 9.0, "longer_weight": 9},
            {"length_ratio": 9.0, "longer_weight": 10},
            Reason.LENGTH_RATIO,
        ),
        ({"identical": False}, {"identical": True}, Reason.IDENTICAL),
        ({"source_script_share": 0.5}, {"source_script_share": 0.49}, Reason.SOURCE_SCRIPT),
        ({"target_script_share": 0.5}, {"target_script_share": 0.49}, Reason.TARGET_SCRIPT),
        ({"numbers_differ": False}, {"numbers_differ": True}, Reason.NUMBERS),
        (
            {"foreign": NOTHING._replace(source_language="fr"), "source_words": 5},
            {"foreign": NOTHING._replace(source_language="fr"), "source_words": 6},
            Reason.SOURCE_LANGUAGE,
        ),
        (
            {"foreign": NOTHING},
            {"foreign": NOTHING._replace(target_language="fr")},
            Reason.TARGET_LANGUAGE,
        ),
    ],
)
def test_threshold(at_threshold: dict[str, object], beyond: dict[str, object], reason: Reason) -> None:
    assert _reason(CleaningConfig(), **at_threshold) is None
    assert _reason(CleaningConfig(), **beyond) is reason
    assert _reason(OFF, **beyond) is None


def test_blank_is_always_rejected() -> None:
    assert _reason(OFF, source_words=0) is Reason.EMPTY
    assert _reason(OFF, target_words=0) is Reason.EMPTY
