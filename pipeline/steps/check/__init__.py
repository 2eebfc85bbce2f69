"""A model server loads the candidate and answers as the trainer does."""
