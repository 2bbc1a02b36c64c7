"""No false alarm: a healthy server is found healthy, whoever wrote it and whatever the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.contract.conftest import Command

KEPT = 0
FAST = ("--rate", "10000/s")
MODES = {"full": ("--mode", "full"), "careful": ("--strict", *FAST)}


@pytest.fixture(params=["mock", "other hand"])
def deployment(request: pytest.FixtureRequest, faulty: ModuleType) -> Any:
    """Yield the URL, the token and the ids of a healthy server."""
    if request.param == "mock":
        seeded = request.getfixturevalue("mock")
        ids = (seeded["conversations"][0], *seeded["agents"])
        yield seeded["url"], seeded["token"], ids
        return
    with faulty.serve() as server:
        ids = (faulty.CONVERSATION, faulty.AGENT, faulty.OTHER_AGENT)
        yield server.url, faulty.TOKEN, ids


def check(command: Command, deployment: Any, mode: str, seed: int) -> None:
    """Run *mode* strictly and find nothing."""
    url, token, (conversation, *agents) = deployment
    ids = ("--conversation", conversation, *(f"--agent={agent}" for agent in agents))
    done = command(url, *ids, *MODES[mode], "--seed", str(seed), token=token)
    assert done.returncode == KEPT, done.stdout + done.stderr


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("mode", MODES)
def test_a_healthy_server_raises_no_alarm(
    command: Command, deployment: Any, mode: str, seed: int
) -> None:
    """Exit 0, in both modes, where a broken assumption would fail too."""
    check(command, deployment, mode, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mode", MODES)
def test_a_healthy_server_raises_no_alarm__twenty_seeds(
    command: Command, deployment: Any, mode: str, seed: int
) -> None:
    """As above, oftener."""
    check(command, deployment, mode, seed)
