"""What is measured of sentence pairs before somebody decides about them: the pipeline's step `clean` does."""
