"""The package is offline but for one command and one option, and two modules know the network."""

import ast
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "ytterby"
DOOR = "facts/connection.py"
MODEL_DOOR = "evidence/endpoint.py"  # the extra llm: off unless somebody names an endpoint
CLIENTS = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "poplib", "requests", "smtplib", "socket",
    "socketserver", "ssl", "telnetlib", "urllib3", "wbgapi", "webbrowser", "xmlrpc",
}  # fmt: skip


def names(path: Path) -> set[str]:
    """Modules that a file imports at run time, whole and by their first word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hints = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in set(ast.walk(tree)) - hints:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found | {name.split(".")[0] for name in found}


def test_two_modules_know_the_network():
    knowing = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if names(path) & (CLIENTS | {"urllib.request"})
    }
    assert knowing == {DOOR, MODEL_DOOR}


def test_only_the_download_leads_to_it():
    """connection <- transfer <- download <- the command, which imports it inside its own function."""
    leads = {"ytterby.facts.connection", "ytterby.facts.transfer", "ytterby.facts.download"}
    users = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if names(path) & leads}
    assert users == {"facts/transfer.py", "facts/download.py", "commands/facts.py"}
    roads = "ytterby.cli, ytterby.study, ytterby.facts.imports"
    code = f"import sys, {roads}; print('ytterby.facts.connection' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_client_is_loaded_by_a_download_only():
    code = "import sys, ytterby.facts.download; print('urllib3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_model_is_loaded_only_where_an_endpoint_is_named():
    """endpoint <- model <- the reading and the command, both inside their own functions or for types only."""
    leads = {"ytterby.evidence.endpoint", "ytterby.evidence.model"}
    users = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if names(path) & leads}
    assert users == {"evidence/model.py", "commands/evidence.py"}
    roads = "ytterby.cli, ytterby.study, ytterby.evidence"
    code = f"import sys, {roads}; print([m for m in sys.modules if 'endpoint' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
