"""A model card for people."""

from __future__ import annotations

import json

from contracts.card import CardScores, ModelCard, as_of


def _row(*cells: object) -> str:
    """One line of a table; a bar or a line break in a cell would tear it apart."""
    return "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"


def _scores(scores: CardScores) -> str:
    return _row(scores.name, scores.sentences, f"{scores.bleu:.2f}", f"{scores.chrf:.2f}")


def _table(head: tuple[str, ...], rows: list[str]) -> list[str]:
    return [_row(*head), _row(*("---" for _ in head)), *rows, ""]


def _languages(card: ModelCard) -> str:
    """As `en to de`, or all directions, those that were never trained apart."""
    if not card.directions:
        return f"{card.source_language} to {card.target_language}"
    pairs = [
        (f"{direction.source_language} to {direction.target_language}", direction.zero_shot)
        for direction in card.directions
    ]
    trained = ", ".join(name for name, zero_shot in pairs if not zero_shot)
    untrained = ", ".join(name for name, zero_shot in pairs if zero_shot)
    default = f"into {card.target_language} where no language is asked for"
    return f"{trained} ({default})" + (f"; never trained: {untrained}" if untrained else "")


def markdown(card: ModelCard) -> str:
    """The content of `model_card.md`."""
    against = (
        "no version before"
        if card.gate.baseline_version is None
        else f"compared with version {card.gate.baseline_version}"
    )
    optional = card.optional_signatures
    commit = f", commit {card.code.commit}" if card.code.commit else ""
    lines = [
        f"# {card.model} version {card.version}",
        "",
        f"Translates {_languages(card)}. Pushed {as_of(card.created)}.",
        "",
        *([f"Also answers {', '.join(f'`{name}`' for name in optional)}.", ""] if optional else []),
        *([f"`align` goes by {card.aligning_head}.", ""] if card.aligning_head else []),
        *([f"Has {card.protected_pieces}.", ""] if card.protected_pieces else []),
        *([f"Its confidence is {card.confidence}.", ""] if card.confidence else []),
        *(["Reads a sentence with the one before it.", ""] if card.context else []),
        "## Scores",
        "",
        *_table(
            ("test sentences", "count", "BLEU", "chrF"),
            [_scores(card.overall), *(_scores(part) for part in card.slices)],
        ),
        f"- BLEU: `{card.signatures.bleu}`",
        f"- chrF: `{card.signatures.chrf}`",
        "",
        "## Gate",
        "",
        f"{'Blessed' if card.gate.blessed else 'Not blessed'}, {against}.",
        "",
        *(f"- {' '.join(reason.split())}" for reason in card.gate.reasons),
        "",
        "## Data",
        "",
        *_table(("split", "pairs"), [_row(split, count) for split, count in card.data.pairs.items()]),
        f"Fingerprint: `{card.data.fingerprint}`",
        "",
        "## Configuration",
        "",
        "```json",
        json.dumps(card.configuration, ensure_ascii=False, indent=2),
        "```",
        "",
        "## Code",
        "",
        f"Dragoman {card.code.version}{commit}. Exported files: `{card.candidate_fingerprint}`",
        "",
        *_table(
            ("package", "version"), [_row(name, version) for name, version in card.code.packages.items()]
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"
