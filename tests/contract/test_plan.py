"""The plan: it counts what a run sends, exactly, and sends nothing."""

from __future__ import annotations

import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from tests.contract.conftest import Command

OPERATIONS = ("assignAgent", "sendTextMessage", "sendFileMessage", "requestReview")


def totals(output: str) -> tuple[int, int]:
    """Return the requests and the accepted writes that a plan counts in all."""
    found = re.search(r"^  in all .* (\d+|-) +(\d+|-)$", output, re.MULTILINE)
    assert found is not None, output
    requests, accepted = (0 if one == "-" else int(one) for one in found.groups())
    return requests, accepted


def test_a_plan_counts_what_a_careful_run_sends(command: Command, faulty: ModuleType) -> None:
    """Against a deployment that keeps the contract it is exact, request by request."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    with faulty.serve() as server:
        common = (server.url, "--seed", "4", *ids)
        planned = command(*common, "--plan", token=faulty.TOKEN)
        assert planned.returncode == 0, planned.stdout + planned.stderr
        assert server.requests == []
        done = command(*common, "--rate", "1000/s", token=faulty.TOKEN)
    assert done.returncode == 0, done.stdout
    assert totals(planned.stdout) == (len(server.requests), len(server.written))
    for operation in OPERATIONS:
        assert re.search(rf"^  {operation} +", planned.stdout, re.MULTILINE)
    new = re.search(r"(\d+) new messages, (\d+) assignments", planned.stdout)
    assert new is not None
    keyed = {body["uuid"].lower() for body in server.bodies if "uuid" in body}
    assigned = sum("agentId" in body for body in server.bodies)
    reviews = sum(not {"uuid", "agentId"} & set(body) for body in server.bodies)
    assert (int(new[1]), int(new[2])) == (len(keyed) + reviews, assigned)


def test_a_plan_of_a_full_run_is_an_estimate(command: Command, faulty: ModuleType) -> None:
    """It says so, and it is a good one; the run itself finds nothing wrong."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    with faulty.serve() as server:
        common = (server.url, "--mode", "full", "--seed", "2", *ids)
        planned = command(*common, "--plan", token=faulty.TOKEN)
        assert server.requests == []
        done = command(*common, token=faulty.TOKEN)
    assert done.returncode == 0, done.stdout
    assert "An estimate" in planned.stdout
    assert abs(totals(planned.stdout)[0] - len(server.requests)) < len(server.requests) / 10


def test_a_plan_opens_no_connection(command: Command) -> None:
    """A listener that counts sees nobody."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/external/v1"
        stop = threading.Event()

        def watch() -> None:
            while not stop.is_set():
                try:
                    came.append(listener.accept())
                except TimeoutError:
                    continue

        watcher = threading.Thread(target=watch)
        watcher.start()
        done = command(url, "--plan", "--conversation", "c", "--agent", "a", token="canary-token")
        stop.set()
        watcher.join()
    assert done.returncode == 0
    assert came == []
    assert "(nothing was sent)" in done.stdout
    assert "all into conversation c" in done.stdout
    assert "never more than 250" in done.stdout
    assert re.search(r"At 2/s that takes about \d+ (s|min)\.", done.stdout)
    assert "canary" not in done.stdout + done.stderr


def test_a_plan_without_a_conversation_writes_nothing(command: Command) -> None:
    """Then a run only tests refusals, and the plan says so."""
    done = command("http://127.0.0.1:1/api/external/v1", "--plan", token="t" * 9)
    assert done.returncode == 0
    assert totals(done.stdout)[1] == 0
    assert "without --conversation only refusals are tested" in done.stdout


def test_a_plan_says_where_the_budget_ends_it(command: Command) -> None:
    """The plan keeps to the budget as the run does."""
    ids = ("--conversation", "c", "--agent", "a", "--budget", "30")
    done = command("http://127.0.0.1:1/api/external/v1", "--plan", *ids, token="t" * 9)
    assert totals(done.stdout)[0] == 30
    assert "The budget of 30 requests ends the run early" in done.stdout
