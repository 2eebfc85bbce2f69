"""What an architecture is: a module of this folder, or of a user's, found by the name that YAML gives it.

It holds a configuration class and `build`, as `Architecture` says. What `build` returns is a `Translator`,
and nothing else of the trainer asks more of one: training, search, export and storing work with any.

Notation: `B` batch, `S` source length, `T` target length, `N` hypotheses (`B`, or `B` x beams), `D` width of
the states, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from pydantic import Field, SerializeAsAny, model_validator

from contracts.kinds import Kind
from contracts.sections import Chosen

if TYPE_CHECKING:
    import numpy as np
    from ctranslate2.specs import ModelSpec

    from trainer.search.interface import Model

ARCHITECTURES = Kind("architecture", "trainer.models", besides=("build", "facts", "parts"), holds=("build",))


class Tensor(Protocol):
    """A tensor of Keras's backend; its extents stand in the docstring of what takes or gives it."""

    @property
    def shape(self) -> Any:
        """The extents, None where they are known only when the graph runs."""

    @property
    def dtype(self) -> Any:
        """The type of its elements."""

    def __getitem__(self, places: Any) -> Tensor:
        """A part of it."""

    def __add__(self, other: Any) -> Tensor:
        """Element by element."""

    def __sub__(self, other: Any) -> Tensor:
        """Element by element."""

    def __rsub__(self, other: Any) -> Tensor:
        """Element by element."""

    def __mul__(self, other: Any) -> Tensor:
        """Element by element."""

    def __truediv__(self, other: Any) -> Tensor:
        """Element by element."""

    def __gt__(self, other: Any) -> Tensor:
        """Element by element."""


Presets = Mapping[str, Mapping[str, Any]]
"""Keys and values by the name that stands for them."""
Memory = Any
"""What an encoder leaves for its decoder: any nest of tensors, B rows each."""
State = Any
"""What a decoder remembers between steps: any nest of tensors, N rows each. An extent that grows from step to
step, other than that of the source, is 0 before the first one; all others stay."""


class Stepped(NamedTuple):
    """What one step came to."""

    states: Tensor
    """[N, D]: of the pieces that were read; `Translator.logits` makes the next ones' of them."""
    attention: Tensor
    """[N, S] float32: what explains them, where in the source each hypothesis looked. Rows sum to 1; without
    attention, everywhere alike.
    """
    state: State
    heads: tuple[Tensor, ...] = ()
    """Of a `Headed` translator, as it has it: of each layer that looks at the source what its heads looked
    at, [N, H, S] float32.
    """


class Preset(NamedTuple):
    """A word, written as `preset`, for keys that are often given together."""

    keys: Mapping[str, Any]
    """With what it fills them, where they are not given beside it."""
    costs: str
    """For people who choose, as `ArchitectureConfig.costs`."""
    suits: str


def presets_in_words(sizes: Presets, variants: Presets) -> str:
    """For the description of a key `preset`."""
    said = "; ".join(f"{name}: {keys_in_words(keys)}" for name, keys in sizes.items())
    others = "; ".join(f"{name}: {keys_in_words(keys)}" for name, keys in variants.items())
    text = f"the defaults below are those of `small` ({said})"
    return f"{text}; of its sizes, others in kind ({others})" if others else text


def keys_in_words(keys: Mapping[str, Any]) -> str:
    """As `width 128, residual true`."""
    return ", ".join(
        f"{key} {str(value).lower() if isinstance(value, bool) else value}" for key, value in keys.items()
    )


class ArchitectureConfig(Chosen):
    """An architecture and its sizes."""

    kind: ClassVar[Kind] = ARCHITECTURES
    word: ClassVar[str] = "architecture"
    default: ClassVar[str] = "transformer"
    costs: ClassVar[str] = ""
    """For people who choose (`dragoman architectures`): what takes its time or memory."""
    suits: ClassVar[str] = ""
    """And where it is good."""
    weightless: ClassVar[frozenset[str]] = frozenset()
    """Keys on which no name and no shape of a weight depends, as dropout and a preset, which is what it fills
    in.
    """
    extents: ClassVar[frozenset[str]] = frozenset()
    """Keys in which two may differ, and weights of the same name and shape do the same work still."""
    planned: ClassVar[tuple[str, ...]] = ()
    """What a plan names; nothing: all that weights depend on."""
    presets: ClassVar[Mapping[str, Preset]] = {}
    """By name; of those that have a key `preset`."""

    architecture: str = Field(
        description="a file or folder of trainer/models, or a file in a folder of your own"
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        preset = values.get("preset", "small")
        known = cls.presets.get(preset) if isinstance(preset, str) else None
        return {**known.keys, **values} if known else values

    @property
    def attends(self) -> bool:
        """Whether what explains a step is an attention that is learned, and so can be guided, and from which
        target pieces can be aligned.
        """
        return True

    def shape(self) -> dict[str, Any]:
        """The keys on which names and shapes of the weights depend."""
        values = {"architecture": self.architecture, **self.model_dump()}
        return {key: value for key, value in values.items() if key not in self.weightless}

    def common(self) -> dict[str, Any]:
        """The keys of `shape` in which two have to be alike, that weights of the same name and shape do the
        same work in both.
        """
        return {key: value for key, value in self.shape().items() if key not in self.extents}

    def sizes(self) -> dict[str, Any]:
        """What a plan names."""
        return {key: getattr(self, key) for key in self.planned} or self.shape()

    def __str__(self) -> str:
        """For people: `gru (width 64, layers 2)`."""
        sizes = ", ".join(f"{key} {value}" for key, value in self.sizes().items() if key != self.word)
        return f"{self.architecture} ({sizes})" if sizes else self.architecture


AnyArchitecture = SerializeAsAny[ArchitectureConfig]
"""The type of a configuration's field."""


class Translator(Protocol):
    """A network from source to target pieces, all of whose weights are there: as a `keras.Model` has them."""

    @property
    def config(self) -> ArchitectureConfig:
        """What it was built from."""

    @property
    def variables(self) -> Sequence[Any]:
        """Weights, and what else a training that goes on needs, as seeds of the dropout."""

    @property
    def trainable_variables(self) -> Sequence[Any]:
        """Weights, in an order that stays."""

    def encode(self, source: Tensor, training: bool = False) -> Memory:
        """Source ids [B, S] int32, `EOS` at each end, padded with `PAD` → memory."""

    def decode(self, target: Tensor, memory: Memory, training: bool = False) -> Tensor:
        """Teacher forcing: target ids [B, T] int32, which begin with `BOS` → states [B, T, D], each
        of which depends on no later piece.
        """

    def logits(self, states: Tensor) -> Tensor:
        """States [..., D] → float32 logits [..., V] of the pieces that come next."""

    def start(self, memory: Memory) -> State:
        """The state before the first step, of one hypothesis a row."""

    def step(self, tokens: Tensor, state: State, position: Any) -> Stepped:
        """The last pieces [N] int32, which stand at `position` (0: `BOS`) → the states that `decode` gives
        for them.
        """


@runtime_checkable
class Explaining(Translator, Protocol):
    """A translator that can be taught where to look, which is optional."""

    def decode_explained(
        self, target: Tensor, memory: Memory, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """As `decode`; with the states the attention [B, T, S] float32 that `step` would give for each."""


@runtime_checkable
class Headed(Explaining, Protocol):
    """One whose layers and heads can be looked at apart, which is optional."""

    def decode_heads(
        self, target: Tensor, memory: Memory, training: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """As `decode`; with the states, of each layer that looks at the source what its heads looked at,
        [B, H, T, S] float32: the tensors that the states are made of.
        """


class Hold(Protocol):
    """How an exported graph has a weight: a constant in it, or a variable beside it."""

    def __call__(self, weight: np.ndarray) -> Any:
        """What `tf.convert_to_tensor` takes, in every graph that uses the weight."""


class Architecture(Protocol):
    """The module of an architecture, beside its one class derived from `ArchitectureConfig`."""

    def build(
        self, config: Any, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> Translator:
        """One with fresh weights, all of them made; `shared`: both languages have the same pieces."""


class FastArchitecture(Architecture, Protocol):
    """One that knows a faster way to decode than its steps, or another engine's form: each is optional."""

    def fast_body(self, translator: Any, longest: int, hold: Hold) -> Model | None:
        """For the export, equal to `trainer.decoder.KerasBody`; for at most `longest` pieces on each side.
        None: not of this translator, whose own steps are exported then.
        """

    def ctranslate2_spec(self, translator: Any) -> ModelSpec:
        """The translator for CTranslate2, without its vocabularies."""


def optional(config: ArchitectureConfig, name: str) -> Callable[..., Any] | None:
    """A function of `FastArchitecture`, where the architecture has it."""
    function: Callable[..., Any] | None = getattr(ARCHITECTURES.module(config.architecture), name, None)
    return function
