"""Both engines of the decoding benchmark, each in a process of its own: strings in, strings out.

`python -m benchmarks.engines JOB`, a JSON object, answers JSON lines: in a list of batches of sentences, out
`{"seconds": ..., "translations": [...], "latencies": [...]}`. The callers take batches from one queue, each
in a thread of its own, as clients of a server do. Tokenization is inside the measured time on both sides.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.child import Child, ChildError
from benchmarks.machine import module_command
from benchmarks.peer import PeerSetting
from benchmarks.turns import order
from serving.onednn import VARIABLE, is_worth_it
from serving.threads import fitting_size, weight_bytes

Translate = Callable[[list[str]], list[str]]


class PeerSearch(NamedTuple):
    """What CTranslate2 is asked for; an export has its own search."""

    beams: int
    limit: int
    """Target pieces at most."""
    length_penalty: float
    batch: int
    """Sentences a batch, where it makes its batches itself."""
    minimum: int = 1
    """Target pieces at least."""


class Answer(NamedTuple):
    """What an engine did with some batches."""

    seconds: float
    """From the first call to the last answer."""
    translations: list[str]
    latencies: list[float]
    """Seconds of each call, in the order of the batches."""


class Engine:
    """A running engine."""

    def __init__(self, job: dict[str, object], environment: dict[str, str]) -> None:
        self._child = Child(module_command("benchmarks.engines", json.dumps(job)), environment)

    @classmethod
    def of_export(
        cls, directory: Path, callers: int, intra: int, inter: int, one_dnn: bool = False
    ) -> Engine:
        """An export, loaded as TensorFlow Serving loads it, with the session's two thread settings."""
        job = {"directory": str(directory), "callers": callers, "intra": intra, "inter": inter}
        return cls(job, {VARIABLE: str(int(one_dnn))})

    @classmethod
    def as_served(cls, directory: Path, callers: int) -> Engine:
        """An export, with the threads and the oneDNN that `dragoman serve` gives a model of its size."""
        weights = weight_bytes(directory)
        fitting = fitting_size(weights)
        return cls.of_export(directory, callers, fitting.intra, fitting.inter, is_worth_it(weights))

    @classmethod
    def of_peer(cls, directory: Path, callers: int, search: PeerSearch, setting: PeerSetting) -> Engine:
        """CTranslate2, with as many translations at once as there are callers."""
        job = {"directory": str(directory), "callers": callers, "search": search, "setting": setting}
        return cls(job, setting.environment)

    def answer(self, batches: Sequence[Sequence[str]]) -> Answer:
        """Translate the batches.

        Raises:
            ChildError: the process ended, as where the processor lacks what a setting asks for.
        """
        return Answer(**self._child.ask(batches))

    def translate(self, batches: Sequence[Sequence[str]]) -> tuple[float, list[str]]:
        """Seconds and translations of the batches, in their order; see `answer`."""
        answer = self.answer(batches)
        return answer.seconds, answer.translations

    def close(self) -> None:
        """End the process."""
        self._child.close()


def try_peer(
    directory: Path, callers: int, search: PeerSearch, setting: PeerSetting, batches: Sequence[Sequence[str]]
) -> float | None:
    """Sentences a second under a setting, warm, the better of two tries; None where the processor refuses
    it.
    """
    engine = Engine.of_peer(directory, callers, search, setting)
    try:
        engine.translate(batches[:2])
        return sum(map(len, batches)) / min(engine.translate(batches)[0] for _ in range(2))
    except ChildError:
        return None
    finally:
        engine.close()


def in_batches(
    sources: Sequence[str], batch: int, callers: int, setting: PeerSetting | None = None
) -> list[list[str]]:
    """So many sentences each; where the peer makes its batches itself, all in a list for each caller."""
    if setting is not None and setting.own_batching:
        return [list(sources[caller::callers]) for caller in range(callers)]
    return [list(sources[first : first + batch]) for first in range(0, len(sources), batch)]


def answers_in_turn(
    engines: Sequence[Engine], batches: Sequence[Sequence[Sequence[str]]], repetitions: int
) -> tuple[list[Answer], ...]:
    """What each of the engines, which are closed then, answered to its batches in each repetition: strictly
    in turn, after some of them for warming up.
    """
    answers: tuple[list[Answer], ...] = tuple([] for _ in engines)
    try:
        for engine, its in zip(engines, batches, strict=True):
            engine.translate([*its[:3], *its[-3:]])
        for repetition in range(repetitions):
            for place in order(repetition, len(engines)):
                answers[place].append(engines[place].answer(batches[place]))
    finally:
        for engine in engines:
            engine.close()
    return answers


def in_order(answer: Answer, batches: Sequence[Sequence[str]], sources: Sequence[str]) -> list[str]:
    """The translations of the sources, which were asked in batches."""
    asked = (source for batch in batches for source in batch)
    by_source = dict(zip(asked, answer.translations, strict=True))
    return [by_source[source] for source in sources]


def load_session(directory: Path, intra: int, inter: int) -> tuple[Any, str, str]:
    """An export as TensorFlow Serving loads it: the session, and what it is fed and asked for."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the SentencePiece operations

    tf.get_logger().setLevel("ERROR")

    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=intra, inter_op_parallelism_threads=inter)
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    with session.graph.as_default():
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(directory))
    signature = model.signature_def["serving_default"]
    return session, signature.inputs["source"].name, signature.outputs["translation"].name


def _session(directory: Path, intra: int, inter: int) -> Translate:
    session, fed, fetched = load_session(directory, intra, inter)
    run = session.make_callable(fetched, [fed])
    return lambda batch: [text.decode() for text in run([sentence.encode() for sentence in batch])]


def _peer(directory: Path, callers: int, search: PeerSearch, setting: PeerSetting) -> Translate:
    """CTranslate2 with the SentencePiece models that lie beside it."""
    import ctranslate2
    import sentencepiece

    source = sentencepiece.SentencePieceProcessor(model_proto=(directory / "source.spm").read_bytes())
    target = sentencepiece.SentencePieceProcessor(model_proto=(directory / "target.spm").read_bytes())
    engine = ctranslate2.Translator(
        str(directory),
        device="cpu",
        compute_type="float32",
        inter_threads=callers,
        intra_threads=setting.threads,
    )

    def translate(batch: list[str]) -> list[str]:
        answers = engine.translate_batch(
            source.encode(batch, out_type=str),
            beam_size=search.beams,
            length_penalty=search.length_penalty,
            min_decoding_length=search.minimum,
            max_decoding_length=search.limit,
            max_batch_size=search.batch if setting.own_batching else 0,
        )
        return [target.decode(answer.hypotheses[0]) for answer in answers]

    return translate


def _open(job: dict) -> Translate:
    """What translates a batch."""
    directory = Path(job["directory"])
    if "setting" not in job:
        return _session(directory, job["intra"], job["inter"])
    return _peer(directory, job["callers"], PeerSearch(*job["search"]), PeerSetting(*job["setting"]))


def main() -> None:
    """Serve the benchmark until standard input ends."""
    job = json.loads(sys.argv[1])
    answers, sys.stdout = sys.stdout, sys.stderr
    translate = _open(job)

    def timed(batch: list[str]) -> tuple[list[str], float]:
        started = time.perf_counter()
        return translate(batch), time.perf_counter() - started

    with ThreadPoolExecutor(job["callers"]) as callers:
        for line in sys.stdin:
            batches = json.loads(line)
            started = time.perf_counter()
            calls = list(callers.map(timed, batches))
            answer = Answer(
                seconds=time.perf_counter() - started,
                translations=[text for texts, _ in calls for text in texts],
                latencies=[seconds for _, seconds in calls],
            )
            print(json.dumps(answer._asdict()), file=answers, flush=True)


if __name__ == "__main__":
    main()
