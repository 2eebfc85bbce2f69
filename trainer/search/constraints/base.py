"""Rules about what may come next: a forbidden piece gets a log-probability of minus infinity.

The limit of a sentence stands above the rules: at its last place the end may always come, and nothing else.
So a forced prefix is cut there, and no minimum length is larger. Rules that leave no piece at all leave the
sentence without a hypothesis, as a prefix does that repeats an n-gram where none may be repeated, or has
pieces that the head does not give.

A file of this folder, or of a user's folder `constraints`, adds one. It has a class of its settings in YAML,
and a function `build`, which makes a `Constraint` of them and the target language's pieces:

    class NoDigitConfig(ConstraintConfig):
        name: Literal["no-digit"] = "no-digit"

    def build(config: NoDigitConfig, pieces: Pieces) -> Constraint:
        return NoDigit(...)

It imports TensorFlow in its functions, if at all: a configuration is read without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, SerializeAsAny

from contracts.kinds import Kind
from contracts.sections import Chosen

if TYPE_CHECKING:
    from trainer.search.interface import Constraint, Pieces

CONSTRAINTS = Kind("constraint", "trainer.search.constraints", holds=("build",))


class ConstraintConfig(Chosen):
    """A rule about what may come next."""

    kind: ClassVar[Kind] = CONSTRAINTS
    word: ClassVar[str] = "name"

    name: str = Field(description="a file of trainer/search/constraints, or of a folder of your own")

    def demanded(self, pieces: Pieces) -> Sequence[int]:
        """Pieces that it may leave no choice of: a head of some of the pieces has them too."""
        del pieces
        return ()


AnyConstraint = SerializeAsAny[ConstraintConfig]
"""The type of what a configuration's field holds several of."""


def build_constraints(configs: Iterable[ConstraintConfig], pieces: Pieces) -> list[Constraint]:
    """The rules that a configuration asks for, in its order."""
    return [_build(config, pieces) for config in configs]


def _build(config: ConstraintConfig, pieces: Pieces) -> Constraint:
    with CONSTRAINTS.running(config.name):
        constraint: Constraint = CONSTRAINTS.module(config.name).build(config, pieces)
    return constraint
