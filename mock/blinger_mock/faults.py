"""Faults: which request meets one, and what is done to its answer. Pure but for the counts."""

from __future__ import annotations

import random
import re
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, get_args

import msgspec
import yaml

from blinger_mock import shapes, strict
from blinger_mock.clock import SECOND
from blinger_mock.record import Record
from blinger_mock.strict import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blinger_mock.steps import Caller

When = Literal["before", "after"]
"""Whether the request changes the state: `before` it would not, `after` it did."""

OperationName = Literal["assignAgent", "sendTextMessage", "sendFileMessage", "requestReview"]
"""An `operationId` of `openapi.yaml`."""
OPERATIONS = tuple(sorted(get_args(OperationName)))
"""The `operationId`s that a rule may name."""

_LONGEST_WAIT = 3600.0
_LONGEST_PAUSE = 60.0
_LATEST_RETRY = 10**9
_MOST_TIMES = 10**6
_MOST_RULES = 100
_REST = ("operation", "conversation", "times", "skip", "probability", "seed")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


class Effect(Record, frozen=True, gc=False, tag_field="kind"):
    """What is done to an answer."""

    takes: ClassVar[str] = ""
    """What its value may be, in words."""

    @property
    def kind(self) -> str:
        """Its name, as a rule writes it."""
        return str(type(self).__struct_config__.tag)


class Status(Effect, frozen=True, gc=False, tag="status"):
    """Another status, with an error of the usual shape."""

    takes = "400 to 599"
    status: int
    """400 to 599."""
    retry_after: int | str | None = None
    """The header `Retry-After`: seconds, or an HTTP date as it is sent."""
    as_date: bool = False
    """Whether the seconds are sent as the HTTP date that lies so far ahead."""

    def __post_init__(self) -> None:
        """Check the values."""
        if not 400 <= self.status <= 599:  # noqa: PLR2004 - the errors of HTTP
            _refuse(f"status is {self.takes}")
        text = "" if self.retry_after is None else str(self.retry_after)
        seconds = text.isascii() and text.isdigit()
        if self.as_date and not seconds:
            _refuse("as_date goes with the seconds of retry_after")
        if text and not seconds and not _is_http_date(text):
            _refuse("retry_after is whole seconds, or a date like Wed, 21 Oct 2026 07:28:00 GMT")
        if seconds and not (len(text) <= len(str(_LATEST_RETRY)) and int(text) <= _LATEST_RETRY):
            _refuse(f"retry_after is at most {_LATEST_RETRY} seconds")

    def header(self, now: int) -> str | None:
        """Return the value of `Retry-After` in an answer of *now*, in Unix microseconds."""
        if self.retry_after is None or not self.as_date:
            return None if self.retry_after is None else str(self.retry_after)
        # A date has whole seconds: up, so that it is never sooner than it says.
        return formatdate(-(-now // SECOND) + int(self.retry_after), usegmt=True)


class Delay(Effect, frozen=True, gc=False, tag="delay"):
    """The usual answer, later."""

    takes = f"0 to {_LONGEST_WAIT:g} seconds"
    seconds: float

    def __post_init__(self) -> None:
        """Check the value."""
        _check_seconds(self.seconds, _LONGEST_WAIT)


class Drip(Effect, frozen=True, gc=False, tag="drip"):
    """The usual answer, byte by byte."""

    takes = f"0 to {_LONGEST_PAUSE:g} seconds"
    seconds: float
    """Between two bytes of the body."""

    def __post_init__(self) -> None:
        """Check the value."""
        _check_seconds(self.seconds, _LONGEST_PAUSE)


class Hang(Effect, frozen=True, gc=False, tag="hang"):
    """No answer; the connection stays open until the client closes it."""


class Reset(Effect, frozen=True, gc=False, tag="reset"):
    """No answer; the connection is reset (RST)."""


class Close(Effect, frozen=True, gc=False, tag="close"):
    """No answer; the connection is closed (FIN)."""


class Truncate(Effect, frozen=True, gc=False, tag="truncate"):
    """Half of the usual body under the length of the whole, then the connection is closed."""


class Malformed(Effect, frozen=True, gc=False, tag="malformed"):
    """A body that is no JSON, under its right length."""


AnyEffect = Status | Delay | Drip | Hang | Reset | Close | Truncate | Malformed
_SPOILS = Drip | Truncate | Malformed
_KINDS = {
    str(kind.__struct_config__.tag): kind
    for kind in (Status, Delay, Drip, Hang, Reset, Close, Truncate, Malformed)
}


class Rule(Record, frozen=True, gc=False):
    """Which requests meet an effect, and how often."""

    effect: AnyEffect
    when: When | None = None
    """`before` by default; drip, truncate and malformed spoil an answer, so they are `after`."""
    operation: str | None = None
    """The `operationId`; None is any."""
    conversation: str | None = None
    """The id; None is any."""
    times: int | None = None
    """How often, from the first request that fits; None is always."""
    skip: int = 0
    """How many requests that fit pass first."""
    probability: float | None = None
    """Of those that fit, drawn with `seed`; None is all."""
    seed: int | None = None
    """What the draws follow from: with it they are the same each time."""

    def __post_init__(self) -> None:
        """Check the values, and settle when."""
        spoils = isinstance(self.effect, _SPOILS)
        if spoils and self.when == "before":
            text = f"{self.effect.kind} spoils the answer to what was applied: when is after"
            _refuse(text)
        if self.when is None:
            msgspec.structs.force_setattr(self, "when", "after" if spoils else "before")
        if self.operation is not None and self.operation not in OPERATIONS:
            _refuse(f"operation is one of {', '.join(OPERATIONS)}")
        if self.times is not None and not 1 <= self.times <= _MOST_TIMES:
            _refuse(f"times is 1 to {_MOST_TIMES}")
        if not 0 <= self.skip <= _MOST_TIMES:
            _refuse(f"skip is 0 to {_MOST_TIMES}")
        if self.probability is not None and not 0 < self.probability <= 1:
            _refuse("probability is above 0 and at most 1")
        if (self.probability is None) != (self.seed is None):
            _refuse("probability and seed go together: what happens must happen again")

    def is_used_up(self, met: int) -> bool:
        """Return whether no request meets it any more after *met* of them did."""
        return self.times is not None and met >= self.times

    def shadows(self, other: Rule) -> bool:
        """Return whether no request ever comes to *other*, a later rule: each meets this one."""
        always = self.times is None and not self.skip and self.probability in {None, 1.0}
        any_operation = self.operation in {None, other.operation}
        any_conversation = _folded(self.conversation) in {None, _folded(other.conversation)}
        return always and any_operation and any_conversation


class Faults:
    """The rules of one tenant, and how often each has met a request."""

    def __init__(self, faulty: set[Faults]) -> None:
        """Stay in *faulty* as long as there are rules: it is asked for each request."""
        self._rules: list[_Counted] = []
        self._faulty = faulty

    def __repr__(self) -> str:
        each = ", ".join(f"{words(it.rule)} (met {it.met})" for it in self._rules)
        return f"<Faults [{each}]>"

    @property
    def rules(self) -> Sequence[Rule]:
        """The rules, first come first."""
        return tuple(it.rule for it in self._rules)

    @property
    def met(self) -> Sequence[int]:
        """How many requests each of the rules has met."""
        return tuple(it.met for it in self._rules)

    @property
    def unmet(self) -> str:
        """A line for each rule that no request has met."""
        return "\n".join(words(it.rule) for it in self._rules if not it.met)

    def set(self, rules: Sequence[Rule]) -> None:
        """Let *rules* be the rules, each as if it were new."""
        self._keep([_Counted(rule) for rule in rules])

    def add(self, rule: Rule) -> None:
        """Append *rule*."""
        self._keep([*self._rules, _Counted(rule)])

    def remove(self, place: int) -> None:
        """Remove the rule at *place*, from 0; the others go on counting."""
        self._keep([one for at, one in enumerate(self._rules) if at != place])

    def forget(self, rule: Rule) -> None:
        """Remove what says the same as *rule* and is used up."""
        self._keep([it for it in self._rules if it.rule != rule or not rule.is_used_up(it.met)])

    def _keep(self, rules: list[_Counted]) -> None:
        self._rules = rules
        if rules:
            self._faulty.add(self)
        else:
            self._faulty.discard(self)

    def pick(self, caller: Caller) -> Rule | None:
        """Return the first rule that this request meets, and count it.

        A rule behind the one that is met is not asked: for it the request did not come.
        """
        for counted in self._rules:
            if counted.meets(caller):
                return counted.rule
        return None


class _Counted:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._conversation = _folded(rule.conversation)
        self.met = 0
        self._fitted = 0
        self._random = random.Random(rule.seed)  # noqa: S311 - drawn to be drawn again

    def meets(self, caller: Caller) -> bool:
        rule = self.rule
        if rule.operation not in {None, caller.operation}:
            return False
        if self._conversation not in {None, caller.conversation.lower()}:
            return False
        if rule.is_used_up(self.met):
            return False
        self._fitted += 1
        if self._fitted <= rule.skip:
            return False
        if rule.probability is not None and self._random.random() >= rule.probability:
            return False
        self.met += 1
        return True


def _folded(conversation: str | None) -> str | None:
    return None if conversation is None else conversation.lower()


def of(source: Sequence[Rule | Mapping[str, object]] | str | Path) -> list[Rule]:
    """Return the rules in *source*: the path of a file, or a list of rules, made or as in a file.

    Raises:
        TypeError: *source* is neither.
        ValueError: A file cannot be read, or what should be a rule is something else.
    """
    if isinstance(source, str | Path):
        return load(Path(source))
    if not isinstance(source, list | tuple):
        raise TypeError("faults are a list of rules, or the path of a YAML or JSON file")
    return read(source)


def load(path: Path) -> list[Rule]:
    """Return the rules in the file at *path*: a list in YAML or JSON.

    Raises:
        DataError: It cannot be read, or is something else.
    """
    node = strict.load(path)
    document = strict.value(node, str(path))
    try:
        return read(document)
    except ValueError as error:
        wrong = node
        if isinstance(error, _RuleError) and isinstance(node, yaml.SequenceNode):
            wrong = node.value[error.place]
        raise DataError(f"{strict.place(str(path), wrong)} {error}") from None


class _RuleError(ValueError):
    """One of several rules is wrong."""

    def __init__(self, place: int, text: str) -> None:
        super().__init__(f"rule {place + 1}: {text}")
        self.place = place


def read(document: object) -> list[Rule]:
    """Return the rules in *document*, a sequence as JSON or YAML gives it, or of rules made.

    Raises:
        ValueError: It is something else; it says in one line which rule is wrong, and why.
    """
    if not isinstance(document, list | tuple):
        _refuse("faults are a list of rules")
    if len(document) > _MOST_RULES:
        _refuse(f"there are at most {_MOST_RULES} rules")
    rules = []
    for place, one in enumerate(document):
        try:
            rules.append(one if isinstance(one, Rule) else _read(one))
        except ValueError as error:
            raise _RuleError(place, str(error)) from None
    return rules


def _read(document: object) -> Rule:
    _check_keys(document)
    return _rule(document)


HEADER = (
    "status=CODE, delay=SECONDS, drip=SECONDS, hang, reset, close, truncate or malformed, "
    "then ; when=before or ; when=after, "
    "after a status also ; retry-after=SECONDS or an HTTP date, and ; as-date"
)
"""What the header `X-Mock-Fault` may say."""


def parse(line: str) -> Rule:
    """Return the rule in *line*, the value of a header, such as `status=503; retry-after=1`.

    Raises:
        ValueError: It is something else; the message repeats nothing of it.
    """
    first, *rest = (part.strip() for part in line.split(";"))
    kind, _, value = (part.strip() for part in first.partition("="))
    if kind not in _KINDS:
        _refuse("the fault is unknown")
    effect: dict[str, Any] = {"kind": kind}
    rule: dict[str, Any] = {"effect": effect}
    names = _KINDS[kind].__struct_fields__
    keys = [part.partition("=")[0].strip() for part in rest]
    if len(set(keys)) < len(keys):
        _refuse("a part of it is there twice")
    if value and not names:
        _refuse(f"{kind} takes no value")
    if names:
        effect[names[0]] = _number(kind, value)
    for part in rest:
        key, equals, value = (one.strip() for one in part.partition("="))
        match kind, key, value:
            case _, "when", "before" | "after":
                rule["when"] = value
            case "status", "retry-after", _ if value:
                effect["retry_after"] = value
            case "status", "as-date", "" if not equals:
                effect["as_date"] = True
            case _:
                _refuse("a part of it is unknown")
    return _rule(rule)


def line(rule: Rule) -> str:
    """Return the effect of *rule*, and when it comes, as the header `X-Mock-Fault` says it."""
    effect = rule.effect
    parts = [effect.kind]
    match effect:
        case Status(status=status, retry_after=retry_after, as_date=as_date):
            parts = [f"status={status}"]
            parts += [] if retry_after is None else [f"retry-after={retry_after}"]
            parts += ["as-date"] if as_date else []
        case Delay(seconds=seconds) | Drip(seconds=seconds):
            # The header knows no exponents.
            parts = [f"{effect.kind}={f'{seconds:.9f}'.rstrip('0').rstrip('.')}"]
    if rule.when != Rule(effect).when:
        parts.append(f"when={rule.when}")
    return "; ".join(parts)


def words(rule: Rule) -> str:
    """Return *rule* in the words of the header, then in those of a file of rules."""
    rest = {name: getattr(rule, name) for name in _REST}
    rest["skip"] = rule.skip or None
    said = [f"{name}={value}" for name, value in rest.items() if value is not None]
    return "; ".join([line(rule), *said])


def _rule(document: object) -> Rule:
    try:
        return msgspec.convert(document, Rule)
    except msgspec.ValidationError as error:
        raise ValueError(shapes.why(error, Rule)) from None


def _number(kind: str, text: str) -> int | float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        _refuse(f"{kind} takes {_KINDS[kind].takes}")
    return float(text) if "." in text else int(text)


def _check_keys(document: object) -> None:
    """Refuse a key that no rule has: msgspec names it, but not those there are."""
    if not isinstance(document, dict):
        _refuse("a rule is a mapping with at least the key effect")
    _only(document, Rule.__struct_fields__)
    if "effect" not in document:
        _refuse("the key effect is missing")
    effect = document["effect"]
    kind = effect.get("kind") if isinstance(effect, dict) else None
    if not isinstance(effect, dict) or not isinstance(kind, str) or kind not in _KINDS:
        _refuse(f"effect is a mapping whose kind is one of {', '.join(_KINDS)}")
    _only(effect, ("kind", *_KINDS[kind].__struct_fields__))


def _only(document: dict[object, object], known: tuple[str, ...]) -> None:
    for key in document:
        if key not in known:
            _refuse(f"the key {str(key)[:40]!r} is unknown; known are {', '.join(known)}")


def _check_seconds(value: float, most: float) -> None:
    if not 0 <= value <= most:
        _refuse(f"seconds is 0 to {most:g}")


def _is_http_date(text: str) -> bool:
    if not _HTTP_DATE.fullmatch(text):
        return False
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return True


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
