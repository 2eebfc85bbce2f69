"""1,000 made texts and 200 real ones with markup and placeholders through a gateway with a real model: what
is kept, what is repaired, what is said not to be kept, and what is lost in silence, which must be none.

    python -m benchmarks.gateway_texts models            # a model root with a model from English
    python -m benchmarks.gateway_texts models --model en-de --json build/texts.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gateway_calls import HttpCaller
from benchmarks.gateway_catalogue import RELEASE, fetched, real_texts
from benchmarks.gateway_processes import (
    REPOSITORY,
    GatewayProcess,
    ModelServerProcess,
    english_model,
    root_of,
    running,
)
from contracts.card import CardSummary
from serving.versions import versions
from tests.texts.harm import harm
from tests.texts.made_texts import Sample, made_texts

MADE, REAL = 1000, 200
VERDICTS = ("kept", "repaired", "said", "silent", "unanswered")
"""All came back from the model; what it lost was asked apart; the answer says what is not as it should be;
something is, and the answer does not say so; there was no answer."""
_AT_ONCE = 8


@dataclass(frozen=True)
class Outcome:
    """What became of a text."""

    verdict: str
    sample: Sample
    translation: str
    harm: Sequence[str] = ()


def verdict_of(sample: Sample, answer: dict[str, Any]) -> Outcome:
    """`answer`: of `/v1/translate`."""
    wrong, notes = harm(sample, answer["text"]), answer["notes"]
    if not all(note["kept"] for note in notes):
        verdict = "said"
    elif wrong:
        verdict = "silent"
    else:
        verdict = "repaired" if any(note["gave"] == "apart" for note in notes) else "kept"
    return Outcome(verdict, sample, answer["text"], wrong)


def translated(url: str, samples: Sequence[Sample], target: str) -> list[Outcome]:
    """All texts through a gateway, each in a request of its own, several at once."""

    def ask(sample: Sample) -> Outcome:
        caller = HttpCaller(url)
        try:
            reply = caller.post(
                "/v1/translate", texts=[sample.text], source="en", target=target, format=sample.format
            )
        finally:
            caller.close()
        if reply.status != 200:
            return Outcome("unanswered", sample, "", (f"{reply.status}: {reply.body}",))
        return verdict_of(sample, reply.body["answers"][0])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(ask, samples))


def table(outcomes: dict[str, list[Outcome]]) -> str:
    """By where the texts are from and what they are."""
    rows = [f"| texts | all | {' | '.join(VERDICTS)} |", "| --- " * (len(VERDICTS) + 2) + "|"]
    for origin, those in outcomes.items():
        for form in dict.fromkeys(outcome.sample.format for outcome in those):
            counts = Counter(outcome.verdict for outcome in those if outcome.sample.format == form)
            cells = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
            rows.append(f"| {origin}, {form} | {counts.total()} | {cells} |")
    return "\n".join(rows)


def _as_json(outcomes: dict[str, list[Outcome]]) -> dict[str, Any]:
    every = [outcome for those in outcomes.values() for outcome in those]
    return {
        "counts": {
            origin: dict(Counter(outcome.verdict for outcome in those)) for origin, those in outcomes.items()
        },
        "worst": [
            {
                "verdict": outcome.verdict,
                "format": outcome.sample.format,
                "text": outcome.sample.text,
                "translation": outcome.translation,
                "harm": list(outcome.harm),
            }
            for outcome in every
            if outcome.verdict in ("silent", "unanswered")
        ],
    }


def main() -> None:
    """Print the table; ends with 1 where something was lost in silence, or not answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", type=Path, help="a model root")
    parser.add_argument("--model", help="from English; the first there is, if not given")
    parser.add_argument("--backend", choices=["embedded", "binary", "docker"], default="embedded")
    parser.add_argument("--made", type=int, default=MADE)
    parser.add_argument("--real", type=int, default=REAL)
    parser.add_argument("--json", type=Path, help="write counts, and what was lost in silence, there")
    arguments = parser.parse_args()
    name = arguments.model or english_model(arguments.models)
    folders = versions(arguments.models / name)
    target = CardSummary.of(folders[max(folders)]).target_language or "de"
    samples = {"made": list(made_texts(arguments.made))}
    if arguments.real:
        samples[RELEASE] = real_texts(fetched(REPOSITORY / "build" / "catalogues"), arguments.real)
    with tempfile.TemporaryDirectory() as folder:
        root = root_of(Path(folder) / "models", arguments.models, name)
        server = ModelServerProcess(root, arguments.backend)
        gateway = GatewayProcess(
            Path(folder) / "gateway", address=server.address, model_root=str(root), cache_characters=0
        )
        with running(server, gateway):
            outcomes = {origin: translated(gateway.url, those, target) for origin, those in samples.items()}
    print(f"{name}, en to {target}\n\n{table(outcomes)}")
    said = _as_json(outcomes)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for worst in said["worst"][:10]:
        print(json.dumps(worst, ensure_ascii=False))
    if said["worst"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
