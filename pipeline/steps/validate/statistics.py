"""Options for StatisticsGen that keep its memory flat on large corpora."""

from __future__ import annotations

import tensorflow_data_validation as tfdv


def statistics_options() -> tfdv.StatsOptions:
    """Distinct values by sketch: counted exactly, every distinct sentence would be held in memory."""
    return tfdv.StatsOptions(use_sketch_based_topk_uniques=True)
