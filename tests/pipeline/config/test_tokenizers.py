"""What a BLEU tokenizer needs is asked for before the run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import sacrebleu.tokenizers.tokenizer_spm as spm

from pipeline.config.tokenizers import check_tokenizer, model_file
from pipeline.errors import ConfigurationError


@pytest.mark.parametrize(("tokenize", "extra"), [("ja-mecab", "ja"), ("ko-mecab", "ko")])
def test_a_missing_package_is_named_by_its_extra(
    tokenize: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=rf"pip install '\.\[{extra}\]'"):
        check_tokenizer(tokenize)


@pytest.mark.parametrize("tokenize", ["flores101", "flores200", "spm"])
def test_a_file_that_would_be_fetched_must_be_here(
    tokenize: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SACREBLEU", str(tmp_path))
    with pytest.raises(ConfigurationError, match="which sacreBLEU would fetch in the middle of the run"):
        check_tokenizer(tokenize)
    file = model_file(tokenize)
    assert file is not None
    assert file.name == Path(spm.SPM_MODELS[tokenize]["url"]).name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"model")
    check_tokenizer(tokenize)


def test_the_others_need_nothing() -> None:
    for tokenize in ("13a", "zh", "char", "intl", "none"):
        check_tokenizer(tokenize)
