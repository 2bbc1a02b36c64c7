"""What a profile changes of what is sent."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.wrapper.faces import AGENT, SENDS, TOKEN, Face
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Server

from blinger import ConfigurationError
from blinger._profile import Profile, read_profile

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
# what holds for one deployment
auth_scheme = "bearer"
body_encoding = "form"
uuid_dedupe = "conflict"
text_max = 500
file_fetch = "yes"
something_new = [1, 2]
"""


@pytest.mark.parametrize("scheme", ["raw", "bearer", None])
def test_auth_scheme(face: Face, server: Server, scheme: str | None) -> None:
    """The token goes as it is, or with its scheme before it."""
    server.play(ok("request_review"))
    profile = {} if scheme is None else {"auth_scheme": scheme}

    face(base_url=server.url, profile=profile).call("request_review")

    expected = f"Bearer {TOKEN}" if scheme == "bearer" else TOKEN
    assert expected == server.requests[0].headers["authorization"]


FORMS = {
    "assign_agent": ((AGENT,), {"agentId": [AGENT]}),
    "send_text": (("a&b=c d+e é 👋\n%20",), {"text": ["a&b=c d+e é 👋\n%20"]}),
    "send_file": (
        ("https://example.com/?a=1&b=%20",),
        {"file": ["https://example.com/?a=1&b=%20"]},
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_body_encoding_form(face: Face, server: Server, name: str) -> None:
    """Bodies go as forms, and lose nothing; a retry sends the same bytes."""
    arguments, fields = FORMS[name]
    server.play(Answer(503), ok(name))

    result = face(base_url=server.url, profile={"body_encoding": "form"}).call(name, *arguments)

    first, second = server.requests
    assert first.body == second.body
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    sent = dict(first.form)
    if name in SENDS:
        assert [str(result.meta.uuid)] == sent.pop("uuid")
    assert fields == sent


def test_no_body_is_no_form(face: Face, server: Server) -> None:
    """A call without a body has none in either encoding."""
    server.play(ok("request_review"))

    face(base_url=server.url, profile={"body_encoding": "form"}).call("request_review")

    assert server.requests[0].body == b""
    assert "content-type" not in server.requests[0].headers


@pytest.mark.parametrize("kind", ["path", "text", "mapping", "proxy"])
def test_where_a_profile_comes_from(face: Face, server: Server, tmp_path: Path, kind: str) -> None:
    """A mapping or the path of a TOML file say the same; other names are for others."""
    path = tmp_path / "profile.toml"
    path.write_text(FULL, encoding="utf-8")
    mapping = {
        "auth_scheme": "bearer",
        "body_encoding": "form",
        "uuid_dedupe": "conflict",
        "text_max": 500,
        "something_new": [1, 2],
    }
    sources: dict[str, Any] = {
        "path": path,
        "text": str(path),
        "mapping": mapping,
        "proxy": MappingProxyType(mapping),
    }
    server.play(ok("assign_agent"))

    client = face(base_url=server.url, profile=sources[kind])
    client.call("assign_agent")

    assert f"Bearer {TOKEN}" == server.requests[0].headers["authorization"]
    assert server.requests[0].form == {"agentId": [AGENT]}
    assert (
        Profile(auth_scheme="bearer", body_encoding="form", uuid_dedupe="conflict")
        == client.client._options.profile
    )


def test_a_profile_is_read_when_the_client_is_made(face: Face, tmp_path: Path) -> None:
    """A file that changes later changes nothing."""
    path = tmp_path / "profile.toml"
    path.write_text('auth_scheme = "bearer"', encoding="utf-8")
    client = face(base_url="http://127.0.0.1:9", profile=path)
    path.unlink()

    assert client.client._options.profile.auth_scheme == "bearer"


@pytest.mark.parametrize("source", [None, {}, {"text_max": 5}])
def test_what_is_not_named_has_its_default(source: Any) -> None:
    """An empty profile is the default."""
    assert Profile() == read_profile(source)
    assert Profile(auth_scheme="raw", body_encoding="json", uuid_dedupe="same_message") == Profile()


@pytest.mark.parametrize("name", ["auth_scheme", "body_encoding", "uuid_dedupe"])
@pytest.mark.parametrize("value", ["", "RAW", " raw", 0, None, True, [], {}])
def test_a_value_that_does_not_exist(name: str, value: Any) -> None:
    """The message says which name, which value, and what there is."""
    with pytest.raises(ConfigurationError, match=rf"profile's {name} is .*: give one of "):
        read_profile({name: value})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The message says which file, and why; its cause is chained."""
    with pytest.raises(
        ConfigurationError, match=r"cannot read the profile .*missing\.toml"
    ) as caught:
        read_profile(tmp_path / "missing.toml")

    assert isinstance(caught.value.__cause__, FileNotFoundError)
