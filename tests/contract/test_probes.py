"""The directed probes: what they send, and that a healthy server has nothing to fear from them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from blinger_contract import preflight
from blinger_contract.ledger import OPERATIONS
from blinger_contract.observable import OBSERVABLE
from blinger_contract.options import Mode, Options
from blinger_contract.probes import PROBES
from blinger_contract.suite import Suite
from blinger_mock.testing import Mock, serve
from blinger_spec import Profile, assumptions, document

if TYPE_CHECKING:
    from types import ModuleType

    from tests.contract.conftest import Command

    from blinger_contract.breach import Breach

MODES: tuple[Mode, ...] = ("careful", "full")


def probed(
    mock: Mock, mode: Mode, profile: Profile | None = None, **given: object
) -> tuple[Suite, list[Breach]]:
    """Run the probes against *mock*; return the suite that ran them, and what they found."""
    known = {"conversation": mock.conversation, "agents": mock.agents, **given}
    options = Options(
        url=mock.url,
        token=mock.token,
        mode=mode,
        profile=profile or Profile(),
        budget=250 if mode == "careful" else None,
        **known,  # type: ignore[arg-type]
    )
    suite = Suite(options)
    with suite.open():
        preflight.ask(suite)
        return suite, list(suite.probe())


@pytest.mark.parametrize("mode", MODES)
def test_the_mock_has_nothing_to_fear(mode: Mode) -> None:
    """No probe finds anything, and each says how many messages it leaves."""
    with serve() as mock:
        suite, found = probed(mock, mode, locked=mock.locked_conversation)
        assert [(one.probe, one.title) for one in found] == []
        told = sum(probe.messages[mode == "full"] for probe in PROBES)
        assert len(mock.messages()) == told
        assert mock.violations == 0
    assert suite.ledger.missing(404) == {}


def test_a_careful_run_spares_the_deployment() -> None:
    """No method that may change anything; half the budget; accepted in the given conversation."""
    with serve() as mock:
        suite, _ = probed(mock, "careful")
        assert {one.method for one in mock.requests()} <= {"POST", "GET", "HEAD", "OPTIONS"}
        written = {one.conversation for one in mock.requests() if one.status == 200}
    assert written == {mock.conversation}
    assert suite.ledger.sent <= 150


def test_probes_without_ids_send_nothing_that_could_be_taken() -> None:
    """What cannot be asked is not, and says why."""
    with serve() as mock:
        suite, found = probed(mock, "careful", conversation=None, agents=())
        assert mock.messages() == []
    assert found == []
    assert suite.witness.skipped["uuid_dedupe"] == "the given conversation took no message"
    assert suite.witness.seen("unknown_ids") == 404


def test_the_registry_is_whole() -> None:
    """Each name once, each place in openapi.yaml, each assumption in the table of the docs."""
    assert not [name for name, count in Counter(one.name for one in PROBES).items() if count > 1]
    assert list(OBSERVABLE) == list(assumptions())
    observed = {name for one in PROBES for name in one.observes}
    assert observed | {"auth_scheme"} == set(assumptions())
    for one in PROBES:
        assert one.summary.endswith((".", ","))
        place = document()
        for part in one.place.split("/")[1:]:
            place = place[part.replace("~1", "/").replace("~0", "~")]


@pytest.mark.parametrize("mode", MODES)
def test_a_second_run_on_the_same_server(mode: Mode) -> None:
    """Its uuids are its own; that an agent is assigned already is said, and nothing is found."""
    with serve() as mock:
        probed(mock, mode)
        suite, found = probed(mock, mode)
    assert [(one.probe, one.title) for one in found] == []
    why = "an agent was assigned before this run"
    assert suite.witness.skipped["review_needs_agent"] == why


@pytest.mark.parametrize("mode", MODES)
def test_another_healthy_server(mode: Mode, faulty: ModuleType) -> None:
    """A second reading of the API, by another hand."""
    with faulty.serve() as server:
        options = Options(
            url=server.url,
            token=faulty.TOKEN,
            mode=mode,
            conversation=faulty.CONVERSATION,
            agents=(faulty.AGENT,),
        )
        suite = Suite(options)
        with suite.open():
            preflight.ask(suite)
            found = [(one.probe, one.operation, one.title, one.message) for one in suite.probe()]
    assert found == []
    assert set(OPERATIONS.values()) == {operation for operation, _ in suite.ledger.answers}


def test_what_a_careful_run_spends() -> None:
    """Most of it is refused: it leaves no more messages than its probes say."""
    with serve() as mock:
        probed(mock, "careful")
        refused = sum(one.status >= 400 for one in mock.requests())
        assert refused > 2 * len(mock.messages())


@pytest.mark.parametrize(
    "fault", ["beginning_is_known", "uuid_without_hyphens", "reuse_case_ignored"]
)
def test_what_is_nearly_right_is_not_right(fault: str, faulty: ModuleType) -> None:
    """Ids, uuids and contents that are nearly those that are known."""
    with faulty.serve(fault) as server:
        options = Options(
            url=server.url,
            token=faulty.TOKEN,
            conversation=faulty.CONVERSATION,
            agents=(faulty.AGENT,),
            budget=250,
        )
        suite = Suite(options)
        with suite.open():
            preflight.ask(suite)
            assert list(suite.probe())


def test_a_stated_limit_of_requests_that_is_not_kept() -> None:
    """A profile says how many requests a second are taken; a server that takes more is found."""
    with serve() as mock:
        _, found = probed(mock, "careful", Profile({"rate_limit": 20}), probes=("rate_limit",))
    assert [one.title for one in found] == ["The limit of requests is not kept"]


def test_a_preflight_says_what_it_could_not_tell_apart() -> None:
    """Where an unknown id is refused with 400, so is all that is wrong."""
    with serve(assume={"unknown_ids": 400}) as mock:
        options = Options(mock.url, mock.token, profile=Profile({"unknown_ids": 400}))
        suite = Suite(options)
        with suite.open():
            (warning,) = preflight.ask(suite)
    assert "proves little" in warning


@pytest.mark.parametrize("mode", MODES)
def test_a_locked_conversation_is_named_on_the_command_line(mode: Mode, command: Command) -> None:
    """It is tried, and seen to refuse."""
    with serve() as mock:
        ids = ("--conversation", mock.conversation, "--locked", mock.locked_conversation)
        agents = [f"--agent={agent}" for agent in mock.agents]
        how = ("--mode", mode, "--seed", "5", *(("--rate", "1000/s") if mode == "careful" else ()))
        done = command(mock.url, *ids, *agents, *how, token=mock.token)
        tried = [one for one in mock.requests() if one.conversation == mock.locked_conversation]
    assert done.returncode == 0, done.stdout
    assert {one.status for one in tried} == {400}
