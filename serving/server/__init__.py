"""The embedded model server: speaks TensorFlow Serving's API, for development and tests."""
