"""A process that runs an export as TensorFlow Serving does: JSON on standard input, JSON on the last line of
the output.

`python -m trainer.session`, in: `{"directory": ..., "batches": [[sentence, ...], ...]}`, out: translations.
Of a model of several directions also `languages`, that of each translation.
It stands apart from `trainer.export`, whose import would bring the whole trainer into this process.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import sys
from pathlib import Path

from contracts.graphs_alone import leave_out
from contracts.signatures import SOURCE, TARGET_LANGUAGE, TRANSLATE, TRANSLATION


def main() -> None:
    """Answer the job on standard input."""
    leave_out()
    gc.disable()  # A process this short ends before a collection has gained anything.
    import tensorflow as tf

    # The SentencePiece operations, which TensorFlow Serving has linked in, and nothing else of TF-Text's.
    package = importlib.util.find_spec("tensorflow_text")
    assert package is not None
    assert package.origin is not None
    tf.load_op_library(str(Path(package.origin).parent / "python" / "ops" / "_sentencepiece_tokenizer.so"))
    job = json.load(sys.stdin)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], job["directory"])
        signature = model.signature_def[TRANSLATE.name]
        fetched = signature.outputs[TRANSLATION].name
        answers = []
        for number, batch in enumerate(job["batches"]):
            rows = [sentence.encode("utf-8", "surrogateescape") for sentence in batch]
            fed = {signature.inputs[SOURCE].name: rows}
            if "languages" in job:
                fed[signature.inputs[TARGET_LANGUAGE].name] = job["languages"][number]
            outputs = session.run(fetched, fed)
            answers.append([text.decode("utf-8", "replace") for text in outputs])
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
