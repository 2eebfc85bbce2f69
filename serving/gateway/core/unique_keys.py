"""YAML in which nothing is said twice: PyYAML takes the last of several, and what was said before is lost."""

from __future__ import annotations

import yaml


class UniqueKeys(yaml.SafeLoader):
    """PyYAML's loader of plain values, which refuses a key that is given twice in one place."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._seen: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Before what is merged (`<<`), which its own keys may overrule, stands among them.

        Raises:
            ValueError: a key is given twice; says in which lines.
        """
        if id(node) not in self._seen:
            self._seen.add(id(node))
            lines: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line, word = key.start_mark.line + 1, (key.tag, key.value)
                if word in lines:
                    raise ValueError(
                        f"line {line}: `{key.value}` is given twice, first in line {lines[word]}: keep one"
                    )
                lines[word] = line
        super().flatten_mapping(node)
