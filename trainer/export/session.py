"""A process that runs an export as TensorFlow Serving does: JSON on standard input, JSON on the last line of
the output.

`python -m trainer.export.session`, in: `{"directory": ..., "batches": [[sentence, ...], ...]}`, out:
translations.
"""

from __future__ import annotations

import json
import sys

import tensorflow as tf

# Registers the SentencePiece operations, which TensorFlow Serving has linked in.
import tensorflow_text  # noqa: F401


def main() -> None:
    """Answer the job on standard input."""
    job = json.load(sys.stdin)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], job["directory"])
        signature = model.signature_def["serving_default"]
        fed, fetched = signature.inputs["source"].name, signature.outputs["translation"].name
        answers = []
        for batch in job["batches"]:
            rows = [sentence.encode("utf-8", "surrogateescape") for sentence in batch]
            outputs = session.run(fetched, {fed: rows})
            answers.append([text.decode("utf-8", "replace") for text in outputs])
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
