"""The TFX pipeline: components, run configuration, gate, push, report."""
