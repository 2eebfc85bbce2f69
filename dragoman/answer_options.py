"""The options of `dragoman translate` that say which answers are wanted: drawn ones, several, with links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.client_options import bad_parameter

if TYPE_CHECKING:
    from serving.client import Alignment, Alternatives, Client, Translation


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """The options, as they were given; None: not."""

    n_best: Annotated[
        int, typer.Option(min=1, help="Hypotheses a sentence, as many as the model has at most.")
    ] = 1
    sample: Annotated[
        bool,
        typer.Option("--sample", help="Draw translations by chance, which differ from each other."),
    ] = False
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", help="Of --sample: above 1 bolder, towards 0 likelier."),
    ] = None
    top_k: Annotated[
        int | None, typer.Option("--top-k", help="Of --sample: of the so many likeliest pieces only.")
    ] = None
    top_p: Annotated[
        float | None,
        typer.Option("--top-p", help="Of --sample: of the likeliest pieces with this probability only."),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of --sample: the same seed, the same answer.")
    ] = None
    must_contain: Annotated[
        list[str],
        typer.Option(
            "--must-contain",
            metavar="WORDS",
            help="What each translation has to contain; repeat it for more.",
        ),
    ] = field(default_factory=list)
    prefix: Annotated[
        str | None,
        typer.Option("--prefix", metavar="TEXT", help="What each translation has to begin with."),
    ] = None
    align: Annotated[
        bool,
        typer.Option(
            "--align", help="Translation, tab, and the linked words of both sides as 0-0 1-2, from 0."
        ),
    ] = False

    def check(self) -> None:
        """
        Raises:
            BadParameter: options that do not go together.
        """
        drawing = {"temperature": self.temperature, "top-k": self.top_k, "top-p": self.top_p}
        for name, value in {**drawing, "seed": self.seed}.items():
            if value is not None and not self.sample:
                raise typer.BadParameter(f"--{name} says how to draw: give --sample, too")
        several = [name for name, given in self._kinds().items() if given]
        if len(several) > 1:
            raise typer.BadParameter(f"give {' or '.join(several)}: a model answers one of these at a time")
        if self.n_best > 1 and (self.constrained or self.align):
            raise typer.BadParameter(
                f"--n-best goes with plain translations or --sample, not with {several[0]}"
            )

    def _kinds(self) -> dict[str, bool]:
        return {"--sample": self.sample, "--must-contain/--prefix": self.constrained, "--align": self.align}

    @property
    def constrained(self) -> bool:
        """Whether translations have to contain something."""
        return bool(self.must_contain or self.prefix)

    @property
    def whole_lines(self) -> bool:
        """Whether a line is translated as one sentence, whatever `--split` says."""
        return self.constrained or self.align

    def answers(
        self, client: Client, sources: Iterable[str]
    ) -> Iterator[Translation] | Iterator[Alternatives] | Iterator[Alignment]:
        """One for each source.

        Raises:
            BadParameter: a value that means nothing.
        """
        with bad_parameter():
            return self._answers(client, sources)

    def _answers(
        self, client: Client, sources: Iterable[str]
    ) -> Iterator[Translation] | Iterator[Alternatives] | Iterator[Alignment]:
        if self.align:
            return client.align_stream(sources)
        if self.sample:
            return client.sample_stream(
                sources,
                temperature=1.0 if self.temperature is None else self.temperature,
                top_k=self.top_k or 0,
                top_p=1.0 if self.top_p is None else self.top_p,
                seed=self.seed,
            )
        if self.n_best > 1:
            return client.n_best_stream(sources)
        return client.translate_stream(sources, must_contain=self.must_contain, prefix=self.prefix or "")
