"""The Transformer as it is exported: TensorFlow's own operations, no cache copied."""
