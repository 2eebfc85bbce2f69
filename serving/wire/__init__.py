"""TensorFlow Serving's messages, as far as a client needs them, without TensorFlow.

Field numbers and types are those of tensorflow/serving 2.16.1 (`tensorflow_serving/apis`, `config`), so the
bytes are the same; the package names are our own, so that both can be imported into one process.
`make proto` generates the code.
"""
