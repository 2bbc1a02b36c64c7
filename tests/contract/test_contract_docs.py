"""What docs/contract.md promises of itself; `tests/e2e/test_readme.py` runs its blocks."""

from __future__ import annotations

import re

import yaml
from tests.contract import docs_table

from blinger_contract.observable import OBSERVABLE
from blinger_spec import assumptions

PAGE = docs_table.PAGE.read_text(encoding="utf-8")


def test_the_table_is_what_the_kit_observes() -> None:
    """Every assumption, in order; `make docs` writes the table."""
    assert docs_table.text() == PAGE
    assert list(OBSERVABLE) == list(assumptions())


def test_a_ci_job_takes_ten_lines() -> None:
    """GitHub Actions, and GitLab CI."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    systems = ["jobs" if "jobs" in yaml.safe_load(block) else "script" for block in blocks]
    assert systems == ["jobs", "script"]
    for block in blocks:
        assert len(block.splitlines()) <= 10
        assert "blinger-contract" in block
