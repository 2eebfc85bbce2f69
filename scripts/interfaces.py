"""Write docs/interfaces.md from the gateway's tables (`make docs`); a test holds it up to date."""

from __future__ import annotations

from pathlib import Path

from scripts.configuration import table
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.settings import (
    GatewaySettings,
    GatewayTls,
    Limits,
    ModelTls,
    ServedModel,
    TraceSettings,
)
from serving.gateway.interfaces.base import chosen
from serving.gateway.web.calls import Call, Interface, Support

TARGET = Path(__file__).parents[1] / "docs" / "interfaces.md"
HEAD = """# The gateway's interfaces

Every call and every option of each interface, and what becomes of it here; [gateway.md](gateway.md) tells
the rest. This page is written by `make docs` from `serving/gateway/interfaces` and
`serving/gateway/core/settings.py`.

**supported**: it does what it does there. **without effect**: accepted, and named in the header
`X-Dragoman-Ignored` of the answer, as is any option that stands in no table. **refused**: an error, unless
it asks for nothing.
"""


def reference() -> str:
    """The whole page."""
    lines = [HEAD.rstrip()]
    for interface in chosen(()):
        lines += _section(interface)
    lines += [
        "",
        "## Settings",
        "",
        "Of `dragoman gateway --settings FILE`, in YAML; an unknown key is refused.",
    ]
    for section in (GatewaySettings, ServedModel, Limits, GatewayTls, ModelTls, TraceSettings):
        lines += table(section)
    return "\n".join(lines) + "\n"


def _section(interface: Interface) -> list[str]:
    lines = ["", f"## {interface.title}", "", f"`interfaces: [{interface.name}]`", ""]
    lines += ["| call | | |", "|---|---|---|"]
    for call in interface.calls:
        support = Support.SUPPORTED if call.run else Support.REFUSED
        without = ", without a key too" if call.is_open else ""
        methods = " ".join(call.methods)
        path = call.path.replace("{rest:path}", "…")
        lines.append(f"| `{methods} {path}` | {support.value}{without} | {_cell(call.note)} |")
    for call in interface.calls:
        if call.options:
            lines += _options(call)
    return [*lines, "", "Errors:", "", "| when | status |", "|---|---|", *_errors(interface)]


def _options(call: Call) -> list[str]:
    lines = ["", f"`{call.path}`:", "", "| option | | |", "|---|---|---|"]
    for option in call.options:
        said = [option.support.value, *(["required"] if option.required else [])]
        harmless = (
            f", but for {', '.join(f'`{value}`' for value in option.harmless)}" if option.harmless else ""
        )
        lines.append(f"| `{option.name}` | {', '.join(said)}{harmless} | {_cell(option.note)} |")
    return lines


def _errors(interface: Interface) -> list[str]:
    codes = {fault: interface.refusal(GatewayError(fault, "")).status_code for fault in Fault}
    return [f"| {fault.value} | {code} |" for fault, code in codes.items()]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(reference())
