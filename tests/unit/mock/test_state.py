"""What the server remembers: conversations, messages, ids and time."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.unit.mock.conftest import kept

from blinger_mock.clock import Held
from blinger_mock.ids import Ids, looks_like_uuid
from blinger_mock.testing import serve
from blinger_spec import document

if TYPE_CHECKING:
    from tests.unit.mock.conftest import Api

KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def _shape(value: object) -> object:
    """Return *value* with the leaves replaced by their types."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    return type(value).__name__


def _sample(name: str) -> dict[str, Any]:
    value: dict[str, Any] = document()["components"]["examples"][name]["value"]
    return value


def test_assign__as_in_the_sample(api: Api) -> None:
    """The seeded conversation and agent are those of the sample, but for the time."""
    answer, expected = api.assign().json(), _sample("AssignAgentResponse")
    del answer["data"]["updatedAt"], expected["data"]["updatedAt"]

    assert expected == answer


def test_sends__shaped_as_the_samples(api: Api) -> None:
    """A text, a file and a review have the keys of the samples and their types, at every level."""
    api.assign()
    answers = [one.json() for one in (api.text(), api.file(), api.review())]
    names = ("SendTextMessageResponse", "SendFileMessageResponse", "RequestReviewResponse")
    samples = [_sample(name) for name in names]

    assert [_shape(one) for one in samples] == [_shape(one) for one in answers]
    assert [list(one["data"]) for one in samples] == [list(one["data"]) for one in answers]


def test_messages__are_kept_in_order(api: Api) -> None:
    """What was answered is what is kept, in the order in which it was sent."""
    sent = [kept(one) for one in (api.text("a"), api.file(), api.review(), api.text("b"))]

    assert sent == api.mock.messages()


def test_conversations__are_apart(api: Api) -> None:
    """The same uuid in another conversation is another message."""
    second = api.mock.conversations[1]
    here, there = kept(api.text(key=KEY)), kept(api.text(key=KEY, to=second))

    assert here["id"] != there["id"]
    assert here["endUser"]["id"] != there["endUser"]["id"]
    assert [there] == api.mock.messages(second)


def test_ids__in_any_case(api: Api) -> None:
    """An id in upper case is the same id, and the answer has it as it was made."""
    answer = api.assign(api.mock.agent.upper(), to=api.conversation.upper())

    assert answer.json()["data"]["id"] == api.conversation
    assert answer.json()["data"]["assignedAgent"]["id"] == api.mock.agent


def test_assign__twice(api: Api) -> None:
    """Assigning the same agent again changes nothing, another agent changes agent and time."""
    first = api.assign()
    api.clock.move(60)
    again, other = api.assign(), api.assign(api.mock.agents[1])

    assert first.json() == again.json()
    assert other.json()["data"]["assignedAgent"]["avatar"] is None
    assert other.json()["data"]["updatedAt"] == first.json()["data"]["updatedAt"] + 60


def test_review__keeps_its_agent(api: Api) -> None:
    """A review names the agent of the moment, and still does when another is assigned."""
    api.assign()
    api.review()
    api.assign(api.mock.agents[1])
    api.review()
    agents = [one["review"]["agent"]["id"] for one in api.mock.messages()]

    assert list(api.mock.agents) == agents


def test_time__grows_while_the_clock_stands(api: Api) -> None:
    """Microseconds grow from message to message, whatever the clock does; seconds follow them."""
    first = api.text().json()["data"]
    api.clock.move(-3600)
    second = api.text().json()["data"]

    assert second["microseconds"] == first["microseconds"] + 1
    assert all(one["createdAt"] == one["microseconds"] // 10**6 for one in (first, second))


def test_end_user__has_a_token_like_the_samples(api: Api) -> None:
    """The websocket token is a JWT with the header of the sample, and names the end user."""
    user = api.text().json()["data"]["endUser"]
    header, payload, signature = user["websocketToken"].split(".")
    expected = _sample("SendTextMessageResponse")["data"]["endUser"]["websocketToken"].split(".")

    assert [header, payload] == expected[:2]
    assert json.loads(base64.urlsafe_b64decode(payload + "==")) == {"sub": user["id"]}
    assert len(signature) == len(expected[2])


@pytest.mark.parametrize(
    ("url", "name", "ext", "mime_type", "kind"),
    [
        ("https://example.com/a/Photo.PNG?x=1#y", "Photo", "png", "image/png", "image"),
        ("https://example.com/invoice.pdf", "invoice", "pdf", "application/pdf", "file"),
        ("https://example.com/a.b.mp4", "a.b", "mp4", "video/mp4", "video"),
        ("https://example.com/a%20b", "a b", "", "application/octet-stream", "file"),
        ("https://example.com", "file", "", "application/octet-stream", "file"),
        ("https://example.com/.png", "file", "png", "image/png", "image"),
        ("https://example.com/x.p%2Fng", "ng", "", "application/octet-stream", "file"),
        ("https://example.com/%ff.zip", "\ufffd", "zip", "application/zip", "file"),
    ],
)
def test_file(api: Api, url: str, name: str, ext: str, mime_type: str, kind: str) -> None:
    """What a file is follows from its URL; only an image has a size in pixels and thumbnails."""
    file = api.file(url).json()["data"]["file"]
    info = file["info"]

    assert (name, ext, mime_type) == (info["name"], info["ext"], info["mimeType"])
    assert kind == file["type"]
    assert (kind == "image") == (list(file["meta"]) == ["width", "height"])
    assert (kind == "image") == (list(file["url"]) == ["120x120", "520x400", "default"])
    assert file["url"]["default"] == "http://static.widget.blinger.io" + info["path"]
    assert info["size"] > 0


def test_seed__decides_the_ids() -> None:
    """Two servers of one seed give the same ids, and of another seed others."""

    def made(seed: int) -> list[str]:
        with serve(seed=seed, clock=Held()) as mock:
            answer = httpx.post(
                f"{mock.url}/conversation/{mock.conversation}/request-review",
                headers={"Authorization": mock.token},
            )
            message = answer.json()["data"]
            return [mock.conversations[1], mock.agents[1], message["id"], message["review"]["id"]]

    assert made(7) == made(7)
    assert not set(made(7)) & set(made(8))


def test_ids__are_uuids() -> None:
    """Ids have the shape of a UUID of version 4, and do not repeat."""
    ids = Ids(0, "a")
    made = [ids.next() for _ in range(1000)]

    assert len(set(made)) == 1000
    assert all(looks_like_uuid(one) and one[14] == "4" and one[19] in "89ab" for one in made)


def test_no_code_is_shared_with_the_client() -> None:
    """No module of the mock imports the SDK or the generated client."""
    import blinger_mock

    sources = [path.read_text() for path in Path(blinger_mock.__file__).parent.glob("*.py")]

    assert not [one for one in sources if "import blinger\n" in one or "from blinger " in one]
    assert not [one for one in sources if "blinger_api" in one]
