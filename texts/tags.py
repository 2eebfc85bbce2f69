"""Language tags (BCP 47), as far as no registry is needed."""

from __future__ import annotations

import re


def is_same_language(tag: str, other: str) -> bool:
    """Whether two tags have the same primary subtag, in any case."""
    return primary_subtag(tag).lower() == primary_subtag(other).lower()


def primary_subtag(tag: str) -> str:
    """`pt` of `pt-BR` or `pt_BR`, in the case that it is written in."""
    return re.split("[-_]", tag, maxsplit=1)[0]
