"""What the Trainer does: a `run_fn` that can be killed at any moment.

TFX gives every execution an empty output folder, so an interrupted training could not find its checkpoints
there. It works in CHECKPOINTS/KEY instead (`training_folder`), the key being that of the examples, the
vocabulary, what is set and `TRAINING_REVISION`: the next run goes on where it was, and what was trained
to the end is not trained again, even where only the search changes. The checkpoints stay there and out of the
artifact, which is kept for ever: `translator` has the weights that a warm start needs. When a training has
been exported, the folders of all others but the one used last are removed: a trial with other settings must
not cost the training before it, which a raised limit takes further.

TFX loads this module anew for every execution, so no class of the component may be here: its old and new
versions would not know each other, in a process that makes several runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from absl import logging
from tfx.components.trainer.fn_args_utils import FnArgs

from contracts.attention import AttentionStudy
from contracts.card import EXTRA, TRANSLATOR
from contracts.disk import remove, remove_leftovers
from contracts.errors import DataError
from contracts.signatures import ALIGN
from pipeline.examples.shards import Pair, read_batches, shards
from pipeline.examples.text import as_text
from pipeline.steps.baseline.fitting import check_shape
from pipeline.steps.evaluate.scoring import sentence_chrf
from pipeline.steps.train.machines import train_as_chief
from pipeline.steps.train.phases import Phases
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.train.training_folder import training_folder
from pipeline.workspace.progress import Noting
from pipeline.workspace.trees import link_tree
from trainer.aligner import learn_from_texts
from trainer.attention.study import SENTENCES, study
from trainer.calibration import calibrate
from trainer.data import as_pairs, draw, read_examples
from trainer.directions import count_directions, sampling_weights
from trainer.export import TranslatedSentence, check_export, export_translator, translate
from trainer.lexicon import Lexicon, learn_lexicon
from trainer.models.base import ArchitectureConfig, Translator
from trainer.protection import measure_protection
from trainer.store import load_translator, load_weights, save_translator
from trainer.training.checkpoint import CHECKPOINTS
from trainer.training.task import TrainingTask
from trainer.training.train import train
from trainer.vocabulary import Vocabulary

SPLITS = ("train", "dev")
TRAINING = "training"
TRAINING_REVISION = 1
"""Raise it when the same data and settings would come to other weights that are worth a new training."""
_CHECKED_SENTENCES = 8
"""More where there are more directions."""
_CALIBRATED_SENTENCES = 1000
"""By which the chance of a good one is learned."""
_PROTECTED_SENTENCES = 200
"""Asked with protected pieces in them."""
_ALIGNED_PAIRS = 5000
"""From which an aligner is learned, to choose what links are read from: a few seconds."""
_READ_PAIRS = 50_000
"""Among which they are drawn, the first of the training pairs."""
_READ_SENTENCES = 1_000_000
"""Among which they are looked for."""


def run_fn(arguments: FnArgs) -> None:
    """Train or go on training, export, and check the export; called by TFX's executor.

    Raises:
        TrainerError: see trainer/errors.py.
    """
    settings = TrainerSettings.model_validate_json(arguments.custom_config["settings"])
    vocabulary_folder = Path(arguments.custom_config["vocabulary"])
    files = {split: _files(patterns) for split, patterns in zip(SPLITS, _patterns(arguments), strict=True)}
    vocabulary = Vocabulary.load(vocabulary_folder).renewed()  # Of a served version, it may be an old one.
    base = arguments.custom_config.get("base_model")
    named = [Path(folder) for folder in arguments.custom_config.get("init_from", ())[:1]]
    started_from = [*([Path(base) / EXTRA / TRANSLATOR] if base else []), *named]
    splits = [Path(pattern).parent for patterns in _patterns(arguments) for pattern in patterns]
    inputs = [vocabulary_folder, *started_from, *splits]
    work = training_folder(Path(arguments.custom_config["checkpoints"]), settings, inputs, TRAINING_REVISION)
    sampling = _sampling(settings, files[SPLITS[0]])
    phases, run = Phases(), Path(arguments.model_run_dir)
    with phases.timed("fit"), contextlib.redirect_stderr(Noting(sys.stderr)):
        if settings.training.strategy == "multi_worker":
            task = TrainingTask(
                model=settings.model,
                training=settings.training,
                vocabulary=vocabulary_folder,
                train_files=tuple(files["train"]),
                dev_files=tuple(files["dev"]),
                folder=work,
                tokenize=settings.tokenize,
                weights=settings.weights,
                directions=sampling,
            )
            train_as_chief(task, work.parent, run / TRANSLATOR)
        else:
            translator, _ = train(
                settings.model,
                settings.training,
                vocabulary,
                read_examples(files["train"], settings.weights, sampling),
                read_examples(files["dev"], directions=None if sampling is None else {}),
                work,
                bleu_tokenize=settings.tokenize,
                initial_weights=(
                    initial_weights(settings.model, *started_from, whole=not named) if started_from else None
                ),
            )
            save_translator(translator, vocabulary, run / TRANSLATOR)
    # Used last, which `prune` goes by: a finished training that is only exported again writes nothing there.
    os.utime(work)
    link_tree(work, run / TRAINING, leave_out=CHECKPOINTS)
    exported = Path(arguments.serving_model_dir)
    studied = _export(run / TRANSLATOR, settings, files, exported, phases)
    if studied is not None:
        studied.save(run)
    # In the version itself, where it is found for as long as the version can be served.
    link_tree(run / TRANSLATOR, exported / EXTRA / TRANSLATOR)
    phases.save(run)
    prune(work)


def initial_weights(model: ArchitectureConfig, stored: Path, *, whole: bool) -> dict[str, np.ndarray]:
    """Of a stored translator, by name.

    Raises:
        ConfigurationError: as `check_shape`.
        TrainerError: the weights cannot be read.
    """
    check_shape(model, stored, whole=whole)
    return load_weights(stored)


def _sampling(settings: TrainerSettings, files: list[Path]) -> dict[str, float] | None:
    """How often each pair of a direction comes in an epoch; None where there is one direction.

    Raises:
        DataError: nothing is left to learn a direction from.
    """
    if not settings.directions:
        return None
    counts = count_directions(files, settings.weights)
    for direction in settings.directions:
        if not direction.zero_shot and direction.name not in counts:
            raise DataError(
                f"no training pair of direction {direction.name}: give a corpus of its languages a `train` "
                "split, look at the cleaning report, or name it under directions.zero_shot"
            )
    return sampling_weights(counts, settings.temperature)


def _dev_pairs(files: list[Path], settings: TrainerSettings, count: int) -> Iterator[Pair]:
    """So many, from the beginning; of several directions as many of each, wherever they lie."""
    pairs = (pair for file in files for batch in read_batches(str(file)) for pair in batch.pairs())
    trained = max(sum(not direction.zero_shot for direction in settings.directions), 1)
    fair = -(-count // trained)
    taken: Counter[str] = Counter()
    for pair in islice(pairs, _READ_SENTENCES):
        if taken[pair.direction] < fair:
            taken[pair.direction] += 1
            yield pair
            if taken.total() == fair * trained:
                return


def _export(
    stored: Path, settings: TrainerSettings, files: Mapping[str, list[Path]], folder: Path, phases: Phases
) -> AttentionStudy | None:
    """Export what was stored (float32, whatever the precision of the training was), and check the export.

    Returns:
        What its attention does, where it has one.
    """
    progress, search = Noting(sys.stderr), settings.search
    print("exporting", file=progress)
    with phases.timed("export"):
        translator, vocabulary = load_translator(stored)
        studied = _study(translator, vocabulary, settings, files)
        aligning = None if studied is None else studied.aligning
        lexicon = _lexicon(vocabulary, settings, files["train"])
        if lexicon is not None:
            lexicon.save(stored)
        export_translator(translator, vocabulary, search, folder, settings.export, aligning, lexicon)
        if aligning is not None:
            aligning.save(folder / EXTRA)

    def answers(sources: Sequence[str], pairs: Sequence[Pair]) -> list[TranslatedSentence]:
        languages = [pair.target_language.decode() for pair in pairs] if vocabulary.targets else None
        return translate(translator, vocabulary, sources, search, languages, lexicon)

    print(
        "loading the export as a server does, to compare its answers with the trainer's search", file=progress
    )
    with phases.timed("check"):
        asked = list(_dev_pairs(files["dev"], settings, _CHECKED_SENTENCES))
        probes = ["", *(as_text(pair.source) for pair in asked)]
        languages = ["", *(pair.target_language.decode() for pair in asked)] if vocabulary.targets else None
        check_export(
            folder,
            probes,
            lambda: [
                translation.text
                for translation in translate(translator, vocabulary, probes, search, languages, lexicon)
            ],
            languages,
        )
        _measure(answers, vocabulary.protected, settings, files["dev"], folder / EXTRA)
    return studied


def _lexicon(vocabulary: Vocabulary, settings: TrainerSettings, train: list[Path]) -> Lexicon | None:
    """Of the training pairs, where the head of search goes by one."""
    count = settings.search.head.lexicon_pairs()
    if not count:
        return None
    pairs = as_pairs(read_examples(train, directions={} if settings.directions else None))
    drawn = draw(pairs, count, settings.training.seed)
    return learn_lexicon(drawn, vocabulary, settings.training.max_length)


def _measure(
    answers: Callable[[Sequence[str], Sequence[Pair]], list[TranslatedSentence]],
    protected: int,
    settings: TrainerSettings,
    dev: list[Path],
    folder: Path,
) -> None:
    """Write what dev sentences tell of the answers to sources and their pairs, as far as it is asked for:
    whether protected pieces, of which there are so many, are carried, and how likely a sentence is good.
    """
    if protected:
        pairs = list(_dev_pairs(dev, settings, _PROTECTED_SENTENCES))
        sources = [as_text(pair.source) for pair in pairs]
        measure_protection(
            lambda asked: [translation.text for translation in answers(asked, pairs)],
            sources,
            protected,
            settings.training.seed,
        ).save(folder)
    if settings.export.good_chrf is not None:
        pairs = list(_dev_pairs(dev, settings, _CALIBRATED_SENTENCES))
        translations = answers([as_text(pair.source) for pair in pairs], pairs)
        chrf = [
            sentence_chrf(translation.text, as_text(pair.target))
            for translation, pair in zip(translations, pairs, strict=True)
        ]
        calibrate([translation.score for translation in translations], chrf, settings.export.good_chrf).save(
            folder
        )


def _study(
    translator: Translator, vocabulary: Vocabulary, settings: TrainerSettings, files: Mapping[str, list[Path]]
) -> AttentionStudy | None:
    """What the attention does on dev sentences, and, where the model is asked for links, which head these are
    best read from; None of an architecture without attention.

    What is only shown must not end a run that has trained: what goes wrong, the log says, and links are read
    from what explains each step.
    """
    longest, seed = settings.training.max_length, settings.training.seed
    tagged: dict[str, float] | None = {} if settings.directions else None
    aligner, aligns = None, ALIGN.name in settings.export.signatures
    try:
        if aligns and translator.config.attends:
            known = as_pairs(read_examples(files["train"], directions=tagged), _READ_PAIRS)
            aligner = learn_from_texts(draw(known, _ALIGNED_PAIRS, seed), vocabulary, longest)
        shown = draw(as_pairs(read_examples(files["dev"], directions=tagged)), 2 * SENTENCES, seed)
        guided = aligns and settings.training.objective.guides_attention
        return study(translator, vocabulary, shown, longest, aligner=aligner, guided=guided)
    except Exception:
        logging.exception("the attention could not be looked at")
        return None


def prune(current: Path) -> None:
    """Remove the checkpoints of all trainings but the current one and the one used before it, and say so in
    the log.
    """
    remove_leftovers(current.parent)
    others = [folder for folder in current.parent.iterdir() if folder != current and folder.is_dir()]
    for folder in sorted(others, key=lambda other: other.stat().st_mtime)[:-1]:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        remove(folder)
        logging.info("pruned the checkpoints of another training: %s (%d bytes)", folder, size)


def _patterns(arguments: FnArgs) -> tuple[list[str], list[str]]:
    """The file patterns of both splits, `FOLDER/*`."""
    return list(arguments.train_files), list(arguments.eval_files)


def _files(patterns: list[str]) -> list[Path]:
    return [Path(shard) for pattern in patterns for shard in shards(os.path.dirname(pattern))]
