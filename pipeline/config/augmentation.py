"""The section `augmentation`: what training pairs come to beside themselves."""

from __future__ import annotations

from pydantic import Field, field_validator

from contracts.sections import Section
from texts.disturbances.base import AnyDisturbance


class AugmentationConfig(Section):
    """Training pairs that come a second time, as users type them. The pairs themselves stay, dev and test
    too.
    """

    seed: int = Field(1, ge=0, lt=2**32, description="which pairs, and what of them")
    disturbances: tuple[AnyDisturbance, ...] = Field(
        (), description="what is done to them: names, or `name` with `rate` and the keys of their own"
    )

    @field_validator("disturbances")
    @classmethod
    def _each_once(cls, given: tuple[AnyDisturbance, ...]) -> tuple[AnyDisturbance, ...]:
        names = [disturbance.name for disturbance in given]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice} is there twice: keep one")
        return given

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        return {} if self.disturbances else {"seed": "seed is of disturbances, and there are none: name some"}

    @property
    def protects(self) -> bool:
        """Whether a model learns from it to carry protected pieces."""
        return any(disturbance.protects for disturbance in self.disturbances)

    @property
    def gives_context(self) -> bool:
        """Whether a model learns from it to read a sentence with the one before it."""
        return any(disturbance.contextual for disturbance in self.disturbances)
