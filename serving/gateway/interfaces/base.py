"""What the module of an interface holds: `INTERFACE`, its table (`serving.gateway.web.calls`)."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.kinds import Kind, KindError
from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.web.calls import Interface

INTERFACES = Kind("interface", "serving.gateway.interfaces", holds=("INTERFACE",))


def chosen(names: Sequence[str]) -> list[Interface]:
    """Those with these names, or all that there are.

    Raises:
        GatewaySettingsError: there is none of a name, or its module holds none.
    """
    try:
        modules = {name: INTERFACES.module(name) for name in names or INTERFACES.names()}
    except KindError as error:
        raise GatewaySettingsError(str(error)) from error
    interfaces = []
    for name, module in modules.items():
        if not isinstance(module.INTERFACE, Interface):
            raise GatewaySettingsError(
                f"INTERFACE of the interface `{name}` ({module.__file__}) is no {Interface.__name__}"
            )
        interfaces.append(module.INTERFACE)
    return interfaces
