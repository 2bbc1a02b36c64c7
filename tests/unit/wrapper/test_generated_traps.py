"""The traps of the generated code: each is there, and the SDK does not fall into it.

When a test of the first kind fails after an update of the generator, a trap is gone, and what
contains it may go too.
"""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.unit.wrapper.faces import CONVERSATION, TOKEN, Face
from tests.unit.wrapper.samples import ok, replaced, sample, without
from tests.unit.wrapper.scripted import Answer, Server

from blinger import ConfigurationError, InvalidResponse, ServerError
from blinger_api import AuthenticatedClient
from blinger_api import models as raw
from blinger_api.api.conversation import request_review, send_text_message
from blinger_api.types import UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

HTML = Answer(200, b"<html></html>")


@pytest.fixture
def raw_client(server: Server) -> Iterator[AuthenticatedClient]:
    """The generated client, as its documentation says to make it."""
    client = AuthenticatedClient(
        base_url=server.url, token=TOKEN, prefix="", httpx_args={"trust_env": False}
    )
    with client:
        yield client


def test_no_timeout(raw_client: AuthenticatedClient, face: Face, server: Server) -> None:
    """The generated client waits for ever; ours has a limit for each phase, and a deadline."""
    assert httpx.Timeout(None) == raw_client.get_httpx_client().timeout

    options = face(base_url=server.url).client._options
    assert (
        options.timeout.connect,
        options.timeout.read,
        options.timeout.write,
        options.timeout.pool,
    ) == (5, 30, 30, 10)
    assert options.deadline == 60


def test_a_status_without_a_name(
    raw_client: AuthenticatedClient, face: Face, server: Server
) -> None:
    """The generated client fails with `ValueError` on 520; ours with what it means."""
    server.play(Answer(520))
    with pytest.raises(ValueError, match="520 is not a valid HTTPStatus"):
        request_review.sync_detailed(CONVERSATION, client=raw_client)

    with pytest.raises(ServerError) as caught:
        face(base_url=server.url).call("request_review")
    assert caught.value.status == 520


def test_the_token_in_a_repr(raw_client: AuthenticatedClient, face: Face, server: Server) -> None:
    """The generated client shows the token; ours does not."""
    assert TOKEN in repr(raw_client)

    client = face(base_url=server.url).client
    assert TOKEN not in repr(client)
    assert server.url in repr(client)
    assert TOKEN not in repr(client._options)


def test_a_changed_copy_changes_the_original(
    raw_client: AuthenticatedClient, face: Face, server: Server
) -> None:
    """The generated `with_…` change the client that they are called on; a view of ours does not."""
    shared = raw_client.get_httpx_client()
    raw_client.with_timeout(httpx.Timeout(1))
    raw_client.with_headers({"X-New": "1"})
    assert httpx.Timeout(1) == shared.timeout
    assert shared.headers["x-new"] == "1"

    server.play(ok("send_text"))
    client = face(base_url=server.url)
    before = client.client._options
    client.with_options(timeout=1, headers={"X-New": "1"}, retries=0).call("send_text")
    client.call("send_text")
    assert before == client.client._options
    assert [request.headers.get("x-new") for request in server.requests] == ["1", None]


def test_scalars_are_not_checked(face: Face, server: Server) -> None:
    """Generated models take any value for a plain one; ours name the one that is wrong."""
    answer = replaced("send_text", ("data", "createdAt"), "yesterday")
    assert raw.MessageEnvelope.from_dict(answer).to_dict()["data"]["createdAt"] == "yesterday"

    server.play(Answer(200, answer))
    with pytest.raises(InvalidResponse) as caught:
        face(base_url=server.url).call("send_text")
    assert caught.value.path == "data.createdAt"


def test_unset_and_pickle(face: Face, server: Server) -> None:
    """A pickled `UNSET` is another one; ours is None."""
    again = pickle.loads(pickle.dumps(UNSET))  # noqa: S301 - ours
    assert isinstance(again, Unset)
    assert again != UNSET

    server.play(Answer(200, without("send_file", ("data", "file", "meta", "width"))))
    message = face(base_url=server.url).call("send_file")
    assert message.file.meta.width is None
    assert message == pickle.loads(pickle.dumps(message))  # noqa: S301 - ours


@pytest.mark.parametrize(
    ("identifier", "arrives"),
    [
        ("..", "/api/external/v1/request-review"),
        (".", "/api/external/v1/conversation/request-review"),
        ("", "/api/external/v1/conversation//request-review"),
    ],
)
def test_an_id_that_names_another_path(
    raw_client: AuthenticatedClient, face: Face, server: Server, identifier: str, arrives: str
) -> None:
    """Dots or nothing for an id lead a generated request elsewhere; we do not send it."""
    server.play(Answer(404))
    request_review.sync_detailed(identifier, client=raw_client)
    assert [arrives] == [request.target for request in server.requests]

    with pytest.raises(ConfigurationError):
        face(base_url=server.url).call("request_review", conversation=identifier)
    assert len(server.requests) == 1


def test_html_under_200(raw_client: AuthenticatedClient, face: Face, server: Server) -> None:
    """The generated client fails with `JSONDecodeError`; ours with what it means."""
    server.play(HTML)
    with pytest.raises(json.JSONDecodeError):
        request_review.sync_detailed(CONVERSATION, client=raw_client)

    with pytest.raises(InvalidResponse):
        face(base_url=server.url).call("request_review")


def test_a_missing_key(raw_client: AuthenticatedClient, face: Face, server: Server) -> None:
    """The generated client fails with a bare `KeyError`; ours names the whole path."""
    server.play(Answer(200, without("request_review", ("data", "review", "endUser", "id"))))
    with pytest.raises(KeyError, match=r"^'id'$"):
        request_review.sync_detailed(CONVERSATION, client=raw_client)

    with pytest.raises(InvalidResponse) as caught:
        face(base_url=server.url).call("request_review")
    assert caught.value.path == "data.review.endUser.id"


def test_an_error_inside_200(raw_client: AuthenticatedClient, face: Face, server: Server) -> None:
    """The generated client takes an error in the envelope for data; ours raises it."""
    server.play(Answer(200, {"status": 503, "error": "later"}))
    with pytest.raises(ValueError, match="const 200"):
        request_review.sync_detailed(CONVERSATION, client=raw_client)

    with pytest.raises(ServerError, match="503 Service Unavailable: later"):
        face(base_url=server.url).call("request_review")


BROKEN: tuple[Any, ...] = ({"id": "x"}, "x", 5, [1], True, {})


@pytest.mark.parametrize("broken", BROKEN, ids=repr)
@pytest.mark.parametrize("key", ["file", "review", "bot", "agent", "endUser"])
def test_the_template_does_not_hand_out_a_dict(key: str, broken: Any) -> None:
    """What should be a model or null, and is neither, raises; stock code would hand it out."""
    with pytest.raises((TypeError, KeyError)):
        raw.Message.from_dict(sample("send_text")["data"] | {key: broken})


@pytest.mark.parametrize("broken", BROKEN, ids=repr)
def test_the_template_does_not_hand_out_a_dict__nested(broken: Any) -> None:
    """So it is for each model that may be null."""
    agent = sample("assign_agent")["data"]["assignedAgent"]
    review = sample("request_review")["data"]["review"]

    with pytest.raises((TypeError, KeyError)):
        raw.Conversation.from_dict(sample("assign_agent")["data"] | {"assignedAgent": broken})
    with pytest.raises((TypeError, KeyError)):
        raw.Agent.from_dict(agent | {"avatar": broken})
    with pytest.raises((TypeError, KeyError)):
        raw.Review.from_dict(review | {"agent": broken})


def test_a_list_of_pairs_is_no_object(face: Face, server: Server) -> None:
    """Generated code takes a list of pairs for an object; ours does not."""
    pairs = [list(pair) for pair in sample("send_file")["data"]["file"]["info"].items()]
    answer = replaced("send_file", ("data", "file", "info"), pairs)
    assert raw.MessageEnvelope.from_dict(answer).data.file is not None

    server.play(Answer(200, answer))
    with pytest.raises(InvalidResponse, match="should be an object and is a list") as caught:
        face(base_url=server.url).call("send_file")
    assert caught.value.path == "data.file.info"


def test_what_we_use_of_it_is_there() -> None:
    """The request builders, which the SDK stands on, make what it expects."""
    body = raw.SendTextMessageRequest.from_dict({"uuid": CONVERSATION, "text": "Hello"})

    assert send_text_message._get_kwargs("a/b é", body=body) == {
        "method": "post",
        "url": "/conversation/a%2Fb%20%C3%A9/send-text-message",
        "json": {"uuid": CONVERSATION, "text": "Hello"},
        "headers": {"Content-Type": "application/json"},
    }
