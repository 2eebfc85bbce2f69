"""What a scheduled run needs beyond a run: spans, what is new, retention, notification."""
