"""What serves now: what the candidate is compared with and may succeed, and what a training starts from."""
