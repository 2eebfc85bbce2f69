"""Who a new version may succeed: under one name, one pair of languages.

Scores of two pairs of languages say nothing about each other, and whoever asks by the name expects the pair
that has been served so far.
"""

from __future__ import annotations

from contracts.card import ModelCard
from contracts.errors import ConfigurationError, RecordError
from pipeline.config import RunConfig
from serving.rollout import served_version
from serving.versions import versions
from texts.languages import alike


def refuse_other_languages(config: RunConfig) -> None:
    """Look at the card of the version that `stable` serves now; one without a readable card says nothing.

    Raises:
        ConfigurationError: it translates other languages than the run's.
        ServingError: models.config cannot be read.
    """
    root, name = config.push.model_root, config.pushed_name
    served = served_version(root, name)
    folder = versions(root / name).get(served) if served is not None else None
    if folder is None or config.push.allow_other_languages:
        return
    try:
        card = ModelCard.load(folder)
    except RecordError:
        return
    there, here = (card.source_language, card.target_language), config.languages
    if not (alike(there[0], here.source) and alike(there[1], here.target)):
        raise ConfigurationError(
            f"version {served} of {name}, which serves now, translates {there[0]} to {there[1]}, "
            f"and this run {here.source} to {here.target}: give its model a name of its own "
            "(push.model_name), correct `languages`, or, if it is the card that is wrong, set "
            "push.allow_other_languages (--allow-other-languages)"
        )
    _refuse_lost_directions(card, config, f"version {served} of {name}, which serves now,")


def _refuse_lost_directions(card: ModelCard, config: RunConfig, served: str) -> None:
    """A model of several directions takes an input that one of one direction refuses, and the other way
    round; and who asks for a language must go on getting it.
    """
    had, has = (
        {direction.name for direction in some} for some in (card.directions, config.several_directions)
    )
    if bool(had) != bool(has) or not had <= has:
        theirs, ours = (", ".join(sorted(names)) or "one direction" for names in (had, has))
        raise ConfigurationError(
            f"{served} has {theirs}, and this run {ours}: its clients ask for what the other refuses; give "
            "the model a name of its own (push.model_name), name all of them under `directions`, or set "
            "push.allow_other_languages (--allow-other-languages)"
        )
