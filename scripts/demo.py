"""`make demo`: the main job, end to end, with the commands a user would type, under .demo/."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".demo"
DRAGOMAN = Path(sys.executable).parent / "dragoman"
CONFIG = "../examples/embedded.yaml"
# Of the slice whose combinations of words are in no training sentence.
SENTENCES = (
    "The bread is cold.",
    "The father needs the expensive chair.",
    "The lazy cows wait in the quiet garden.",
    "Her child follows the sad women in the house.",
    "Does a mother forget Laura and the small ball?",
    "The father opens the 95 tables in the office.",
    "Peter repairs doors while David finds the book.",
    "His cooks believe that the newspaper is good.",
    "The dress was not cheap when eighty-three uncles closed this door.",
    "I will tidy up the four schools, and Emma will not invite this student.",
)
GATE_REFUSED = 5


class PeakMemory:
    """The largest resident memory of this process and all its children together, looked at twice a second."""

    def __init__(self) -> None:
        self.bytes = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        own = psutil.Process()
        while True:
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)
            time.sleep(0.5)


def say(text: str) -> None:
    """A heading between the commands."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def dragoman(*arguments: str, expect: int = 0) -> None:
    """Show a command, run it, and stop the demo when it ends otherwise than expected."""
    print(f"$ dragoman {shlex.join(arguments)}", flush=True)
    code = subprocess.run([DRAGOMAN, *arguments], cwd=PLACE, check=False).returncode
    if code != expect:
        sys.exit(f"demo: this ended with exit code {code} and not {expect}; everything is under {PLACE}")


def start_server() -> tuple[subprocess.Popen[bytes], str]:
    """`dragoman serve` on any free port, ready to answer."""
    command = ["serve", "models", "--port", "0", "--rest-port", "0", "--json"]
    print(f"$ dragoman {shlex.join(command)} &", flush=True)
    server = subprocess.Popen([DRAGOMAN, *command], cwd=PLACE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    text = b""
    for line in server.stdout:
        text += line
        if line.startswith(b"}"):
            break
    if not text:
        sys.exit("demo: the model server did not start")
    served = json.loads(text)
    print(f"serving on {served['address']} ({served['backend']} server)", flush=True)
    return server, served["address"]


def run(*overrides: str, expect: int = 0) -> None:
    """One pipeline run of the embedded example."""
    settings = [word for override in overrides for word in ("--set", override)]
    dragoman("run", CONFIG, *settings, expect=expect)


def steps(memory: PeakMemory) -> None:
    """The demo."""
    began = time.monotonic()
    say("1. From a corpus to a pushed version: ingest, clean, train, gate, serving check, push")
    run()
    say("2. Serve it, and translate ten sentences over gRPC")
    server, address = start_server()
    try:
        os.environ["DRAGOMAN_ADDRESS"] = address
        replica = ("--replica", address)
        dragoman("translate", *SENTENCES)
        say("3. A worse candidate: it reads six pieces. The gate refuses it (exit code 5), nothing is pushed")
        # Another search is another export of the same training.
        run("search.max_source_length=6", expect=GATE_REFUSED)
        say("4. A second good candidate: the first one, trained on. It is pushed beside the first")
        run("training.max_steps=3000")
        dragoman("versions", "models", *replica)
        say("5. Promote it: loaded first, then the label moves")
        dragoman("promote", "embedded", "2", "--reason", "demo", *replica)
        dragoman("translate", SENTENCES[0])
        say("6. Roll back")
        dragoman("rollback", "embedded", "--reason", "demo", *replica)
        dragoman("versions", "models", *replica)
        dragoman("translate", SENTENCES[0])
        dragoman("versions", "models", "--history")
    finally:
        server.terminate()
        server.wait()
    minutes, gigabytes = (time.monotonic() - began) / 60, memory.bytes / 1e9
    reports = sorted(PLACE.glob("runs/embedded/**/report.html"))
    say(f"Done in {minutes:.1f} minutes; at most {gigabytes:.1f} GB of memory in all processes together.")
    for report in reports:
        print(f"report: {report.relative_to(ROOT)}")


def main(arguments: Sequence[str]) -> None:
    """Start anew unless `--keep` is given."""
    if "--keep" not in arguments:
        shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(exist_ok=True)
    steps(PeakMemory())


if __name__ == "__main__":
    main(sys.argv[1:])
