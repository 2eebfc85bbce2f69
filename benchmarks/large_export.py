"""A translator with more weights than a graph can hold: exported, loaded as TensorFlow Serving loads it, and
compared with the trainer's search. Its weights are random; what is shown is that it works, and what it takes.

    python -m benchmarks.large_export
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from pathlib import Path

from benchmarks.memory import peak_mib
from benchmarks.translators import random_translator
from grammar import generate

_LAYERS, _WIDTH = 5, 2048
_SENTENCES = 3


def main() -> None:
    """Export, check, and print sizes in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=_LAYERS, help="on each side")
    parser.add_argument("--width", type=int, default=_WIDTH, help="a quarter of the feed-forward's")
    options = parser.parse_args()
    sources = [pair.source for pair in generate(2000, seed=1).train][:_SENTENCES]
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "1"
        expected = _export(options.layers, options.width, sources, export)
        gc.collect()
        from trainer.export import check_export

        check_export(export, sources, lambda: expected)
        sizes = {path.name: path.stat().st_size for path in export.rglob("*") if path.is_file()}
    print("| file | MiB |\n|---|---|")
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:2]:
        print(f"| `{name}` | {size / 2**20:,.1f} |")
    peak = peak_mib() / 1024
    print(f"\nMost memory: {peak:.1f} GiB in the process that exports.")
    print("The loaded model gave the translations of the trainer's search, together and each alone.")


def _export(layers: int, width: int, sources: list[str], folder: Path) -> list[str]:
    """Write it, and return what the trainer's search translates."""
    from trainer.config import SearchConfig
    from trainer.export import export_translator, translate
    from trainer.models.transformer import TransformerConfig

    config = TransformerConfig(
        encoder_layers=layers, decoder_layers=layers, width=width, feed_forward=4 * width, heads=width // 64
    )
    translator, vocabulary = random_translator(config, 800)
    print(f"{4 * translator.count_params() / 2**30:.2f} GiB of weights ({config})\n", flush=True)
    search = SearchConfig(beams=2, max_target_length=6)
    export_translator(translator, vocabulary, search, folder)
    return [answer.text for answer in translate(translator, vocabulary, sources, search)]


if __name__ == "__main__":
    main()
