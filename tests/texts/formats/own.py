"""A format of a user's, as a file."""

from __future__ import annotations

from pathlib import Path

BLOCKS = '''"""A sentence, its translation and a line of signs, over and over."""

from typing import Literal

from texts.formats.base import BOTH, FileCorpus
from texts.formats.lines import read_lines
from texts.formats.rows import make_row


class BlocksCorpus(FileCorpus):
    """Blocks of lines."""

    format: Literal["blocks"] = "blocks"
    rule: str = "--"

    @classmethod
    def recognises(cls, head):
        return head.startswith(b"<blocks>")

    def rows(self, paths, reading):
        block = []
        for number, line in enumerate(read_lines(paths[BOTH], reading.max_line_bytes, reading.opener), 1):
            if line == self.rule.encode():
                yield make_row(block[-2], block[-1], number - 2, reading.max_line_bytes)
            block = [*block[-1:], line]
'''


def folder_with_blocks(place: Path) -> Path:
    """A folder of extensions in `place` that has `format: blocks`."""
    (place / "mine" / "formats").mkdir(parents=True)
    (place / "mine" / "formats" / "blocks.py").write_text(BLOCKS)
    return place / "mine"
