"""The probes that come first, since what they see decides how the others are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinger_contract.probes.ask import FORM, JSON

if TYPE_CHECKING:
    from blinger_contract.probes.ask import Steps, World
    from blinger_contract.seen import Seen

_OK, _BAD, _CONFLICT = 200, 400, 409
_OTHER = {JSON: ("form", FORM), FORM: ("json", JSON)}
_VALUE = {JSON: "json", FORM: "form"}


def reach(world: World) -> Steps:
    """Send a text as bodies are assumed to be sent, and, if it is refused, in the other way."""
    seen = yield world.text()
    if seen.status == _OK:
        world.note("body_encoding", _VALUE[world.encoding], seen)
    else:
        value, kind = _OTHER[world.encoding]
        seen = yield world.text(content_type=kind)
        if seen.status == _OK:
            world.note("body_encoding", value, seen)
            world.adopt("body_encoding", value)
    world.reached = seen.status == _OK
    if world.reached:
        world.note("auth_scheme", world.options.profile["auth_scheme"], seen)


def reviews(world: World) -> Steps:
    """Ask for reviews: with no agent assigned yet, with one, with another, and with `{}`.

    This comes before any other assignment: nothing takes an agent away again.
    """
    empty: dict[str, str] | None = {} if world.encoding == JSON else None
    seen = yield world.ask("requestReview", empty)
    tried = seen.status == _OK
    if tried and empty is not None:
        world.note("request_review_body", "none_or_empty_object", seen)
    if not tried and seen.status != _CONFLICT and empty is not None:
        seen = yield world.ask("requestReview")
        if seen.status == _OK:
            world.note("request_review_body", "none_only", seen)
            tried = True
    unassigned = seen
    if seen.status == _OK:
        _without_agent(world, seen)
    if world.agents:
        yield from _with_agents(world, unassigned)
    elif seen.status == _OK:
        yield world.ask("requestReview")
    if world.seen("assignment_visible") == "no" and world.seen("review_needs_agent") == "no":
        # A review never names an agent here, so one without proves nothing.
        world.forget("review_needs_agent")
        world.skip("a review names no agent here, assigned or not", "review_needs_agent")
    if world.seen("request_review_body") is None:
        why = "an empty form is no body" if empty is None else "no review could be asked for"
        world.skip(why, "request_review_body")


def _without_agent(world: World, seen: Seen) -> None:
    review = seen.data.get("review") if seen.data else None
    if isinstance(review, dict) and review.get("agent") is None:
        world.note("review_needs_agent", "no", seen)
    else:
        world.skip("an agent was assigned before this run", "review_needs_agent")


def _with_agents(world: World, unassigned: Seen) -> Steps:
    first, *others = world.agents
    for _ in ("an assignment", "the same again"):
        yield world.ask("assignAgent", {"agentId": first})
    for other in others[:1]:
        # Refused, so the next review still names the first agent.
        yield world.ask("assignAgent", {"agentId": other}, authorization=None)
    yield world.ask("assignAgent", {"agentId": world.unknown()})
    seen = yield world.ask("requestReview")
    if unassigned.status == _BAD:
        if seen.status == _OK:
            world.note("review_needs_agent", "yes", unassigned)
        else:
            world.skip("no review could be asked for", "review_needs_agent")
    if seen.status == _OK:
        for other in others[:1]:
            yield world.ask("assignAgent", {"agentId": other})
        if world.seen("request_review_body") is None and world.encoding == JSON:
            yield from _empty_object(world)


def last_review(world: World) -> Steps:
    """Ask for a review after all else: whoever was assigned still is."""
    yield world.ask("requestReview")


def _empty_object(world: World) -> Steps:
    seen = yield world.ask("requestReview", {})
    if seen.status == _OK:
        world.note("request_review_body", "none_or_empty_object", seen)
    elif seen.status != _CONFLICT:
        world.note("request_review_body", "none_only", seen)
