"""A run's workspace: its folders, its metadata, and the lease on it."""
