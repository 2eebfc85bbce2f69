"""What a text is measured by: lengths, scripts, languages, numbers."""
