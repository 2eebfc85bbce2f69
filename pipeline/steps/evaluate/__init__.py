"""The gate: translate the test split, score it with sacreBLEU and chrF in TFMA, compare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import GateRefusedError
from pipeline.steps.base import Components, Done, Planned, Run, Step, Summary, SummaryLine

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Evaluate(Step):
    """A candidate passes that reaches its floor, and does not fall far below what serves."""

    takes = ("cleaned_examples", "model")
    may_take = ("baseline_model",)
    gives = ("model_blessing", "scores", "translations")
    sections = ("evaluation",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.evaluate.component import Evaluator

        evaluator = Evaluator(
            channels["cleaned_examples"],
            channels["model"],
            run.config.evaluation,
            run.config.languages,
            baseline_model=channels.get("baseline_model"),
            directions=run.config.several_directions,
        )
        node = evaluator.with_id(run.component("Evaluator"))
        outputs = {"model_blessing": "blessing", "scores": "scores", "translations": "translations"}
        return Components((node,), {name: node.outputs[key] for name, key in outputs.items()})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.config.tokenizers import check_tokenizer

        check_tokenizer(run.config.evaluation.tokenize)
        return []

    def plan(self, run: Run) -> Planned:
        from pipeline.steps.baseline.baseline import baseline
        from pipeline.steps.evaluate.plan import PlannedGate

        gate, compared = (
            PlannedGate.of(run.config.evaluation, run.config.several_directions),
            baseline(run.config, run.before),
        )
        return Planned(
            {"gate": gate.as_json(), "baseline": compared},
            [
                f"gate: {gate.text}",
                f"compares with {compared or 'nothing: no version serves yet'}",
            ],
        )

    def summary(self, run: Run, done: Done) -> Summary:
        from contracts.scores import Scores

        del run
        scores = Scores.load(done.folders["scores"])
        verdict, bleu = scores.verdict, scores.overall.bleu
        refusal = GateRefusedError(f"the gate refused the candidate: {verdict.text}")
        return Summary(
            {
                "warnings": list(verdict.warnings),
                "bleu": bleu.candidate,
                "bleu_signature": scores.signatures.bleu,
                "chrf_signature": scores.signatures.chrf,
                "baseline_bleu": bleu.baseline,
                "baseline_version": scores.baseline.version if scores.baseline else None,
                "slices": {part.name: part.bleu.candidate for part in scores.slices},
                **(
                    {"disturbed": {part.disturbance: part.bleu for part in scores.disturbed}}
                    if scores.disturbed
                    else {}
                ),
            },
            [
                SummaryLine("gate passed", verdict.text, "good"),
                *(SummaryLine("warning", warning, "warning") for warning in verdict.warnings),
                *(
                    SummaryLine(
                        "", f"  {part.name}: BLEU {part.bleu.candidate:.1f} on {part.sentences} sentences"
                    )
                    for part in scores.slices
                ),
                *(
                    SummaryLine(
                        "",
                        f"  {part.disturbance}: BLEU {part.bleu:.1f}, {part.undisturbed_bleu:.1f} as they "
                        f"are, on {part.sentences} dev sentences",
                    )
                    for part in scores.disturbed
                ),
            ],
            reason=verdict.text,
            refusal=None if verdict.blessed else refusal,
        )


STEP = Evaluate()
