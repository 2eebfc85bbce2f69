"""A translator is trained and exported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.settings import named_files
from pipeline.errors import ConfigurationError
from pipeline.steps.base import Components, Done, Planned, Run, Step, Summary

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Train(Step):
    """A run may have several: each has its own checkpoints, and goes on from them."""

    takes = ("cleaned_examples", "vocabulary")
    may_take = ("baseline_model",)
    gives = ("model", "model_run")
    sections = ("model", "training", "search", "export")

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.baseline.baseline import baseline
        from pipeline.steps.baseline.initial import continued, initial_translator
        from pipeline.steps.train.component import Trainer

        config = run.config
        before = baseline(config, run.before)
        goes_on = config.init_from is None and continued(config, before) is not None
        trainer = Trainer(
            channels["cleaned_examples"],
            channels["vocabulary"],
            config,
            run.workspace.checkpoints_of(run.name),
            base_model=channels.get("baseline_model") if goes_on else None,
            init_from=initial_translator(config, before) if config.init_from else None,
        )
        node = trainer.with_id(run.component("Trainer"))
        return Components((node,), {name: node.outputs[name] for name in self.gives})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.baseline.baseline import baseline
        from pipeline.steps.baseline.initial import initial_translator

        config = run.config
        initial_translator(config, baseline(config, run.before))
        read = [path for part in (config.model, config.training, config.search) for path in named_files(part)]
        if run.name and config.spans and config.spans.weights == "served":
            raise ConfigurationError(
                f"steps.{run.name}: of several trainings of a run none can go on from the version that "
                "serves, which is the result of one of them: set spans.weights to anew"
            )
        if run.name and config.training.strategy == "multi_worker":
            raise ConfigurationError(
                f"steps.{run.name}: several machines train one translator of a run, the one without a name: "
                "give this one `training: {strategy: auto}`"
            )
        return read

    def plan(self, run: Run) -> Planned:
        from pipeline.steps.train.plan import PlannedTraining, length_remark

        training, weights = PlannedTraining.of(run.config.model, run.config.training), self.note(run)
        facts = {"training": training.as_json(), "weights": weights}
        remark = length_remark(run.config.vocabulary, run.config.training)
        return Planned(facts, [f"trains {training.text}", *([remark] if remark else []), weights])

    def note(self, run: Run) -> str:
        from pipeline.steps.baseline.initial import weights_note

        return weights_note(run.config, run.before)

    def summary(self, run: Run, done: Done) -> Summary:
        from pipeline.steps.train.phases import read_phases

        del run
        folder = done.folders["model_run"]
        curves = folder / "training" / "tensorboard"
        return Summary(
            {"curves": str(curves)},
            places={"curves": f"tensorboard --logdir {curves}"},
            seconds={} if done.cached else read_phases(folder),
        )


STEP = Train()
