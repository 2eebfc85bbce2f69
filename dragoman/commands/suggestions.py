"""`dragoman suggestions`: the better translations that users have sent to a gateway."""

from __future__ import annotations

import json
import sys

import typer

from dragoman.gateway_extra import DATABASE, needs_gateway

_AT_ONCE = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("suggestions", epilog="Example: dragoman suggestions > suggestions.jsonl")(suggestions)


def suggestions(
    database: str = DATABASE,
    after: int = typer.Option(0, min=0, help="Those with a higher number only."),
) -> None:
    """Print all suggestions, a JSON document a line, in the order in which they came."""
    with needs_gateway():
        from serving.gateway.database import suggestions as kept
        from serving.gateway.database.database import Database

    opened = Database(database)
    try:
        while rows := kept.after(opened, after, _AT_ONCE):
            for suggestion in rows:
                line = {
                    "number": suggestion.id,
                    "created": suggestion.created.isoformat(timespec="seconds"),
                    "source_language": suggestion.source_language,
                    "target_language": suggestion.target_language,
                    "source": suggestion.source,
                    "suggestion": suggestion.suggestion,
                    "key": suggestion.key,
                }
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            after = rows[-1].id
    finally:
        opened.close()
