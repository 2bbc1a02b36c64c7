"""What `make contract-mutation` stands on: faults, mutants, and the lists of those found."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

import pytest
from tests.contract import faulty
from tests.contract.faults import FAULTS
from tests.contract.mutants import mutants
from tests.contract.mutation import FOUND, KILLED

if TYPE_CHECKING:
    from tests.contract.conftest import Command

BROKEN = 1
CATEGORIES = {
    *("status", "transport", "auth", "validation", "refused"),
    *("shape", "echo", "time", "state", "leaks"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_the_healthy_server_with_a_line_or_so_changed(name: str) -> None:
    """What it replaces stands in the source once, and the result is Python."""
    source = faulty.source_with(name)
    assert source != faulty.SOURCE
    compile(source, name, "exec")


def test_there_are_enough_faults_of_each_kind() -> None:
    """At least a hundred, each other than the others, some of each category."""
    counts = collections.Counter(fault.category for fault in FAULTS.values())
    assert set(counts) == CATEGORIES
    assert counts.total() >= 100
    assert min(counts.values()) >= 10
    assert len({fault.changes for fault in FAULTS.values()}) == len(FAULTS)
    assert {fault.standing for fault in FAULTS.values()} == {"documented", "assumed"}


@pytest.mark.parametrize(("mode", "share"), [("full", 0.98), ("careful", 0.92)])
def test_the_faults_that_must_be_found_are_nearly_all(mode: str, share: float) -> None:
    """`found.txt` holds them, and no name that is no fault."""
    lines = [line.split() for line in FOUND.read_text(encoding="utf-8").splitlines()]
    found = {name for of, name in lines if of == mode}
    assert found <= set(FAULTS)
    assert len(found) >= share * len(FAULTS)


def test_the_mutants_are_many_and_always_the_same() -> None:
    """At least two hundred, each with a name of its own; `killed.txt` names no other."""
    listed = mutants(faulty.SOURCE)
    names = {mutant.name for mutant in listed}
    assert len(names) == len(listed) >= 200
    assert [mutant.name for mutant in mutants(faulty.SOURCE)] == [it.name for it in listed]
    killed = {line.split()[1] for line in KILLED.read_text(encoding="utf-8").splitlines()}
    assert killed <= names


@pytest.mark.parametrize(
    "fault",
    ["emoji_500", "bom", "auth_case_ignored", "uuid_newline", "charset_refused"],
)
@pytest.mark.parametrize("mode", ["full", "careful"])
def test_some_faults_are_found_right_here(command: Command, fault: str, mode: str) -> None:
    """Two runs of ten in all: the others are for `make contract-mutation`."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    options = ("--mode", "full") if mode == "full" else ("--strict", "--rate", "10000/s")
    with faulty.serve(fault) as server:
        done = command(server.url, *ids, *options, "--seed", "3", token=faulty.TOKEN)
    assert done.returncode == BROKEN, done.stdout
