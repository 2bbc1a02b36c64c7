"""How much a fault weighs, and what is said of it; all faults are for `make contract-mutation`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from blinger_contract.options import Mode, Options
from blinger_contract.run import run as run_suite
from blinger_spec import Profile

if TYPE_CHECKING:
    from types import ModuleType

KEPT, BROKEN, INCOMPLETE = 0, 1, 2

DOCUMENTED = (
    *("auth_ignored", "content_type_missing", "conversation_swapped", "hangs_up"),
    *("known_lost", "microseconds_missing", "status_500", "unknown_accepted"),
)
"""Faults that break what is documented or seen."""
ASSUMED = (*("error_unnamed", "extra_accepted", "text_changed"),)
"""Faults that break no more than a named assumption."""
FULL_ONLY = ("method_ignored",)
"""Faults that only methods reveal which a careful run does not use."""


def run(
    faulty: ModuleType,
    fault: str | None,
    mode: Mode = "careful",
    *,
    strict: bool = False,
    profile: Profile | None = None,
) -> tuple[int, str]:
    """Run the suite here against a server with *fault*; return the exit status and the output."""
    shown: list[str] = []
    careful = mode == "careful"
    with faulty.serve(fault) as server:
        options = Options(
            url=server.url,
            token=faulty.TOKEN,
            mode=mode,
            conversation=faulty.CONVERSATION,
            agents=(faulty.AGENT,),
            seed=4,
            budget=250 if careful else None,
            strict=strict,
            profile=profile or Profile(),
        )
        code = run_suite(options, shown.append)
    return code, "\n".join(shown)


def section(output: str, title: str) -> str:
    """Return the part of *output* under *title*."""
    found = re.search(
        rf"^{title}.*?(?=^\S[^\n]*\n\n|^Answers seen)", output, re.MULTILINE | re.DOTALL
    )
    return found[0] if found else ""


def test_the_tables_agree_with_what_the_faults_say_of_themselves(faulty: ModuleType) -> None:
    """A fault breaks what is documented or seen, or a named assumption only."""
    standing = {name: fault.standing for name, fault in faulty.FAULTS.items()}
    assert {standing[name] for name in DOCUMENTED} == {"documented"}
    assert {standing[name] for name in {*ASSUMED, *FULL_ONLY}} == {"assumed"}


@pytest.mark.parametrize("fault", DOCUMENTED)
def test_a_documented_promise_that_is_broken_fails_a_careful_run(
    faulty: ModuleType, fault: str
) -> None:
    """Exit 1, with the finding, its request and its seed, and without any credential."""
    code, output = run(faulty, fault)
    assert code == BROKEN, output
    finding = section(output, "Broken promises")
    assert finding, output
    for label in ("promised ", "came back ", "again      curl -X POST", "seed       4"):
        assert label in finding
    assert "canary" not in output


@pytest.mark.parametrize("fault", ASSUMED)
def test_a_broken_assumption_advises__strict_fails(faulty: ModuleType, fault: str) -> None:
    """What only an assumption promises does not fail a careful run, unless --strict asks for it."""
    code, output = run(faulty, fault)
    assert code == KEPT, output
    assert section(output, "Advisories"), output
    code, output = run(faulty, fault, strict=True)
    assert code == BROKEN, output
    assert section(output, "Broken promises"), output
    assert "canary" not in output


def test_a_broken_assumption_that_the_profile_pins_fails(faulty: ModuleType) -> None:
    """A profile turns what it names into a promise."""
    pinned = Profile({"text_echo": "verbatim"})
    assert run(faulty, "text_changed", profile=pinned)[0] == BROKEN
    assert run(faulty, "status_wrong", profile=pinned)[0] == KEPT


@pytest.mark.parametrize("fault", FULL_ONLY)
def test_a_full_run_tries_other_methods(faulty: ModuleType, fault: str) -> None:
    """A full run fails on what a careful one does not look for."""
    assert run(faulty, fault)[0] == KEPT
    code, output = run(faulty, fault, "full")
    assert code == BROKEN, output


def test_unknown_ids_that_are_refused_otherwise_prove_nothing(faulty: ModuleType) -> None:
    """The run says which assumption it rests on: incomplete where that advises, else broken."""
    code, output = run(faulty, "unknown_forbidden")
    assert code == INCOMPLETE
    assert "An id that does not exist is refused with another status" in output
    assert output.endswith("where unknown ids are answered with 400, say so in a profile.")
    assert run(faulty, "unknown_forbidden", strict=True)[0] == BROKEN
