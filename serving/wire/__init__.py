"""What goes over the wire: TensorFlow Serving's messages, as far as a client needs them, without TensorFlow,
and the gateway's own (`translation`), with a client's stub.

Field numbers and types of the first are those of tensorflow/serving 2.16.1 (`tensorflow_serving/apis`,
`config`), so the bytes are the same; the package names are our own, so that both can be imported into one
process.
`make proto` generates the code.
"""
