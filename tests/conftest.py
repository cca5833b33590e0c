"""What all tests share: where the project's shared evidence and data lie."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder beside the checkout; in CI its absence is a failure, elsewhere a skip."""
    if not SHARED.is_dir():
        message = f"the shared evidence and data folder is not beside the checkout ({SHARED.name}/)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return SHARED
