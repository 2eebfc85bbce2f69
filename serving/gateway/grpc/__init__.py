"""The gateway's gRPC, beside HTTP in one process and event loop: our own service, and TensorFlow Serving's
calls, which are passed on.
"""
