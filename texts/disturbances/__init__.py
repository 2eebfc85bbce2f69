"""What users type and training text has little of, made of sentence pairs: a file each."""
