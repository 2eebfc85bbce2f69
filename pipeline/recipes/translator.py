"""One translator: trained, compared with the one that serves, checked on a server, and pushed."""

from __future__ import annotations

from pipeline.recipes.base import Use

STEPS = (
    Use("ingest"),
    Use("validate"),
    Use("clean"),
    Use("baseline"),
    Use("vocabulary"),
    Use("augment"),
    Use("train", channels={"cleaned_examples": "training_examples"}),
    Use("evaluate"),
    Use("check"),
    Use("push"),
    Use("report"),
)
