"""Both engines of the decoding benchmark, each in a process of its own: strings in, strings out.

`python -m benchmarks.engines KIND DIRECTORY THREADS [BEAMS LIMIT LENGTH-PENALTY]` answers JSON lines:
in a list of batches of sentences, out `{"seconds": ..., "translations": [...]}`. Tokenization is
inside the measured time on both sides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Translate = Callable[[list[str]], list[str]]


class Engine:
    """A running engine."""

    def __init__(
        self,
        kind: str,
        directory: Path,
        threads: int,
        *,
        search: tuple[int, int, float] | None = None,
        one_dnn: bool = False,
    ) -> None:
        """Start it.

        Args:
            search: beams, target pieces at most, exponent of the length penalty; an export has its own.
        """
        environment = {
            **os.environ,
            "TF_ENABLE_ONEDNN_OPTS": str(int(one_dnn)),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": str(threads),
        }
        arguments = [kind, str(directory), str(threads), *map(str, search or ())]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.engines", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def translate(self, batches: Sequence[Sequence[str]]) -> tuple[float, list[str]]:
        """Seconds and translations of the batches, one after the other."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the engine has no pipes")
        self._process.stdin.write(json.dumps(batches) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the engine ended with exit code {self._process.wait()}")
        answer = json.loads(line)
        return answer["seconds"], answer["translations"]

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


def _session(directory: Path, threads: int) -> Translate:
    """The export as TensorFlow Serving loads it."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the SentencePiece operations

    tf.get_logger().setLevel("ERROR")

    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    with session.graph.as_default():
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(directory))
    signature = model.signature_def["serving_default"]
    fed, fetched = signature.inputs["source"].name, signature.outputs["translation"].name
    run = session.make_callable(fetched, [fed])
    return lambda batch: [text.decode() for text in run([sentence.encode() for sentence in batch])]


def _ctranslate2(directory: Path, threads: int, beams: int, limit: int, length_penalty: float) -> Translate:
    """CTranslate2 with the SentencePiece models that lie beside it."""
    import sentencepiece

    from benchmarks.ctranslate import open_translator

    source = sentencepiece.SentencePieceProcessor(model_proto=(directory / "source.spm").read_bytes())
    target = sentencepiece.SentencePieceProcessor(model_proto=(directory / "target.spm").read_bytes())
    engine = open_translator(directory, threads)

    def translate(batch: list[str]) -> list[str]:
        answers = engine.translate_batch(
            source.encode(batch, out_type=str),
            beam_size=beams,
            length_penalty=length_penalty,
            max_decoding_length=limit,
        )
        return [target.decode(answer.hypotheses[0]) for answer in answers]

    return translate


def main() -> None:
    """Serve the benchmark until standard input ends."""
    kind, directory, threads, *search = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr
    if kind == "session":
        translate = _session(Path(directory), int(threads))
    else:
        beams, limit, penalty = search
        translate = _ctranslate2(Path(directory), int(threads), int(beams), int(limit), float(penalty))
    for line in sys.stdin:
        batches = json.loads(line)
        started = time.perf_counter()
        translations = [text for batch in batches for text in translate(batch)]
        print(
            json.dumps({"seconds": time.perf_counter() - started, "translations": translations}),
            file=answers,
            flush=True,
        )


if __name__ == "__main__":
    main()
