"""What the longest texts that a gateway takes cost, and documents of a megabyte, where they are made to be
slow: little else than one mark, again and again (docs/results/security.md).

    python -m benchmarks.hostile_sizes
"""

from __future__ import annotations

import argparse
import contextlib
import string
import time
from collections.abc import Callable, Iterator, Sequence
from typing import get_args

from contracts.errors import DataError
from serving.gateway.core.settings import Limits
from texts.cascade import Format, Options, Rendering, translate
from texts.documents.base import DocumentReading, extensions, read_document

MARKS = (
    *string.punctuation,
    *(
        "a",
        " ",
        "\n",
        "\t",
        "\r\n",
        "a ",
        "a.",
        "Aa ",
        "1.",
        "a_",
        "a@b.",
        "http://a.",
        "%s",
        "á",
        "中",
        "ก",
        "😀",
    ),
    *("<a ", "<a>", "</a>", "<a b='", "<!--", "<![CDATA[", "&a", "&#", "{a", "{{", "${", "{0, plural, "),
    *("[a](", "![", "[[", "**a", "`a`", "```", "> ", "- ", "1) ", "=\n", "---\n", "| a | b |\n"),
)
ARCHIVES = (".docx", ".pptx", ".xlsx", ".odt", ".odp", ".ods", ".epub")
BYTES = 1 << 20


def _same(sources: Sequence[str], **_languages: str) -> list[Rendering]:
    """A model that gives sources back."""
    return [Rendering(text, -1.0, truncated=False) for text in sources]


def _tried() -> Iterator[tuple[str, Callable[[], object]]]:
    longest = Limits().characters
    for form in get_args(Format):
        for mark in MARKS:
            text = (mark * longest)[:longest]
            options = Options("de", "en", ("en",), form)
            yield (
                f"text, {form}: {mark!r}",
                lambda text=text, options=options: translate([text], options, _same),
            )
    for extension in sorted(set(extensions()) - set(ARCHIVES)):
        for mark in MARKS:
            data = (mark.encode() * BYTES)[:BYTES]
            name = f"a{extension}"
            yield (
                f"{name}: {mark!r}",
                lambda name=name, data=data: read_document(name, data, DocumentReading("en", "de")),
            )


def main() -> None:
    """Print the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=10, help="how many")
    wanted = parser.parse_args()
    took = []
    for name, work in _tried():
        started = time.process_time()
        with contextlib.suppress(DataError):  # To refuse it may take its time, too.
            work()
        took.append((time.process_time() - started, name))
    print(f"{len(took)} tried, {sum(seconds for seconds, _ in took):.0f} s of a processor; the slowest:")
    for seconds, name in sorted(took, reverse=True)[: wanted.show]:
        print(f"| {name} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
