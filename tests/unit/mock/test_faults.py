"""Which request meets which fault, and what a rule may say."""

from __future__ import annotations

import contextlib
import copy
import gc
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinger_mock.contract import Contract
from blinger_mock.engine import Engine
from blinger_mock.faults import (
    OPERATIONS,
    Close,
    Delay,
    Drip,
    Effect,
    Faults,
    Hang,
    Malformed,
    Reset,
    Rule,
    Status,
    Truncate,
    load,
    parse,
    read,
)
from blinger_mock.faults import line as in_words
from blinger_mock.steps import Caller
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEND = Caller("1", "sendTextMessage", "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22")
OTHER = Caller("1", "sendTextMessage", "another")
ASSIGN = Caller("1", "assignAgent", "E1D247C8-5CD8-4F93-B9D7-15FD3259AC22")


def met(rules: Sequence[Rule], *callers: Caller) -> list[str | None]:
    """Return the kind of fault that each of *callers* meets."""
    faults = Faults(set())
    faults.set(rules)
    picked = [faults.pick(caller) for caller in callers]
    return [None if rule is None else rule.effect.kind for rule in picked]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, ["hang"] * 3),
        ({"operation": "sendTextMessage"}, ["hang", "hang", None]),
        ({"operation": "assignAgent"}, [None, None, "hang"]),
        ({"conversation": SEND.conversation}, ["hang", None, "hang"]),
        ({"conversation": SEND.conversation.upper()}, ["hang", None, "hang"]),
        ({"conversation": SEND.conversation, "operation": "assignAgent"}, [None, None, "hang"]),
        ({"times": 1}, ["hang", None, None]),
        ({"skip": 1}, [None, "hang", "hang"]),
        ({"skip": 1, "times": 1}, [None, "hang", None]),
        ({"times": 1, "operation": "assignAgent"}, [None, None, "hang"]),
        ({"probability": 1.0, "seed": 0}, ["hang"] * 3),
    ],
)
def test_pick(rule: dict[str, Any], expected: list[str | None]) -> None:
    """A rule meets the requests that fit, after those it skips, as often as it says."""
    assert met([Rule(Hang(), **rule)], SEND, OTHER, ASSIGN) == expected


def test_pick__the_first_rule_that_is_met() -> None:
    """A rule that is used up makes room; what one meets, the next does not count."""
    rules = [Rule(Reset(), times=2), Rule(Hang(), skip=1, times=1), Rule(Close())]

    assert met(rules, *[SEND] * 5) == ["reset", "reset", "close", "hang", "close"]


ROOM = SEND.conversation


@pytest.mark.parametrize(
    ("earlier", "later", "shadows"),
    [
        ({}, {}, True),
        ({}, {"operation": "assignAgent", "conversation": ROOM, "times": 1, "skip": 1}, True),
        ({"probability": 1.0, "seed": 0}, {}, True),
        ({"operation": "assignAgent"}, {"operation": "assignAgent"}, True),
        ({"operation": "assignAgent"}, {"operation": "requestReview"}, False),
        ({"operation": "assignAgent"}, {}, False),
        ({"conversation": ROOM.upper()}, {"conversation": ROOM}, True),
        ({"conversation": ROOM}, {"conversation": ROOM.upper()}, True),
        ({"conversation": ROOM}, {"conversation": "another"}, False),
        ({"conversation": ROOM}, {}, False),
        ({"operation": "assignAgent"}, {"conversation": ROOM}, False),
        ({"times": 1}, {}, False),
        ({"skip": 1}, {}, False),
        ({"probability": 0.5, "seed": 0}, {}, False),
    ],
)
def test_shadows(earlier: dict[str, Any], later: dict[str, Any], shadows: bool) -> None:
    """A rule that each request meets, or each that fits a later one, leaves that one none."""
    first, second = Rule(Hang(), **earlier), Rule(Reset(), **later)
    review = Caller("1", "requestReview", ROOM)

    assert first.shadows(second) is shadows
    assert ("reset" in met([first, second], *[SEND, OTHER, ASSIGN, review] * 5)) is not shadows


def test_set__starts_anew() -> None:
    """Rules that are set again have met nothing yet."""
    faults = Faults(set())
    faults.add(Rule(Reset(), times=1))
    first = [faults.pick(SEND), faults.pick(SEND)]
    faults.set(faults.rules)

    assert [one is None for one in first] == [False, True]
    assert faults.pick(SEND) is not None


def test_remove__leaves_the_counts_of_the_others() -> None:
    """A rule that was met as often as it says stays used up when another one goes."""
    faults = Faults(set())
    faults.set([Rule(Hang(), operation="assignAgent"), Rule(Reset(), times=1), Rule(Close())])
    picked = [faults.pick(SEND) for _ in range(3)]
    assert [one and one.effect.kind for one in picked] == ["reset", "close", "close"]
    faults.remove(0)

    assert (len(faults.rules), faults.met) == (2, (1, 2))


def test_unmet() -> None:
    """What no request met is said a line each."""
    faults = Faults(set())
    faults.set([Rule(Hang(), operation="assignAgent", times=1), Rule(Reset()), Rule(Close())])
    faults.pick(SEND)

    assert faults.unmet == "hang; operation=assignAgent; times=1\nclose"


def test_faulty__are_those_with_rules() -> None:
    """Who has no rule any more is not asked for each request."""
    faulty: set[Faults] = set()
    first, second = Faults(faulty), Faults(faulty)
    first.set([])
    assert faulty == set()
    first.add(Rule(Hang()))
    second.set([Rule(Hang())])
    assert faulty == {first, second}
    first.remove(0)

    assert faulty == {second}


@given(probability=st.floats(0, 1, exclude_min=True), seed=st.integers(), count=st.integers(1, 50))
def test_probability__is_drawn_the_same_each_time(
    probability: float, seed: int, count: int
) -> None:
    """With one seed the same requests meet the fault, every time."""
    rules = [Rule(Hang(), probability=probability, seed=seed)]

    assert met(rules, *[SEND] * count) == met(rules, *[SEND] * count)


def test_probability__is_about_what_it_says() -> None:
    """Three in ten of a thousand are about three hundred."""
    count = met([Rule(Hang(), probability=0.3, seed=42)], *[SEND] * 1000).count("hang")

    assert 250 < count < 350


@given(skip=st.integers(0, 20), times=st.integers(1, 20), requests=st.integers(0, 60))
def test_times__is_kept(skip: int, times: int, requests: int) -> None:
    """Whatever is skipped first, exactly so many meet the fault, and in one piece."""
    kinds = met([Rule(Hang(), skip=skip, times=times)], *[SEND] * requests)
    faulty = max(0, min(times, requests - skip))

    assert kinds == ([None] * skip + ["hang"] * faulty + [None] * requests)[:requests]


@pytest.mark.parametrize(
    ("effect", "when"),
    [
        (Status(503), "before"),
        (Delay(1), "before"),
        (Hang(), "before"),
        (Reset(), "before"),
        (Close(), "before"),
        (Drip(1), "after"),
        (Truncate(), "after"),
        (Malformed(), "after"),
    ],
)
def test_when__by_default(effect: Any, when: str) -> None:
    """What replaces an answer comes before the request is applied, what spoils one after."""
    assert Rule(effect).when == when
    assert Rule(effect, when="after").when == "after"


def test_operations__are_those_of_the_contract() -> None:
    """A rule may name each operation, and no other."""
    assert set(OPERATIONS) == {one.name for one in Contract(Profile()).operations}


WHOLE: list[dict[str, Any]] = [
    {
        "effect": {"kind": "status", "status": 429, "retry_after": 2, "as_date": True},
        "when": "after",
        "operation": "sendTextMessage",
        "conversation": SEND.conversation,
        "times": 2,
        "skip": 1,
        "probability": 0.5,
        "seed": 42,
    },
    {"effect": {"kind": "delay", "seconds": 1}},
    {"effect": {"kind": "truncate"}},
]


def test_read() -> None:
    """A document becomes rules, and the rules the same document, with what it left out."""
    rules = read(WHOLE)
    written = msgspec.to_builtins(rules)

    assert [one.effect.kind for one in rules] == ["status", "delay", "truncate"]
    assert written[0] == WHOLE[0]
    assert read(written) == rules


KEYS = "effect, when, operation, conversation, times, skip, probability, seed"
KINDS = "status, delay, drip, hang, reset, close, truncate, malformed"
HANG: dict[str, Any] = {"effect": {"kind": "hang"}}


_NO_RETRY = "retry_after is whole seconds, or a date like Wed, 21 Oct 2026 07:28:00 GMT"
_TOGETHER = "probability and seed go together: what happens must happen again"


def _status(**more: Any) -> dict[str, Any]:
    return {"effect": {"kind": "status", "status": 503, **more}}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "faults are a list of rules"),
        ({"effect": {"kind": "hang"}}, "faults are a list of rules"),
        ([HANG] * 101, "there are at most 100 rules"),
        (["hang"], "rule 1: a rule is a mapping with at least the key effect"),
        ([{}], "rule 1: the key effect is missing"),
        ([HANG, {"effect": "hang"}], f"rule 2: effect is a mapping whose kind is one of {KINDS}"),
        ([{"effect": {"kind": []}}], f"rule 1: effect is a mapping whose kind is one of {KINDS}"),
        (
            [{**HANG, "match": {}}],
            f"rule 1: the key 'match' is unknown; known are {KEYS}",
        ),
        (
            [{"effect": {"kind": "delay", "second": 1}}],
            "rule 1: the key 'second' is unknown; known are kind, seconds",
        ),
        ([{"effect": {"kind": "delay"}}], "rule 1: effect.seconds is missing; it is a number"),
        ([{"effect": {"kind": "delay", "seconds": "1"}}], "rule 1: effect.seconds is a number"),
        ([{"effect": {"kind": "delay", "seconds": -1}}], "rule 1: seconds is 0 to 3600"),
        ([{"effect": {"kind": "delay", "seconds": 1e9}}], "rule 1: seconds is 0 to 3600"),
        ([{"effect": {"kind": "delay", "seconds": float("nan")}}], "rule 1: seconds is 0 to 3600"),
        ([{"effect": {"kind": "drip", "seconds": 61}}], "rule 1: seconds is 0 to 60"),
        ([{"effect": {"kind": "status", "status": 200}}], "rule 1: status is 400 to 599"),
        ([{"effect": {"kind": "status", "status": 399}}], "rule 1: status is 400 to 599"),
        ([{"effect": {"kind": "status", "status": 600}}], "rule 1: status is 400 to 599"),
        ([_status(retry_after="soon")], f"rule 1: {_NO_RETRY}"),
        ([_status(retry_after="1\r\nX: y")], f"rule 1: {_NO_RETRY}"),
        ([_status(retry_after=-1)], f"rule 1: {_NO_RETRY}"),
        ([_status(retry_after="Wed, 99 Oct 2026 07:28:00 GMT")], f"rule 1: {_NO_RETRY}"),
        ([_status(retry_after="\u0663")], f"rule 1: {_NO_RETRY}"),
        ([_status(retry_after=10**9 + 1)], "rule 1: retry_after is at most 1000000000 seconds"),
        ([_status(retry_after=10**10)], "rule 1: retry_after is at most 1000000000 seconds"),
        ([_status(retry_after="9" * 5000)], "rule 1: retry_after is at most 1000000000 seconds"),
        ([_status(retry_after=[])], "rule 1: effect.retry_after is a whole number or a text"),
        ([_status(as_date=1)], "rule 1: effect.as_date is true or false"),
        ([_status(as_date=True)], "rule 1: as_date goes with the seconds of retry_after"),
        ([{**HANG, "when": "during"}], "rule 1: when is after or before"),
        ([{**HANG, "operation": "send"}], f"rule 1: operation is one of {', '.join(OPERATIONS)}"),
        ([{**HANG, "times": 0}], "rule 1: times is 1 to 1000000"),
        ([{**HANG, "times": 10**6 + 1}], "rule 1: times is 1 to 1000000"),
        ([{**HANG, "skip": 10**6 + 1}], "rule 1: skip is 0 to 1000000"),
        ([{**HANG, "skip": -1}], "rule 1: skip is 0 to 1000000"),
        ([{**HANG, "probability": 0, "seed": 1}], "rule 1: probability is above 0 and at most 1"),
        ([{**HANG, "probability": 2, "seed": 1}], "rule 1: probability is above 0 and at most 1"),
        ([{**HANG, "probability": 0.5}], f"rule 1: {_TOGETHER}"),
        ([{**HANG, "seed": 1}], f"rule 1: {_TOGETHER}"),
        (
            [{"effect": {"kind": "truncate"}, "when": "before"}],
            "rule 1: truncate spoils the answer to what was applied: when is after",
        ),
    ],
)
def test_read__refuses(document: object, message: str) -> None:
    """What is no rule is refused in one line that says which, why, and what there is."""
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        read(document)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rule",
    [
        *({"effect": {"kind": "status", "status": status}} for status in (400, 599)),
        *(_status(retry_after=retry) for retry in (0, "0", 10**9, str(10**9))),
        *({"effect": {"kind": "delay", "seconds": seconds}} for seconds in (0, 3600)),
        *({"effect": {"kind": "drip", "seconds": seconds}} for seconds in (0, 60)),
        *({**HANG, "times": times} for times in (1, 10**6)),
        *({**HANG, "skip": skip} for skip in (0, 10**6)),
        {**HANG, "probability": 1, "seed": 0},
    ],
    ids=str,
)
def test_read__to_the_bounds(rule: dict[str, Any]) -> None:
    """The least and the most that a refusal names are taken."""
    [found] = read([rule])
    [written] = msgspec.to_builtins([found])

    assert rule["effect"] == {name: written["effect"][name] for name in rule["effect"]}
    assert all(written[name] == value for name, value in rule.items() if name != "effect")


@pytest.mark.parametrize(
    ("line", "effect", "when"),
    [
        ("status=503", Status(503), "before"),
        ("status=429; retry-after=1", Status(429, "1"), "before"),
        (
            "status=503; retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
            Status(503, "Wed, 21 Oct 2026 07:28:00 GMT"),
            "before",
        ),
        (
            "status=503;retry-after=2;as-date;when=after",
            Status(503, "2", as_date=True),
            "after",
        ),
        ("delay=0.2", Delay(0.2), "before"),
        ("delay = 2 ; when = after", Delay(2), "after"),
        (" status = 503 ; retry-after = 3 ; as-date ", Status(503, "3", as_date=True), "before"),
        ("drip=0.05", Drip(0.05), "after"),
        ("hang", Hang(), "before"),
        ("reset; when=after", Reset(), "after"),
        ("close", Close(), "before"),
        ("truncate", Truncate(), "after"),
        ("malformed; when=after", Malformed(), "after"),
    ],
)
def test_parse(line: str, effect: Effect, when: str) -> None:
    """The header says an effect in one line."""
    rule = parse(line)

    assert (rule.effect, rule.when) == (effect, when)
    assert [rule.times, rule.skip, rule.probability] == [None, 0, None]


@pytest.mark.parametrize(
    ("said", "shortest"),
    [
        ("status=503", "status=503"),
        ("status=503; when=before", "status=503"),
        (
            "status=503; as-date; when=after; retry-after=2",
            "status=503; retry-after=2; as-date; when=after",
        ),
        ("delay=0.20", "delay=0.2"),
        ("delay=30; when=after", "delay=30; when=after"),
        ("delay=0.000001", "delay=0.000001"),
        (
            "status=429; retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
            "status=429; retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("drip=1; when=after", "drip=1"),
        ("hang; when=before", "hang"),
        ("reset; when=after", "reset; when=after"),
        ("truncate", "truncate"),
    ],
)
def test_line(said: str, shortest: str) -> None:
    """A rule says itself as the header would, without what is so anyway, and is read again."""
    assert in_words(parse(said)) == shortest
    assert parse(shortest) == parse(said)


@pytest.mark.parametrize(
    "line",
    [
        "",
        ";",
        "canary",
        "canary=1",
        "status",
        "status=canary",
        "status=200",
        "status=٥٠٣",
        "status=503.5",
        "status=503; retry-after=canary",
        "status=503; retry-after",
        "status=503; as-date",
        "status=503; as-date=canary; retry-after=1",
        "status=503; canary=1",
        "hang=canary",
        "hang; when=canary",
        "hang; retry-after=1",
        "hang; times=1",
        "hang;",
        "reset; when=after; when=before",
        "status=503; retry-after=1; retry-after=1",
        "status=503; as-date; retry-after=1; as-date",
        "delay=-1",
        "delay=1e3",
        "delay=99999999999999999999",
        "delay=nan",
        "drip=inf",
        "truncate; when=before",
    ],
)
def test_parse__refuses(line: str) -> None:
    """Anything else is refused, and none of it is repeated."""
    with pytest.raises(ValueError) as caught:
        parse(line)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("delay=-1", "delay takes 0 to 3600 seconds"),
        ("nothing", "the fault is unknown"),
        ("hang; times=1", "a part of it is unknown"),
        ("reset; when=after; when=before", "a part of it is there twice"),
        ("reset; when=after; when =before", "a part of it is there twice"),
        ("delay=3601", "seconds is 0 to 3600"),
        ("delay", "delay takes 0 to 3600 seconds"),
        ("drip=a", "drip takes 0 to 60 seconds"),
        ("status=503.5", "effect.status is a whole number"),
        ("status=200", "status is 400 to 599"),
        ("hang=1", "hang takes no value"),
    ],
)
def test_parse__says_the_range(line: str, says: str) -> None:
    """A value that is none is told with those that are."""
    with pytest.raises(ValueError, match=f"^{says}$"):
        parse(line)


@given(st.text(max_size=40) | st.from_regex(r"[a-z]+=?[0-9.]*(; ?[a-z-]+=?.*)*", fullmatch=True))
def test_parse__anything(line: str) -> None:
    """Whatever the header holds, it is a rule or refused."""
    with contextlib.suppress(ValueError):
        assert isinstance(parse(line), Rule)


def test_retry_after__as_a_date_is_not_sooner() -> None:
    """A date has whole seconds, and is rounded up."""
    day = 1_792_567_680_000_000

    assert Status(503, 2, as_date=True).header(day) == "Wed, 21 Oct 2026 07:28:02 GMT"
    assert Status(503, 2, as_date=True).header(day + 1) == "Wed, 21 Oct 2026 07:28:03 GMT"
    assert [Status(503).header(day), Status(503, 2).header(day)] == [None, "2"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WHOLE),
        f"""
- effect: {{kind: status, status: 429, retry_after: 2, as_date: true}}
  when: after
  operation: sendTextMessage
  conversation: {SEND.conversation}
  times: 2
  skip: 1
  probability: 0.5
  seed: 42
- effect: {{kind: delay, seconds: 1}}
- effect: {{kind: truncate}}
""",
    ],
)
def test_load(tmp_path: Path, text: str) -> None:
    """A file is YAML or JSON."""
    file = tmp_path / "faults"
    file.write_text(text, "utf-8")

    assert load(file) == read(WHOLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "/.*/faults cannot be read: No such file or directory"),
        (b"", ".*faults: faults are a list of rules"),
        (b"\n{}", ".*faults:2: faults are a list of rules"),
        (b"- a\n- [\n- b: c: d", ".*faults:3: this is neither YAML nor JSON: expected .*"),
        (b"\x00", ".*faults: this is neither YAML nor JSON"),
        (b"\xff\xfe\xff", ".*faults is not UTF-8"),
        (b"[" * 100_000, ".*faults: this is neither YAML nor JSON"),
        (b"- !!int x", ".*faults: this is neither YAML nor JSON"),
        (b"!!python/object/apply:os.getcwd []", ".*faults:1: this is neither YAML nor JSON: .*"),
        (
            b"- effect: {kind: hang}\n  times: 1\n  times: 2",
            ".*faults:3: the key 'times' is there twice",
        ),
        (
            b'[{"effect":\n{"kind": "delay", "seconds": 1,\n"seconds": 2}}]',
            ".*faults:3: the key 'seconds' is there twice",
        ),
        (
            b"- effect: {kind: hang}\n- effect: {kind: hang}\n  time: 1",
            ".*faults:2: rule 2: the key 'time' is unknown; .*",
        ),
        (b"- effect: {kind: hang}\n  {[a]: 1}: 2", ".*faults:2: this is neither YAML nor JSON: .*"),
    ],
)
def test_load__refuses(tmp_path: Path, content: bytes | None, message: str) -> None:
    """What is no such file is refused in one line."""
    file = tmp_path / "faults"
    if content is not None:
        file.write_bytes(content)
    # What other tests left is finalised now: where the nesting ends, there is no stack left for it.
    gc.collect()
    with pytest.raises(ValueError, match=f"^{message}$"):
        load(file)


def test_tenants__start_with_the_rules_of_the_server_and_again_after_a_reset() -> None:
    """The rules of a server are those of each tenant, who counts for itself."""
    engine = Engine(Profile(), faults=[Rule(Reset(), times=1)])
    engine.add_tenant("a", "1")
    engine.add_tenant("b", "2")
    one, two = (engine.tenancies[name].faults for name in ("1", "2"))

    assert [it and it.effect.kind for it in (one.pick(SEND), one.pick(SEND))] == ["reset", None]
    assert two.pick(SEND) is not None
    engine.reset("1")
    assert one.pick(SEND) is not None


def test_rule__says_nothing_and_cannot_be_lost() -> None:
    """A rule shows nothing in a repr, and is the same after a copy."""
    rule = Rule(Status(503, 1), conversation="canary")

    assert "canary" not in repr(rule)
    assert copy.copy(rule) == rule
