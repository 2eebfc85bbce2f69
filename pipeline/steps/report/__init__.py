"""One self-contained HTML page per run: what went in, what was learned, what the gate decided and why."""
