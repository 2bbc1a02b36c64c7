"""A server that nobody here wrote, made of `openapi.yaml` alone, understands the SDK."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from blinger import AsyncBlinger, Blinger, NotFound, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_START_SECONDS = 60
_SAMPLES = Path(__file__).parents[1] / "samples"
_CONVERSATION = "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
_AGENT = "c671d030-584e-4422-8710-9215c04b6a64"
_TEXT_PATH = f"/conversation/{_CONVERSATION}/send-text-message"


def _sample(name: str) -> dict[str, Any]:
    text = (_SAMPLES / f"conversation_{name}.200.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)["data"]
    return data


_EXPECTED = [
    _sample(name)
    for name in ("assign_agent", "send_text_message", "send_file_message", "request_review")
]


@pytest.fixture
def prism(
    root: Path, free_port: int, node_tool: Callable[[str], list[str]], tmp_path: Path
) -> Iterator[str]:
    """Serve the contract with Prism, which answers with its examples; yield the base URL."""
    url = f"http://127.0.0.1:{free_port}"
    log = tmp_path / "prism.log"
    command = [
        *node_tool("prism"),
        *("mock", str(root / "openapi.yaml"), "--host", "127.0.0.1", "--port", str(free_port)),
    ]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=output) as process,
    ):
        try:
            deadline = time.monotonic() + _START_SECONDS
            while f"listening on {url}" not in log.read_text("utf-8"):
                assert process.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < deadline, log.read_text("utf-8")
                time.sleep(0.05)
            yield url
        finally:
            process.kill()


def _walk(url: str) -> list[dict[str, Any]]:
    with Blinger(token="made-up", base_url=url, strict=True) as client:
        chat = client.conversation(_CONVERSATION)
        return [
            chat.assign_agent(_AGENT).to_dict(),
            chat.send_text("Hello").to_dict(),
            chat.send_file("https://example.com/invoice.pdf").to_dict(),
            chat.request_review().to_dict(),
        ]


async def _walk_async(url: str) -> list[dict[str, Any]]:
    async with AsyncBlinger(token="made-up", base_url=url, strict=True) as client:
        chat = client.conversation(_CONVERSATION)
        return [
            (await chat.assign_agent(_AGENT)).to_dict(),
            (await chat.send_text("Hello")).to_dict(),
            (await chat.send_file("https://example.com/invoice.pdf")).to_dict(),
            (await chat.request_review()).to_dict(),
        ]


def _refusals(url: str) -> Iterator[int]:
    """Yield how requests that the contract does not allow are answered."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=url))
        body = {"uuid": "8b9c3a0e-5f4f-4c53-9f0b-0a7d1f6a2c11", "text": "Hello"}
        token = {"Authorization": "made-up"}
        yield client.post(_TEXT_PATH, json=body, headers=token).status_code
        yield client.post(_TEXT_PATH, json=body).status_code
        yield client.post(_TEXT_PATH, json={**body, "more": 1}, headers=token).status_code
        yield client.post(_TEXT_PATH, json={**body, "uuid": "1"}, headers=token).status_code
        yield client.post(_TEXT_PATH, json={**body, "text": ""}, headers=token).status_code


def test_prism(prism: str) -> None:
    """Both clients walk the four operations and get the examples, value for value.

    The server would refuse what the contract does not allow, and its refusals are errors.
    """
    assert _walk(prism) == _EXPECTED
    assert asyncio.run(_walk_async(prism)) == _EXPECTED
    assert list(_refusals(prism)) == [200, 401, 422, 422, 422]
    with Blinger(token="made-up", base_url=prism, retries=0) as client:
        for status, error in ((404, NotFound), (503, ServerError)):
            view = client.with_options(headers={"Prefer": f"code={status}"})
            with pytest.raises(error) as caught:
                view.conversation(_CONVERSATION).send_text("Hello")
            assert caught.value.status == status
