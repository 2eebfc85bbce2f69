"""The section `cleaning`: thresholds, also of scores that were added."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from contracts.sections import Section
from texts.cleaning.scores import SCORES


class CleaningConfig(Section):
    """Thresholds that accept a scored pair; None switches a rule off. Dev and test are never filtered, but
    every split is normalised, as requests are.
    """

    LATER = frozenset({"scores"})

    repair_unicode: bool = Field(
        True, description="text read in the wrong encoding put right with ftfy, in every split"
    )
    max_words: int | None = Field(150, ge=1)
    max_word_characters: int | None = Field(150, ge=1)
    max_length_ratio: float | None = Field(
        4.0, gt=1, description="longer / shorter side in characters, from 10 on; an ideograph counts as 3"
    )
    drop_identical: bool = True
    drop_duplicates: bool = True
    min_script_share: float | None = Field(
        0.5, ge=0, le=1, description="letters in the language's own scripts"
    )
    drop_other_language: bool = Field(
        True, description="reject a side of six words or more that is surely in another language"
    )
    max_other_language: float | None = Field(
        0.5,
        gt=0,
        le=1,
        description="the run stops where more than this share of a corpus's side is in another language or "
        "script than it should be; null never",
    )
    match_numbers: bool = Field(True, description="reject if each side has a number that the other has not")
    scores: dict[str, float | bool | None] = Field(
        {},
        description="thresholds of scores that were added, by name, which may stand as keys of this section; "
        "true: the score's own",
    )

    @model_validator(mode="before")
    @classmethod
    def _added_scores(cls, given: Any) -> Any:
        """Keys that are names of scores, as if they stood under `scores`."""
        if not isinstance(given, dict) or not isinstance(given.get("scores", {}), dict):
            return given
        others = {key: value for key, value in given.items() if key not in cls.model_fields}
        if not others:
            return given
        known = set(SCORES.names())
        added = {key: value for key, value in others.items() if _is_added(str(key), known)}
        if stray := next(filter(None, (SCORES.stray(str(key)) for key in others if key not in added)), None):
            raise ValueError(stray)
        under = given.get("scores", {})
        if twice := next((key for key in added if key in under), None):
            raise ValueError(f"`{twice}` is given twice, also under `scores`: keep one")
        rest = {key: value for key, value in given.items() if key not in added}
        return {**rest, "scores": {**under, **added}} if added else given

    @classmethod
    def more_keys(cls) -> tuple[str, ...]:
        """The scores that were added, as the other keys are spelt."""
        names = (name.replace("-", "_") for name in SCORES.names())
        return tuple(name for name in names if name not in cls.model_fields)

    @field_validator("scores", mode="before")
    @classmethod
    def _scores_have_thresholds(cls, scores: Any) -> Any:
        for name, threshold in scores.items() if isinstance(scores, dict) else ():
            if threshold is not None and not isinstance(threshold, int | float):
                raise ValueError(f"`{name}` should be a number, true or false, not {threshold!r}")
        return scores

    @field_validator("scores")
    @classmethod
    def _scores_are_there(cls, scores: dict[str, float | bool | None]) -> dict[str, float | bool | None]:
        spelt: dict[str, str] = {}
        for name in scores:
            SCORES.file(name.replace("_", "-"))
            before = spelt.setdefault(name.replace("_", "-"), name)
            if before != name:
                raise ValueError(f"`{before}` and `{name}` are one score: keep one")
            if name.replace("-", "_") in cls.model_fields:
                raise ValueError(
                    f"`{name}` is a key of its own: write `{name.replace('-', '_')}` in `cleaning`"
                )
        return scores


def _is_added(key: str, known: set[str]) -> bool:
    """Whether it names a score that is no key of the section itself, in whatever spelling."""
    return key.replace("_", "-") in known and key.replace("-", "_") not in CleaningConfig.model_fields
