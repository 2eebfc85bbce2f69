"""From an exported model to a visible version: numbered, warmed up, described, in one rename."""
