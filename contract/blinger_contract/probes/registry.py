"""Every probe, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blinger_contract.breach import (
    CONVERSATION_ID,
    MESSAGE,
    REFUSED,
    REVIEW,
    SECURITY,
    at_assumption,
    at_operation,
)
from blinger_contract.probes import auth, costly, first, requests_, sends

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger_contract.probes.ask import Steps, World

Need = Literal["conversation", "reached", "agent", "loopback", "locked", "uuid id"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to find out."""

    name: str
    steps: Callable[[World], Steps]
    promises: str
    """`documented`, `seen`, or the names of the assumptions that it rests on."""
    place: str
    """A JSON pointer to the promise in `openapi.yaml`."""
    messages: tuple[int, int]
    """How many messages it leaves, careful and full, where all is as assumed, with two agents."""
    observes: tuple[str, ...] = ()
    """The assumptions whose value it observes."""
    needs: tuple[Need, ...] = ("reached",)
    asked: bool = False
    """Whether a careful run does it only if --probe names what it observes."""

    @property
    def summary(self) -> str:
        """Return what it does, in one line."""
        return (self.steps.__doc__ or "").strip().splitlines()[0]

    def not_run(self, world: World) -> str | None:
        """Return why it cannot be run; None if it can."""
        missing = {
            "conversation": "" if world.options.conversation else "no --conversation was given",
            "reached": "" if world.reached else "the given conversation took no message",
            "agent": "" if world.agents else "no --agent was given",
            "loopback": "" if world.files.reachable else "the deployment cannot reach this machine",
            "locked": "" if world.options.locked else "no locked conversation was given",
            "uuid id": ""
            if world.ids_are_uuids
            else "the given conversation's id is no UUID either",
        }
        why = next((missing[need] for need in self.needs if missing[need]), None)
        if why is None and self.asked and not any(map(world.allows, self.observes)):
            why = f"it has a cost: --probe {self.observes[0]} asks for it"
        return why


PROBES: tuple[Probe, ...] = (
    Probe(
        *("reach", first.reach, "body_encoding", at_operation("sendTextMessage"), (1, 1)),
        ("body_encoding", "message_author", "uuid_echo"),
        ("conversation",),
    ),
    Probe(
        *("reviews", first.reviews, "documented", at_operation("requestReview"), (2, 2)),
        ("review_needs_agent", "review_repeat", "request_review_body", "assignment_visible"),
    ),
    Probe(
        *("file_fetch", costly.file_fetch, "file_fetch", at_assumption("file_fetch"), (1, 1)),
        ("file_fetch",),
        ("reached", "loopback"),
    ),
    Probe(
        *("wrong_tokens", auth.wrong_tokens, "documented", SECURITY, (0, 0)),
        needs=("conversation",),
    ),
    Probe("nothing_behind", auth.nothing_behind, "documented", REFUSED, (1, 2)),
    Probe(
        *("unknown_ids", requests_.unknown_ids, "unknown_ids", CONVERSATION_ID, (1, 1)),
        ("unknown_ids", "error_shape", "error_transport"),
        (),
    ),
    Probe(
        *("id_format", requests_.id_format, "id_format", CONVERSATION_ID, (0, 0)),
        ("id_format",),
        ("uuid id",),
    ),
    Probe(
        *("wrong_method", requests_.methods, "wrong_method", REFUSED, (0, 0)),
        ("wrong_method",),
        ("conversation",),
    ),
    Probe(
        *("media_types", requests_.media_types, "body_encoding", at_assumption("body_encoding")),
        (1, 1),
    ),
    Probe(
        *("uuids", sends.uuids, "uuid_dedupe, uuid_reuse", at_assumption("uuid_dedupe"), (3, 5)),
        ("uuid_dedupe", "uuid_reuse"),
    ),
    Probe(
        *("uuid_format", sends.uuid_format, "uuid_format", at_assumption("uuid_format"), (0, 0)),
        ("uuid_format",),
    ),
    Probe(
        *("extra_properties", sends.extra_properties, "extra_properties"),
        *(at_assumption("extra_properties"), (0, 0), ("extra_properties",)),
    ),
    Probe("text_min", sends.text_min, "text_min", at_assumption("text_min"), (0, 0), ("text_min",)),
    Probe("text_max", sends.text_max, "text_max", at_assumption("text_max"), (2, 2), ("text_max",)),
    Probe(
        *("texts", sends.texts, "text_echo", f"{MESSAGE}/properties/body", (6, 42)),
        ("text_echo", "time_order", "end_user_stable"),
    ),
    Probe("url_max", sends.url_max, "url_max", at_assumption("url_max"), (1, 1), ("url_max",)),
    Probe(
        *("urls", sends.urls, "file_schemes", at_assumption("file_schemes"), (2, 17)),
        ("file_schemes",),
    ),
    Probe(
        *("locked", requests_.locked, "locked", at_assumption("locked"), (0, 0)),
        ("locked",),
        ("locked",),
    ),
    Probe(
        *("last_review", first.last_review, "assignment_visible", f"{REVIEW}/properties/agent"),
        (1, 1),
        ("review_repeat", "assignment_visible"),
        ("reached", "agent"),
    ),
    Probe(
        *("body_max", costly.body_max, "body_max", at_assumption("body_max"), (0, 0)),
        ("body_max",),
        asked=True,
    ),
    Probe(
        *("rate_limit", costly.rate_limit, "rate_limit", at_assumption("rate_limit"), (0, 0)),
        ("rate_limit",),
        (),
        asked=True,
    ),
)
