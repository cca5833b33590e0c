"""ytterby: supply-security analysis for critical minerals, from public report to supply decision.

The verbs of the command line are functions here: ``read``, ``verify``, ``screen``, ``load_study``,
``simulate``, ``plan``, ``run``. Beside them stand the equations of ``docs/method``, each a pure
function. Names are loaded when they are first used, so that ``import ytterby`` is quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "ytterby.study": ("load_study", "plan", "read", "run", "screen", "simulate", "verify"),
    "ytterby.facts.store": ("open_store",),
    "ytterby.network.chain": ("build_chain", "check_balance"),
    "ytterby.errors": ("YtterbyError",),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
