"""The run's YAML file: what is refused, and how it is said."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.kinds import FOLDERS
from pipeline.config import RunConfig
from pipeline.config.load import load, parse
from pipeline.errors import ConfigurationError
from tests.texts.formats.own import folder_with_blocks
from texts.formats.embedded import EmbeddedCorpus
from texts.formats.pairs import PairsCorpus

GOOD = """\
name: demo
languages: {source: en, target: de}
corpora:
  - format: embedded
    pairs: 2000
training:
  learning_rate: 2e-3
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        parse(text, "run.yaml")
    return str(raised.value)


def test_a_good_file_gives_a_frozen_run() -> None:
    config = parse(GOOD)
    assert config.training.learning_rate == 0.002
    assert isinstance(config.corpora[0], EmbeddedCorpus)
    assert config.workspace == Path("runs")


def test_an_unknown_key_is_named_with_the_nearest_known_one_its_path_and_line() -> None:
    message = refusal(GOOD.replace("learning_rate", "lerning_rate"))
    assert message == "run.yaml:7: training.lerning_rate: unknown; did you mean learning_rate?"


def test_an_unknown_key_without_a_neighbour_lists_what_is_known() -> None:
    assert "zzzzqqq: unknown; known here:" in refusal(GOOD + "  zzzzqqq: 1\n")


def test_an_unknown_key_at_the_top() -> None:
    assert refusal(GOOD + "modle: {preset: tiny}\n") == "run.yaml:8: modle: unknown; did you mean model?"


def test_a_key_of_another_section_is_told_with_that() -> None:
    assert refusal(GOOD + "model_root: /m\n") == "run.yaml:8: model_root: unknown; it is a key of push"
    assert refusal(GOOD + "  width: 9\n") == "run.yaml:8: training.width: unknown; it is a key of model"
    other = "model: {architecture: recurrent, encoder_window: 4}\n"
    said = "run.yaml:8: model.encoder_window: unknown; it is a key of architecture transformer"
    assert refusal(GOOD + other) == said


@pytest.mark.parametrize("kind", ["tsv", "tmx", "jsonl"])
def test_an_unknown_key_inside_a_corpus(kind: str) -> None:
    text = GOOD.replace("format: embedded\n    pairs: 2000", f"format: {kind}\n    name: x\n    trian: a.gz")
    assert "run.yaml:6: corpora[0].trian: unknown; did you mean train?" in refusal(text)


def test_an_unknown_key_inside_a_pair_of_files() -> None:
    files = "name: x\n    format: pairs\n    train: {source: a, traget: b}"
    message = refusal(GOOD.replace("format: embedded\n    pairs: 2000", files))
    assert "run.yaml:6: corpora[0].train.traget: unknown; did you mean target?" in message
    assert "run.yaml:6: corpora[0].train.target: missing" in message


def test_a_key_given_twice_is_refused_with_both_lines() -> None:
    message = refusal(GOOD + "  learning_rate: 0.1\n")
    assert message == "run.yaml:8: training.learning_rate: given twice, first in line 7: keep one"


def test_mistakes_are_told_all_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("pairs: 2000", "pairs: many").replace("2e-3", "-1")
    lines = refusal(text).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["corpora[0].pairs", "training.learning_rate"]
    assert "greater than 0, not -1" in lines[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            GOOD.replace("source: en", "source: no"),
            "languages.source: should be text, not false; YAML reads no",
        ),
        (
            GOOD.replace("target: de", "target: german"),
            "run.yaml:2: languages.target: write the language's BCP 47 code, as en, zh or pt-BR, not 'ger",
        ),
        (
            GOOD + "evaluation: {corpora: {news: {max_drop: 1}}}\n",
            "nothing is in the test split: it has embedded-seen, e",
        ),
        (
            GOOD + "evaluation: {corpora: {news: {max_drp: 1}}}\n",
            "news.max_drp: unknown; did you mean max_drop?",
        ),
        (GOOD + "evaluation: {lengths: {'> 50': {}}}\n", "lengths names > 50, and length_slices makes ≤ 10,"),
        (GOOD.replace("target: de", "target: xx"), "languages.target: no language has this code"),
        (GOOD.replace("target: de", "target: en"), "run.yaml:2: languages: source en and target en are one"),
        (GOOD + 'workspace: "a\\0b"\n', "run.yaml:8: a NUL character or half a surrogate pair is no text"),
        (GOOD + 'workspace: "\\ud800"\n', "run.yaml:8: a NUL character or half a surrogate pair is no text"),
        (GOOD.replace("name: demo", "name: 7"), "name: should be text, not the number 7: put it in quotes"),
        (GOOD.replace("name: demo", "name: a/b"), "run.yaml:1: name: "),
        (GOOD.replace("name: demo\n", ""), "name: missing"),
        (
            GOOD.replace("format: embedded", "format: xlsx"),
            "run.yaml:4: corpora[0].format: there is no format `xlsx`",
        ),
        (GOOD.replace("format: embedded\n    pairs", "pairs"), "corpora[0].format: missing; one of csv, emb"),
        (GOOD.replace("2e-3", ".nan"), "training.learning_rate: "),
        (GOOD.replace("2e-3", ".inf"), "training.learning_rate: "),
        (GOOD + "model: {width: 30, heads: 4}\n", "model: width 30 is not divisible by heads 4"),
        (
            GOOD + "  strategy: multi_worker\nspans: {weights: served}\n",
            "several machines cannot go on from the served version's weights",
        ),
        (
            GOOD + "search: {head: shortlist}\n",
            "run.yaml:8: search.head.text: missing, and there is no default",
        ),
        (
            GOOD + "search: {head: shortlst}\n",
            "run.yaml:8: search.head.name: there is no search head `shortlst`",
        ),
        (
            GOOD + "search: {head: 3}\n",
            "search.head: should be the name of the search head, or keys and values",
        ),
        (
            GOOD + "search: {constraints: no-digit}\n",
            "run.yaml:8: search.constraints: should be a list, not 'no-digit'",
        ),
        (GOOD + "search: [4]\n", "run.yaml:8: search: should be keys and values"),
        (GOOD + "search: {beams: null}\n", "should be a valid integer, not null"),
        (GOOD + "search: {beams: [4]}\n", "should be a valid integer"),
        ("name: [", "run.yaml:1: not YAML"),
        ("name: !!python/object/apply:os.system [id]", "run.yaml:1: the tag tag:yaml.org"),
        ("name: !!python/name:os.system x", "not YAML: could not determine a constructor"),
        ("- a\n- b\n", "should be keys and values"),
        ("just text", "should be keys and values"),
        ("", "name: missing"),
        ("a: &x [1]\nb: *x\n", "run.yaml:1: aliases"),
        ("a: &x [*x]\n", "aliases"),
        ("? [a, b]\n: 1\n", "a key must be a word"),
        ("name: 2020-13-45\n", "run.yaml"),
        ("[" * 5000, "run.yaml"),
    ],
)
def test_what_is_refused_is_said_in_words(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("target", "section", "tokenize"),
    [
        ("de", "", "13a"),
        ("zh", "", "zh"),
        ("zh-Hant", "evaluation: {bleu_floor: 1}\n", "zh"),
        ("ja", "", "char"),
        ("zh", "evaluation: {tokenize: char}\n", "char"),
    ],
)
def test_a_target_written_without_spaces_is_not_cut_at_spaces(
    target: str, section: str, tokenize: str
) -> None:
    config = parse(GOOD.replace("target: de", f"target: {target}") + section)
    assert config.evaluation.tokenize == tokenize


def test_given_or_hashed_is_explained() -> None:
    corpus = "name: x\n    format: tsv\n    train: a\n    file: b"
    message = refusal(GOOD.replace("format: embedded\n    pairs: 2000", corpus))
    assert "corpora[0]: give either `train`/`dev`/`test` or `file`" in message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*absent\.yaml"):
        load(tmp_path / "absent.yaml")
    with pytest.raises(ConfigurationError, match="cannot read"):
        load(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Übung".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(latin)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path).name == "demo"


def test_what_was_saved_is_read_back_the_same() -> None:
    config = parse(
        GOOD.replace(
            "format: embedded\n    pairs: 2000",
            "name: x\n    format: pairs\n    train: {source: a, target: b}",
        )
    )
    assert isinstance(config.corpora[0], PairsCorpus)
    assert parse(yaml.safe_dump(config.model_dump(mode="json"))) == config


def test_words_are_of_languages_with_spaces_and_beams_of_the_target_side() -> None:
    chinese = GOOD.replace("target: de", "target: zh")
    assert "zh has none: give segmenter (jieba" in refusal(chinese + "vocabulary: {algorithm: word}\n")
    sides = "vocabulary: {shared: false, algorithm: word, target: {algorithm: char, size: 300}}\n"
    assert parse(chinese + sides).vocabulary.side("source").algorithm == "word"
    few = "vocabulary: {shared: false, target: {size: 16}}\nsearch: {beams: 16}\n"
    assert "search.beams 16 must be below the 16 pieces of the target vocabulary" in refusal(GOOD + few)
    assert "so lower search.beams" in refusal(GOOD + few)
    bytes_alone = GOOD + "vocabulary: {algorithm: byte, size: 16}\nsearch: {beams: 16}\n"
    assert parse(bytes_alone).search.beams == 16


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("search: {diversity_penalty: 0.7}", "diversity_penalty is between groups of beams"),
        ("export: {samples: 4}", "samples is of the signature sample: leave it out"),
        ("export: {signatures: [sample], constrained_beams: 4}", "constrained_beams is of the signature con"),
        (
            "search: {head: lexical-shortlist}\nexport: {signatures: [constrained]}",
            "search.head lexical-shortlist lists the pieces that a source makes likely",
        ),
        (
            "model: {architecture: recurrent, attention: none}\nexport: {signatures: [align]}",
            "export.signatures has align, which goes by the model's attention",
        ),
        (
            "model: {architecture: recurrent, attention: none}\nsearch: {coverage_penalty: 0.2}",
            "search.coverage_penalty goes by where the model looked",
        ),
    ],
)
def test_a_key_that_nothing_reads_is_refused_with_the_reason(keys: str, reason: str) -> None:
    assert reason in refusal(f"{GOOD}{keys}\n")


def test_keys_at_their_defaults_say_nothing() -> None:
    keys = "search: {diversity_penalty: 0.5}\nexport: {samples: 1, constrained_beams: 10}\n"
    model = "model: {learned_positions: 512, relative_distance: 16, global_pieces: 1, cell: lstm}\n"
    assert parse(GOOD + keys + model).export == parse(GOOD).export


def test_words_are_looked_for_in_the_languages_of_all_directions() -> None:
    files = "train: {source: a, target: b}, dev: {source: a, target: b}, test: {source: a, target: b}"
    several = GOOD.replace(
        "training:",
        f"  - {{name: z, format: pairs, {files}, languages: {{source: en, target: zh}}}}\n"
        "directions: {trained: [en-de, en-zh]}\ntraining:",
    )
    assert "zh has none: give segmenter (jieba" in refusal(several + "vocabulary: {algorithm: word}\n")
    sides = "vocabulary: {shared: false, algorithm: word, target: {algorithm: char, size: 300}}\n"
    assert parse(several + sides).several_directions[1].name == "en-zh"


@pytest.mark.parametrize(
    ("target", "segmenter", "known"),
    [("zh", "jieba", True), ("ja", "mecab", True), ("zh", "mecab", False), ("de", "jieba", False)],
)
def test_a_segmenter_is_of_the_language(target: str, segmenter: str, known: bool) -> None:
    text = GOOD.replace("target: de", f"target: {target}")
    own = f"vocabulary: {{shared: false, target: {{algorithm: word, segmenter: {segmenter}}}}}\n"
    if known:
        assert parse(text + own).vocabulary.side("target").segmenter == segmenter
    else:
        said = (
            f"segmenter {segmenter} finds words of a language that the target side does not have ({target})"
        )
        assert said in refusal(text + own)
    shared = f"vocabulary: {{algorithm: word, segmenter: {segmenter}}}\n"
    assert known or f"does not have (en, {target})" in refusal(text + shared)


def test_noams_width_is_the_models() -> None:
    text = GOOD.replace("learning_rate: 2e-3", "schedule: {name: noam, width: 128}")
    assert "width is 128, and the model has width 256, by which noam's peak goes" in refusal(text)
    assert parse(text + "model: {preset: tiny}\n").training.schedule.name == "noam"


def test_an_attention_that_is_guided_is_there() -> None:
    guided = GOOD + "  objective: guided-alignment\nmodel: {architecture: recurrent"
    assert "guides an attention, and the model has none" in refusal(guided + ", attention: none}\n")
    assert parse(guided + "}\n").model.attends


def test_folders_of_extensions_are_looked_into_before_their_words_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    mine = folder_with_blocks(tmp_path)
    text = GOOD.replace("format: embedded\n    pairs: 2000", "format: blocks\n    name: b\n    train: x")
    assert "corpora[0].format: there is no format `blocks`" in refusal(text)
    config = parse(text + f"extensions: [{mine}]\n")
    assert (config.corpora[0].format, config.extensions) == ("blocks", (mine,))
    assert "run.yaml:7: corpora[0].rul: unknown; did you mean rule?" in refusal(
        text.replace("train: x", "train: x\n    rul: x")
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "extensions: [nowhere]",
            f"run.yaml:8: extensions[0]: nowhere is no folder ({Path('nowhere').absolute()}): correct",
        ),
        ("extensions: nowhere", "run.yaml:8: extensions: should be a list, not 'nowhere'"),
        ("extensions: [[1]]", "run.yaml:8: extensions[0]: should be a path"),
        ("extensions: [3]", "run.yaml:8: extensions[0]: should be a path, not 3"),
    ],
)
def test_extensions_that_are_no_folders_are_refused(line: str, said: str) -> None:
    assert said in refusal(f"{GOOD}{line}\n")


def test_a_score_with_a_wrong_threshold_or_in_a_wrong_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "cleaning_scores").mkdir()
    (tmp_path / "max_dots.py").touch()
    text = f"{GOOD}extensions: [{tmp_path}]\ncleaning: {{max_dots: many}}\n"
    assert f"run.yaml:9: cleaning: nothing looks at {tmp_path / 'max_dots.py'}: put it into FOL" in refusal(
        text
    )
    (tmp_path / "max_dots.py").rename(tmp_path / "cleaning_scores" / "max_dots.py")
    assert (
        refusal(text)
        == "run.yaml:9: cleaning.scores: `max_dots` should be a number, true or false, not 'many'"
    )


@given(st.text(max_size=200))
def test_any_text_is_a_run_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        assert isinstance(parse(text), RunConfig)


def test_overrides_reach_sections_and_items() -> None:
    text = "{name: a, languages: {source: en, target: de}, corpora: [{format: embedded}]}"
    config = parse(
        text, overrides=["training.max_steps=7", "corpora.0.pairs=300", "corpora[0].name=c", "name=b"]
    )
    [corpus] = config.corpora
    assert (config.training.max_steps, corpus.pairs, corpus.name, config.name) == (7, 300, "c", "b")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.max_steps", "KEY=VALUE"),
        ("corpora.1.pairs=3", "list of 1"),
        ("name.x=1", "plain value"),
        ("training.max_stepz=1", "max_steps"),
        ("name=2020-13-45", "'2020-13-45' is no timestamp: month"),
        (r'name="\UFFFFFFFF"', "the value is not YAML"),
        (r'name="\U00110000"', "the value is not YAML"),
        ("name=!!int ''", "'' is no int"),
        ("name=!!bool foo", "'foo' is no bool"),
        ("name=!!timestamp foo", "'foo' is no timestamp"),
        ("vocabulary.size=0x" + "f" * 9000, "is no int|more than 63 bits"),
        ("vocabulary.size=99999999999999999999", "more than 63 bits"),
        ("training.seed=-1", "--set training.seed: training.seed: "),
        ("trainig.max_steps=3", "^--set trainig.max_steps: trainig: unknown; did you mean training"),
        ("corpora.0.pairs=few", r"^--set corpora\[0\]\.pairs: corpora\[0\]"),
        ("corpora[0].pairs=yes", r"^--set corpora\[0\]\.pairs: .*should be a number"),
        ("evaluation.directions={de-fr: {}}", r"^the configuration --set evaluation\.directions: the run: "),
        ('workspace="a\\0b"', "a NUL character or half a surrogate pair is no text"),
        ('corpora=[{"name": ["\\ud800"]}]', "a NUL character or half a surrogate pair is no text"),
        ("corpora=&x [*x]", "aliases"),
        ("training={max_steps: 1, max_steps: 2}", "max_steps: given twice"),
    ],
)
def test_a_wrong_override_is_refused(override: str, said: str) -> None:
    text = "{name: a, languages: {source: en, target: de}, corpora: [{format: embedded}]}"
    with pytest.raises(ConfigurationError, match=said):
        parse(text, overrides=[override])
