"""`dragoman corpus generate`: the embedded English-German corpus as files."""

from __future__ import annotations

from pathlib import Path

import typer

from dragoman.console import err, out, print_json

corpus = typer.Typer(help="Make a corpus to try things on.", no_args_is_help=True)
_SAMPLE = 5


@corpus.command(
    "generate",
    epilog="Example: dragoman corpus generate data/embedded --pairs 20000 --seed 1, then look at train.de",
)
def generate_command(
    folder: Path = typer.Argument(
        ..., metavar="OUT", help="Folder for train, dev, test-seen and test-unseen files."
    ),
    pairs: int = typer.Option(20_000, min=100, help="Distinct sentence pairs in all splits together."),
    seed: int = typer.Option(1, help="The same seed gives the same corpus, on every machine."),
    force: bool = typer.Option(False, "--force", help="Overwrite the files of an earlier corpus."),
    as_json: bool = typer.Option(False, "--json", help="Counts and samples as one JSON document."),
) -> None:
    """Generate English-German sentence pairs from a grammar and a lexicon of our own.

    The pairs of test-unseen hold combinations of words that train and dev never hold.
    """
    from grammar.files import write_corpus
    from grammar.generator import generate

    err.print(f"generating {pairs} pairs with seed {seed}")
    made = generate(pairs, seed)
    counts = write_corpus(made, folder, force)
    sample = made.train[:_SAMPLE]
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "counts": counts,
                "sample": [[pair.source, pair.target] for pair in sample],
            }
        )
        return
    for pair in sample:
        out.print(f"{pair.source}\t{pair.target}", markup=False)
    for part, count in counts.items():
        out.print(f"{part}: {count} pairs")


def register(app: typer.Typer) -> None:
    """Add the commands about corpora."""
    app.add_typer(corpus, name="corpus")
