"""The optional signatures from an export to an answer: embedded server, clients, command line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from contracts.card import EXTRA
from pipeline.steps.push.warmup import write_warmup
from serving.client import AsyncClient, Client
from serving.errors import RequestError
from serving.launch import LaunchOptions, launch
from serving.rollout import Rollout
from tests.e2e.conftest import ROOT
from tests.serving.toy_translator import push
from trainer.config import ExportConfig, SearchConfig, VocabularyConfig
from trainer.decoder import KerasBody
from trainer.export import export_translator
from trainer.export.engine import make_decoder
from trainer.export.optional import OptionalSignatures
from trainer.export.text import Text
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import learn_vocabulary

SEARCH = SearchConfig(beams=2, max_target_length=24)
EXPORT = ExportConfig(signatures=("align", "sample", "constrained"), samples=2, constrained_beams=4)
SOURCES = ["the small dog sees a cat", "two men ride", "", "the cat sleeps"]

Command = Callable[..., "subprocess.CompletedProcess[str]"]


class Service:
    """A server with a model that has all signatures, and one that has none of the optional ones."""

    def __init__(self, root: Path) -> None:
        sentences = ["der kleine Hund sieht eine Katze", "zwei Männer reiten", "die Katze schläft"]
        vocabulary = learn_vocabulary(VocabularyConfig(size=300), SOURCES[:2] + SOURCES[3:], sentences)
        keras.utils.set_random_seed(1)
        sizes: dict[str, Any] = {"encoder_layers": 1, "decoder_layers": 1, "width": 32, "heads": 2}
        config = TransformerConfig(preset="tiny", feed_forward=64, dropout=0.0, **sizes)
        model = build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=True)
        noise = np.random.default_rng(1)
        for variable in model.trainable_variables:
            variable.assign(variable + noise.normal(size=variable.shape, scale=0.2))
        folder = root / "full" / "1"
        with pytest.MonkeyPatch.context() as patched:
            # As of an architecture without a faster way; tests/trainer has the other one.
            patched.delattr("trainer.models.transformer.fast_body")
            export_translator(model, vocabulary, SEARCH, folder, EXPORT)
        (folder / EXTRA).mkdir(exist_ok=True)
        write_warmup(folder, "full", ["the cat"], folder / EXTRA)
        push(root / "plain", 1)
        for name in ("full", "plain"):
            Rollout(root).promote(name)
        decoder = make_decoder(SEARCH, model, vocabulary, KerasBody)
        self.reference = OptionalSignatures(decoder, Text(vocabulary), SEARCH, EXPORT)
        self.address = ""

    def client(self, model: str = "full") -> Client:
        """Of one of the models."""
        return Client(self.address, model=model, split=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    root = tmp_path_factory.mktemp("models")
    made = Service(root)
    # Requests that meet share a run of the graph.
    options = LaunchOptions(bound=True, batching=True)
    with launch(root, backend="embedded", options=options) as server:
        made.address = server.address
        yield made


@pytest.fixture
def translate(service: Service) -> Command:
    """`dragoman translate` in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        settings = {"DRAGOMAN_ADDRESS": service.address, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        command = [sys.executable, "-m", "dragoman", "translate", *map(str, arguments)]
        return subprocess.run(
            command, env={**os.environ, **settings}, cwd=ROOT, capture_output=True, text=True, timeout=120
        )

    return run


def texts_of(answers: list[Any]) -> list[Any]:
    """Without the scores, of which the last digits depend on the shape of a batch."""
    return [getattr(answer, "texts", None) or answer.text for answer in answers]


def decoded(texts: Any) -> list[str]:
    return [text.decode("utf-8", "replace") for text in texts.numpy().reshape(-1)]


def test_another_process_answers_as_the_trainers_search(service: Service) -> None:
    rows, many = tf.constant(SOURCES), len(SOURCES)
    with service.client() as client:
        sampled = client.sample(SOURCES, temperature=0.8, top_k=20, top_p=0.9, seed=5)
        wanted = service.reference.sample(
            rows,
            tf.fill([many], 0.8),
            tf.fill([many], 20),
            tf.fill([many], 0.9),
            tf.fill([many], tf.constant(5, tf.int64)),
        )
        assert [text for sample in sampled for text in sample.texts] == decoded(wanted["translations"])
        constrained = client.translate(SOURCES, must_contain=["Hund", "reiten"], prefix="die Ka")
        constraints = tf.fill([many], "Hund\nreiten")
        wanted = service.reference.constrained(rows, tf.fill([many], "die Ka"), constraints)
        assert [translation.text for translation in constrained] == decoded(wanted["translation"])
        unmet = [translation.unmet for translation in constrained]
        assert unmet == [(), (), ("die Ka", "Hund", "reiten"), ()]
        for translation, source in zip(constrained, SOURCES, strict=True):
            assert not source or (translation.text.startswith("die Ka") and "Hund" in translation.text)
        aligned = client.align(SOURCES)
        wanted = service.reference.align(rows)
        assert [translation.text for translation in aligned] == decoded(wanted["translation"])
        for translation, links in zip(aligned, wanted["alignment"].numpy().tolist(), strict=True):
            places = [-1 if link is None else link for link in translation.links]
            assert places == links[: len(places)]
            assert len(translation.links) == len(translation.target_pieces)
        assert {len(sample.texts) for sample in sampled} == {2}


def test_what_is_drawn_depends_on_the_seed(service: Service) -> None:
    with service.client() as client:
        again, other = (texts_of(client.sample(SOURCES, seed=seed)) for seed in (1, 2))
        assert texts_of(client.sample(SOURCES[:1], seed=1)) == again[:1]
        assert again != other
        # Without one it is by chance, also of the same source twice.
        twice = client.sample([SOURCES[0]] * 2)
        assert twice[0].texts != twice[1].texts


def test_the_asynchronous_client_has_the_same(service: Service) -> None:
    async def ask() -> tuple[Any, ...]:
        async with AsyncClient(service.address, model="full", split=False) as client:
            return await asyncio.gather(
                client.sample(SOURCES, seed=3),
                client.translate(SOURCES, must_contain=["Katze"]),
                client.align(SOURCES),
            )

    with service.client() as client:
        sampled, constrained, aligned = asyncio.run(ask())
        assert texts_of(sampled) == texts_of(client.sample(SOURCES, seed=3))
        assert texts_of(constrained) == texts_of(client.translate(SOURCES, must_contain=["Katze"]))
        assert [translation.links for translation in aligned] == [
            translation.links for translation in client.align(SOURCES)
        ]


def test_values_that_mean_nothing_are_refused_before_they_are_sent(service: Service) -> None:
    with service.client() as client:
        for wrong in ({"temperature": 0.0}, {"top_k": -1}, {"top_p": 1.5}, {"seed": -1}):
            with pytest.raises(ValueError, match=next(iter(wrong))):
                client.sample(SOURCES, **wrong)
        with pytest.raises(TypeError, match="give a list of phrases"):
            client.translate(SOURCES, must_contain="Hund")
        with pytest.raises(ValueError, match="is no phrase"):
            client.translate(SOURCES, must_contain=["Hund\nKatze"])


def test_a_model_without_them_says_so(service: Service, translate: Command) -> None:
    said = "has no signature `{}`: ask one whose configuration names it in export.signatures"
    with service.client("plain") as client:
        assert set(client.signatures()) == {"n_best", "serving_default"}
        for name, ask in {
            "sample": lambda: client.sample(SOURCES),
            "constrained": lambda: client.translate(SOURCES, prefix="die"),
            "align": lambda: client.align(SOURCES),
        }.items():
            with pytest.raises(RequestError, match=said.format(name)):
                ask()
    for name, options in (
        ("sample", ["--sample"]),
        ("constrained", ["--must-contain", "Hund"]),
        ("constrained", ["--prefix", "die"]),
        ("align", ["--align"]),
    ):
        done = translate(SOURCES[0], "--model", "plain", *options)
        assert done.returncode == 7
        assert said.format(name) in done.stderr


def test_the_command_line(service: Service, translate: Command) -> None:
    with service.client() as client:
        (drawn,) = client.sample(SOURCES[:1], temperature=0.5, top_k=5, top_p=0.9, seed=4)
        (aligned,) = client.align(SOURCES[:1])
    of_full = (SOURCES[0], "--model", "full", "--no-split")
    how = ("--temperature", 0.5, "--top-k", 5, "--top-p", 0.9, "--seed", 4)
    done = translate(*of_full, "--sample", *how, "--json", "--n-best", 2)
    (answer,) = json.loads(done.stdout)
    assert tuple(hypothesis["text"] for hypothesis in answer["hypotheses"]) == drawn.texts
    done = translate(*of_full, "--must-contain", "Hund", "--must-contain", "Männer", "--prefix", "zwei")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("zwei")
    assert "Hund" in done.stdout
    assert "Männer" in done.stdout
    long = "Katze " * 30
    done = translate(*of_full, "--must-contain", long, "--json")
    assert json.loads(done.stdout)[0]["unmet"] == [long.strip()]
    assert "1 of 1 translations lack some of what they should have (line 1)" in done.stderr
    done = translate(*of_full, "--align")
    text, links = done.stdout.removesuffix("\n").split("\t")
    assert links.split() == [f"{source}-{target}" for source, target in aligned.words]
    assert text == " ".join(aligned.text.splitlines())
    done = translate(*of_full, "--align", "--json")
    (answer,) = json.loads(done.stdout)
    assert answer["source"] == SOURCES[0]
    assert [tuple(link) for link in answer["words"]] == list(aligned.words)
    for (place, _), ((start, end), _) in zip(answer["words"], answer["word_spans"], strict=True):
        assert SOURCES[0][start:end] == SOURCES[0].split()[place]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--seed", 1), "--seed says how to draw: give --sample"),
        (("--sample", "--align"), "give --sample or --align"),
        (("--align", "--n-best", 2), "--n-best goes with plain translations or --sample"),
        (("--sample", "--temperature", 0), "temperature must be above 0"),
        (("--must-contain", " "), "is no phrase"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    translate: Command, options: tuple[object, ...], said: str
) -> None:
    done = translate("a", "--model", "full", *options)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", "").split())
