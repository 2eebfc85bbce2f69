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
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
PARAGRAPH = "<p>The bread is cold. The father needs <b>the expensive chair</b>.</p>"
TAGS = ("<p>", "<b>", "</b>", "</p>")
GATE_REFUSED = 5
# The gateway is on this machine: no proxy, whatever the environment names.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


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


@contextmanager
def started(*arguments: str, log: str = "") -> Iterator[dict[str, Any]]:
    """A command that serves until the end, and what it says as JSON once it does; `log`: the file of its
    standard error, in the demo's folder, instead of the terminal.
    """
    print(f"$ dragoman {shlex.join(arguments)} &", flush=True)
    with (PLACE / log).open("wb") if log else nullcontext() as errors:
        server = subprocess.Popen([DRAGOMAN, *arguments], cwd=PLACE, stdout=subprocess.PIPE, stderr=errors)
    try:
        assert server.stdout is not None
        text = b""
        for line in server.stdout:
            text += line
            if line.startswith(b"}"):
                break
        if not text:
            sys.exit(f"demo: `dragoman {arguments[0]}` did not start{log and f'; see {PLACE / log}'}")
        yield json.loads(text)
    finally:
        server.terminate()
        server.wait()


def translate_by_gateway(address: str) -> None:
    """Start a gateway in front of the model server, and ask it as LibreTranslate's clients do."""
    # On any free port: 5000 may be somebody's.
    with started("gateway", "--address", address, "--port", "0", "--json", log="gateway.log") as gateway:
        url = gateway["address"]
        HTTP.open(f"{url}/", timeout=60).close()
        print(f"the page: {url}/")
        asked = {"format": "html", "source": "en", "target": "de", "q": PARAGRAPH}
        options = " ".join(f"-d {name}={shlex.quote(value)}" for name, value in asked.items())
        print(f"$ curl {options} {url}/translate", flush=True)
        with HTTP.open(f"{url}/translate", urlencode(asked).encode(), timeout=60) as answer:
            text = json.load(answer)["translatedText"]
    print(text, flush=True)
    if [tag for tag in TAGS if text.count(tag) != 1]:
        sys.exit(f"demo: a tag was lost; see {PLACE / 'gateway.log'}")


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
    with started("serve", "models", "--port", "0", "--rest-port", "0", "--json") as served:
        address = served["address"]
        print(f"serving on {address} ({served['backend']} server)", flush=True)
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
        say("7. A translation service with a web page in front of it: a paragraph with tags")
        translate_by_gateway(address)
    minutes, gigabytes = (time.monotonic() - began) / 60, memory.bytes / 1e9
    reports = sorted(PLACE.glob("runs/embedded/**/report.html"))
    say(f"Done in {minutes:.1f} minutes; at most {gigabytes:.1f} GB of memory in all processes together.")
    for report in reports:
        print(f"report: {report.relative_to(ROOT)}")
    again = shlex.join([os.path.relpath(DRAGOMAN, PLACE), "serve", "models", "--gateway"])
    print(f"page: cd {PLACE.name} && {again}, then http://127.0.0.1:5000/")


def main(arguments: Sequence[str]) -> None:
    """Start anew unless `--keep` is given."""
    if "--keep" not in arguments:
        shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        del os.environ[name]  # Whatever it names is not the demo's.
    steps(PeakMemory())


if __name__ == "__main__":
    main(sys.argv[1:])
