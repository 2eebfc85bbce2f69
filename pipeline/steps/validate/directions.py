"""What the statistics say of each direction of a run of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.examples import SOURCE, SOURCE_LANGUAGE, SPLITS, TARGET, TARGET_LANGUAGE


def direction_facts(folder: Path) -> list[tuple[str, str]]:
    """A line for each split and direction, as `train, en → de` and what is in it."""
    import tensorflow_data_validation as tfdv
    from tensorflow_data_validation.constants import DEFAULT_SLICE_KEY
    from tfx.components.statistics_gen.executor import DEFAULT_FILE_NAME

    facts = []
    for split in SPLITS:
        statistics = tfdv.load_stats_binary(str(folder / f"Split-{split}" / DEFAULT_FILE_NAME))
        for part in statistics.datasets:
            if not part.features or part.name == DEFAULT_SLICE_KEY:
                continue  # TFX's word that a split is empty, or all directions together.
            texts = {feature.path.step[0]: feature.string_stats for feature in part.features}
            languages = " → ".join(
                texts[name].top_values[0].value for name in (SOURCE_LANGUAGE, TARGET_LANGUAGE)
            )
            sides = "; ".join(f"{side}: {_side(texts[side])}" for side in (SOURCE, TARGET))
            facts.append((f"{split}, {languages}", f"pairs before cleaning: {part.num_examples:,}; {sides}"))
    return facts


def _side(texts: Any) -> str:
    """The sketch estimates what is distinct."""
    return f"about {texts.unique:,} distinct, {texts.avg_length:.0f} bytes on average"
