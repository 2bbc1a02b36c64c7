"""Test a deployment of the Blinger Widget API against `openapi.yaml`.

`blinger-contract URL` is the command; `blinger_contract.suite.Suite` is the same suite for pytest.
Both drive schemathesis, and bring what it cannot know: ids that exist, a limit on what is sent,
and which answers prove something.
"""
