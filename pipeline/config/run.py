"""One YAML file describes a run: typed, frozen, unknown keys refused with the nearest known one named."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from contracts.directions import Direction
from contracts.sections import Section
from contracts.signatures import ALIGN, CONSTRAINED
from contracts.slices import slice_names
from pipeline.config.augmentation import AugmentationConfig
from pipeline.config.cleaning import CleaningConfig
from pipeline.config.directions import DirectionsConfig, resolve, tokenizer_for
from pipeline.config.engine import BeamConfig
from pipeline.config.schedule import (
    LeaseConfig,
    MetadataConfig,
    NotifyConfig,
    RetentionConfig,
    SpanConfig,
)
from pipeline.config.tokenizers import BleuTokenizer
from texts.disturbances.base import DisturbanceConfig
from texts.formats.base import AnyCorpus
from texts.languages import alike, check_language, tokenizer_of
from trainer.config import ExportConfig, SearchConfig, TrainingConfig, VocabularyConfig
from trainer.models.base import AnyArchitecture, ArchitectureConfig
from trainer.segmenters import knows

Language = Annotated[str, AfterValidator(check_language)]


class Languages(Section):
    """BCP 47 codes, as `en`, `de`, `zh`."""

    source: Language
    target: Language
    allow_same: bool = Field(False, description="no translation, as en to en: a rewriting of texts")

    @model_validator(mode="after")
    def _of_two_languages(self) -> Languages:
        if not self.allow_same and alike(self.source, self.target):
            raise ValueError(
                f"source {self.source} and target {self.target} are one language: correct the one that is "
                "wrong, or set languages.allow_same (--allow-same-language) where texts are rewritten"
            )
        return self


class IngestConfig(Section):
    """Limits of ingestion; what passes them is rejected with its reason counted."""

    max_line_bytes: int = Field(20_000, ge=10, description="per side")
    max_unreadable: float = Field(
        0.5, ge=0, le=1, description="share of a file's rows that may be unreadable; more stops the run"
    )


class ValidationConfig(Section):
    """What the ingested examples must look like; an anomaly in any split stops the run."""

    schema_file: Path | None = Field(
        None, description="a curated schema.pbtxt; if not given, what `train` looks like"
    )


class PartGate(Section):
    """What a part of the test split has to reach, in BLEU; None asks nothing of it."""

    bleu_floor: float | None = Field(None, ge=0, le=100)
    max_drop: float | None = Field(None, ge=0, description="below the version that serves now, at most")


class DisturbedGate(Section):
    """What may be lost where sentences are as users type them."""

    max_drop: float | None = Field(
        None, ge=0, description="BLEU below the same sentences as they are, at most; null: only measured"
    )


class EvaluationConfig(Section):
    """The gate."""

    ALWAYS_SAID: ClassVar[frozenset[str]] = frozenset({"tokenize"})
    """It depends on the language where nothing is said."""
    LATER = frozenset({"directions", "disturbed"})

    tokenize: BleuTokenizer = Field(
        "13a",
        description="sacreBLEU's; ja-mecab and ko-mecab need the extras ja and ko, flores101, flores200 and "
        "spm a file on this machine; if not given, `zh` for Chinese, `char` for ja, th, lo, km and my",
    )
    bleu_floor: float = Field(20.0, ge=0, le=100, description="BLEU, from 0 to 100")
    max_drop: float = Field(
        0.5,
        ge=0,
        description="BLEU below the version that serves now, at most; a part without its own that falls "
        "further, and not by chance, is warned of",
    )
    directions: dict[str, PartGate] = Field(
        {},
        description="by direction, of several, as `de-en: {bleu_floor: 30}`; what is not said of a "
        "trained one is as above",
    )
    corpora: dict[str, PartGate] = Field({}, description="by corpus, as `general: {max_drop: 1}`")
    lengths: dict[str, PartGate] = Field({}, description="by length slice, as `'> 40': {bleu_floor: 10}`")
    disturbed: dict[str, DisturbedGate] = Field(
        {},
        description="by disturbance, what dev sentences are measured under: `upper-case: {max_drop: 3}`, or "
        "`typos: {}`, which asks nothing",
    )
    length_slices: tuple[int, ...] = Field((10, 20, 40), description="upper bounds, in source words")
    bootstrap_samples: int = Field(1000, ge=100)
    batch_sentences: int = Field(64, ge=1, description="test sentences translated at once")

    @field_validator("disturbed")
    @classmethod
    def _disturbed_by_what_there_is(cls, given: dict[str, DisturbedGate]) -> dict[str, DisturbedGate]:
        for name in given:
            if DisturbanceConfig.of({"name": name}).aligns:
                raise ValueError(
                    f"under {name} nothing can be measured, since it goes by an aligner: leave it out (of "
                    "placeholders the model card says how many come back)"
                )
        return given

    @model_validator(mode="after")
    def _gated_lengths_are_slices(self) -> EvaluationConfig:
        known = slice_names(self.length_slices)
        for name in self.lengths:
            if name not in known:
                raise ValueError(f"lengths names {name}, and length_slices makes {', '.join(known)}")
        return self


class ServingCheckConfig(Section):
    """The candidate is loaded by a model server in another process before it is pushed."""

    backend: Literal["auto", "embedded", "binary", "docker"] = "auto"
    canary_sentences: tuple[str, ...] = Field((), description="beside the sentences drawn from the dev split")
    sentences: int = Field(8, ge=1)


Name = Annotated[str, Field(pattern=r"^([0-9]*[A-Za-z]|[0-9]+[._-])[A-Za-z0-9._-]*$")]
"""Of a run or a model; a folder of digits alone would be a version."""


class PushConfig(Section):
    """Where versions go: MODEL_ROOT/NAME/VERSION."""

    model_root: Path = Path("models")
    model_name: Name | None = Field(None, description="the run's name, if not given")
    allow_other_languages: bool = Field(
        False, description="also where the version that serves under this name translates other languages"
    )


ELSEWHERE = frozenset({"notify", "metadata"})
"""Sections that no component reads: who is told of a run, and where ML Metadata is kept."""


class RunConfig(Section):
    """A run."""

    LATER = frozenset({"recipe", "steps", "directions", "augmentation", "export"})

    name: Name
    languages: Languages
    directions: DirectionsConfig | None = Field(
        None, description="several, in one model; not given: the one of `languages`"
    )
    corpora: tuple[AnyCorpus, ...] = Field(min_length=1)
    recipe: str = Field("translator", description="the list of steps of the run, by its name")
    steps: dict[str, dict[str, Any]] = Field(
        {},
        description="by the name of a step in the recipe: whole sections that are other for it, as "
        "`teacher: {model: {preset: base}}`, or the settings of a step that was added",
    )
    workspace: Path = Field(Path("runs"), description="artifacts and metadata go to WORKSPACE/NAME")
    beam: BeamConfig = BeamConfig()
    ingest: IngestConfig = IngestConfig()
    validation: ValidationConfig = ValidationConfig()
    cleaning: CleaningConfig = CleaningConfig()
    vocabulary: VocabularyConfig = VocabularyConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    model: AnyArchitecture = Field(default_factory=lambda: ArchitectureConfig.model_validate({}))
    training: TrainingConfig = TrainingConfig()
    search: SearchConfig = SearchConfig()
    export: ExportConfig = ExportConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    serving_check: ServingCheckConfig = ServingCheckConfig()
    push: PushConfig = PushConfig()
    init_from: Path | None = Field(
        None,
        description="training starts from the weights and the vocabulary of a version's folder, of a "
        "workspace (its newest training, one without a name first), or of a stored translator",
    )
    spans: SpanConfig | None = Field(None, description="incremental runs; not given: all files, newest span")
    lease: LeaseConfig = LeaseConfig()
    metadata: MetadataConfig = MetadataConfig()
    retention: RetentionConfig = RetentionConfig()
    notify: NotifyConfig | None = None
    extensions: tuple[Path, ...] = Field(
        (),
        description="folders with things of your own, as FOLDER/formats/NAME.py for `format: NAME`, "
        "FOLDER/recipes/NAME.py for `recipe: NAME`",
    )

    @property
    def pushed_name(self) -> str:
        """The name of the model whose versions are pushed."""
        return self.push.model_name or self.name

    @property
    def several_directions(self) -> tuple[Direction, ...]:
        """All of them, the default first; none where there is only that of `languages`."""
        if self.directions is None:
            return ()
        pair = self.languages.source, self.languages.target
        return resolve(self.directions, pair, self.corpora, allow_same=self.languages.allow_same)

    @model_validator(mode="before")
    @classmethod
    def _tokenize_fits_target(cls, given: Any) -> Any:
        """See `tokenizer_of`."""
        match given:
            case {"languages": {"target": str(target)}}:
                section = given.get("evaluation", {})
                if isinstance(section, dict):
                    return {**given, "evaluation": {"tokenize": tokenizer_for(given, target), **section}}
        return given

    @model_validator(mode="after")
    def _beams_fit_vocabulary(self) -> RunConfig:
        size = self.vocabulary.side("target").most_pieces
        beams = {"search.beams": self.search.beams}
        if CONSTRAINED.name in self.export.signatures:
            beams["export.constrained_beams"] = self.export.constrained_beams
        for key, many in beams.items():
            if many >= size:
                raise ValueError(
                    f"{key} {many} must be below the {size} pieces of the target vocabulary: "
                    f"a beam cannot hold more pieces than there are, so lower {key}"
                )
        return self

    @model_validator(mode="after")
    def _constrained_among_all_pieces(self) -> RunConfig:
        if CONSTRAINED.name in self.export.signatures and self.search.head.lexicon_pairs():
            raise ValueError(
                f"search.head {self.search.head.name} lists the pieces that a source makes likely, and of "
                "export.signatures constrained may be asked for any: leave it out, or choose another head"
            )
        return self

    @model_validator(mode="after")
    def _aligned_by_attention(self) -> RunConfig:
        if ALIGN.name in self.export.signatures and not self.model.attends:
            raise ValueError(
                "export.signatures has align, which goes by the model's attention, and model.attention is "
                "none: leave align out, or choose an attention"
            )
        return self

    @model_validator(mode="after")
    def _pieces_are_learned(self) -> RunConfig:
        if self.vocabulary.protected and not self.augmentation.protects:
            raise ValueError(
                f"vocabulary.protected has {self.vocabulary.protected} pieces for placeholders, which no "
                "training pair has: name placeholders in augmentation.disturbances, or leave protected out"
            )
        if self.augmentation.protects and not self.vocabulary.protected:
            raise ValueError(
                "augmentation.disturbances has placeholders, for which there are no pieces: give "
                "vocabulary.protected, as 8"
            )
        if self.vocabulary.context != self.augmentation.gives_context:
            raise ValueError(
                "vocabulary.context is the piece of the disturbance context in augmentation.disturbances: "
                "give both, or neither"
            )
        return self

    @model_validator(mode="after")
    def _guided_attention_is_there(self) -> RunConfig:
        if self.training.objective.guides_attention and not self.model.attends:
            raise ValueError(
                f"training.objective {self.training.objective.name} guides an attention, and the model has "
                f"none ({self.model}): give it one, or choose the objective translation"
            )
        return self

    @model_validator(mode="after")
    def _coverage_is_of_attention(self) -> RunConfig:
        if self.search.coverage_penalty and not self.model.attends:
            raise ValueError(
                f"search.coverage_penalty goes by where the model looked, and it has no attention "
                f"({self.model}): leave it out, or give it one"
            )
        return self

    @model_validator(mode="after")
    def _words_are_between_spaces(self) -> RunConfig:
        for side, languages in self._languages_of_sides().items():
            chosen = self.vocabulary.side(side)
            if chosen.algorithm != "word" or chosen.segmenter != "spaces":
                continue
            if unspaced := [language for language in languages if tokenizer_of(language) != "13a"]:
                raise ValueError(
                    f"vocabulary.algorithm word finds words by spaces, and {unspaced[0]} has none: give "
                    "segmenter (jieba for Chinese, mecab for Japanese), or choose unigram, bpe or char"
                )
        return self

    @model_validator(mode="after")
    def _segmenters_know_the_language(self) -> RunConfig:
        sides = self._languages_of_sides()
        for side, own in sides.items():
            segmenter = self.vocabulary.side(side).segmenter
            languages = tuple(chain(*sides.values())) if self.vocabulary.shared else own
            if segmenter != "spaces" and not any(knows(segmenter, language) for language in languages):
                raise ValueError(
                    f"vocabulary.segmenter {segmenter} finds words of a language that the {side} side does "
                    f"not have ({', '.join(dict.fromkeys(languages))}): jieba is for Chinese, mecab for "
                    "Japanese, spaces for what is written with them"
                )
        return self

    def _languages_of_sides(self) -> dict[str, tuple[str, ...]]:
        """Of the source and of the target, in all directions."""
        pairs = [
            (direction.source_language, direction.target_language) for direction in self.several_directions
        ]
        sides = zip(*(pairs or [(self.languages.source, self.languages.target)]), strict=True)
        return dict(zip(("source", "target"), sides, strict=True))

    @model_validator(mode="after")
    def _schedule_fits_the_model(self) -> RunConfig:
        width = getattr(self.model, "width", None)
        if width is not None and (misfit := self.training.schedule.misfit(width)):
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    def _gated_corpora_are_tested(self) -> RunConfig:
        tested = [name for corpus in self.corpora for name in corpus.tested_as]
        for name in self.evaluation.corpora:
            if name not in tested:
                raise ValueError(
                    f"evaluation.corpora names {name}, of which nothing is in the test split: "
                    f"it has {', '.join(tested) or 'no corpus'}"
                )
        return self

    @model_validator(mode="after")
    def _directions_fit(self) -> RunConfig:
        trained = [direction.name for direction in self.several_directions if not direction.zero_shot]
        for name in self.evaluation.directions:
            if name not in trained:
                raise ValueError(
                    f"evaluation.directions names {name}, which is no trained direction: "
                    f"{', '.join(trained) or 'the run has only that of `languages`'}"
                )
        for corpus in self.corpora:
            if corpus.languages and self.directions is None:
                raise ValueError(
                    f"corpus `{corpus.name}` has languages of its own, and the run has one direction: leave "
                    "them out, or name the `directions`"
                )
        return self

    @model_validator(mode="after")
    def _one_start(self) -> RunConfig:
        if self.init_from and self.spans and self.spans.weights == "served":
            raise ValueError("give init_from or spans.weights: served, not both: a training has one start")
        if self.init_from and self.training.strategy == "multi_worker":
            raise ValueError(
                "several machines cannot start from init_from: leave it out, or set training.strategy to auto"
            )
        return self

    @model_validator(mode="after")
    def _several_machines_start_anew(self) -> RunConfig:
        if self.spans and self.spans.weights == "served" and self.training.strategy == "multi_worker":
            raise ValueError(
                "several machines cannot go on from the served version's weights: set spans.weights to anew, "
                "or training.strategy to auto"
            )
        return self

    def shown(self) -> dict[str, Any]:
        """Plain values for those who may read what a run has made: the model card, the report. Where messages
        go to and the way to the database concern nobody else, and a webhook's address is often a secret.
        """
        return self.model_dump(mode="json", exclude=set(ELSEWHERE))
