"""The raw client imports what it uses when it uses it, and looks as if it had all at once."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import sysconfig
import textwrap
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

import blinger_api
from blinger_api import AuthenticatedClient, Client, models
from blinger_api.api.conversation import (
    assign_agent,
    request_review,
    send_file_message,
    send_text_message,
)
from blinger_api.types import Response, Unset

if TYPE_CHECKING:
    from types import ModuleType

_ROOT = Path(__file__).parents[3]
_GENERATED = _ROOT / "generated"
_LAZY = _ROOT / "generator" / "lazy.py"
_CLIENT = AuthenticatedClient("http://127.0.0.1", token="t", prefix="")


def _python(code: str) -> Any:
    """Return what *code* prints as JSON, in a Python that has imported nothing yet."""
    path = [str(_GENERATED), sysconfig.get_path("purelib")]
    command = [sys.executable, "-I", "-S", "-c"]
    command += [f"import sys; sys.path += {path}\n{textwrap.dedent(code)}"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


_BUILD = """
    import json
    from uuid import UUID
    from blinger_api.api.conversation import send_text_message
    from blinger_api.models import SendTextMessageRequest

    body = SendTextMessageRequest(uuid=UUID(int=1), text="Hello")
    assert send_text_message._get_kwargs("c", body=body)["json"] == body.to_dict()
    print(json.dumps(sorted(sys.modules)))
"""


def test_a_request_needs_no_more() -> None:
    """Who builds a request imports attrs, the builder, its model and the types, and no httpx."""
    imported = _python(_BUILD)
    assert [name for name in imported if name.partition(".")[0] == "blinger_api"] == [
        "blinger_api",
        "blinger_api.api",
        "blinger_api.api.conversation",
        "blinger_api.api.conversation.send_text_message",
        "blinger_api.models",
        "blinger_api.models.send_text_message_request",
        "blinger_api.types",
    ]
    known = {*sys.stdlib_module_names, "__main__", "attr", "attrs", "blinger_api"}
    assert not {name.partition(".")[0] for name in imported} - known
    assert not {"asyncio", "socket", "ssl"} & set(imported)


def test_modules_are_attributes() -> None:
    """The modules that an import of all at once would bring are there without an import."""
    code = """
        import json
        import blinger_api.models
        print(json.dumps([blinger_api.client.__name__, blinger_api.errors.__name__,
            blinger_api.types.__name__, blinger_api.models.end_user.__name__]))
    """
    names = ["client", "errors", "types", "models.end_user"]
    assert _python(code) == [f"blinger_api.{name}" for name in names]


@pytest.mark.parametrize("package", [blinger_api, models])
def test_names(package: ModuleType) -> None:
    """Each public name is the class of its module, listed, and what `import *` brings."""
    code = f"""
        import json
        import {package.__name__} as package
        listed = dir(package)
        from {package.__name__} import *
        home = {{name: globals()[name].__module__ for name in package.__all__}}
        print(json.dumps([listed, home]))
    """
    listed, home = _python(code)
    modules = {path.stem for path in Path(str(package.__file__)).parent.glob("[a-z]*.py")}
    assert {*package.__all__, *modules, "__doc__", "__name__"} <= set(listed)
    assert home.keys() == set(package.__all__)
    for name, module in home.items():
        assert getattr(package, name) is getattr(import_module(module), name)


@pytest.mark.parametrize("package", [blinger_api, models])
def test_no_such_name(package: ModuleType) -> None:
    """A name that is not there is missed as from any module."""
    message = f"module '{package.__name__}' has no attribute 'nothing'"
    with pytest.raises(AttributeError, match=f"^{message}$"):
        _ = package.nothing
    with pytest.raises(ImportError, match=r"^cannot import name 'nothing' from "):
        exec(f"from {package.__name__} import nothing")  # noqa: S102 - the statement is the test


@pytest.mark.parametrize(
    ("endpoint", "body", "answer"),
    [
        (assign_agent, models.AssignAgentRequest, models.ConversationEnvelope),
        (request_review, models.RequestReviewRequest | Unset, models.MessageEnvelope),
        (send_file_message, models.SendFileMessageRequest, models.MessageEnvelope),
        (send_text_message, models.SendTextMessageRequest, models.MessageEnvelope),
    ],
    ids=lambda value: getattr(value, "__name__", "").rpartition(".")[2],
)
def test_hints(endpoint: ModuleType, body: object, answer: Any) -> None:
    """The hints of what an endpoint offers can be had, as if it had imported them."""
    arguments = {"id": str, "client": AuthenticatedClient, "body": body}
    for name in ("sync", "asyncio"):
        parsed = get_type_hints(getattr(endpoint, name))
        assert parsed == {**arguments, "return": Any | answer | None}
        detailed = get_type_hints(getattr(endpoint, f"{name}_detailed"))
        assert detailed == {**arguments, "return": Response[Any | answer]}
    hints = get_type_hints(endpoint._get_kwargs)
    assert hints == {"id": str, "body": body, "return": dict[str, Any]}


def test_pickle() -> None:
    """A class is pickled by the name of its module, which nothing has to be imported for."""
    for name in models.__all__:
        assert pickle.loads(pickle.dumps(getattr(models, name))) is getattr(models, name)  # noqa: S301 - ours
    body = models.AssignAgentRequest(agent_id="a")
    assert pickle.loads(pickle.dumps(body)) == body  # noqa: S301 - ours
    code = f"""
        import json, pickle
        print(json.dumps(pickle.loads({pickle.dumps(body)!r}).to_dict()))
    """
    assert _python(code) == body.to_dict()
    assert pickle.loads(pickle.dumps(_CLIENT)) == _CLIENT  # noqa: S301 - ours
    assert pickle.loads(pickle.dumps(Client)) is Client  # noqa: S301 - ours


def test_type_checkers(tmp_path: Path) -> None:
    """To a type checker the names have their types, and one that is not there is missed."""
    source = tmp_path / "source.py"
    source.write_text(
        "from typing import assert_type\n"
        "from blinger_api import AuthenticatedClient, models\n"
        "from blinger_api.api.conversation.send_text_message import sync\n"
        "from blinger_api import nothing\n"
        "assert_type(models.AssignAgentRequest('a'), models.AssignAgentRequest)\n"
        "sync('c', client=AuthenticatedClient('u', token='t'), body=5)\n"
        "models.nothing\n"
    )
    folder = Path(sys.executable).parent
    command: list[str | Path] = [folder / "ty", "check", "--output-format", "concise"]
    command += ["--python", folder.parent, "--extra-search-path", _GENERATED, source]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line.split()[0].split(":")[1] for line in done.stdout.splitlines() if "error[" in line]
    assert found == ["4", "6", "7"], done.stdout


_STOCK = '''
from http import HTTPStatus

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.a import A
from ...models.ab import AB


def _parse_response(*, client: AuthenticatedClient | Client, r: httpx.Response) -> "é" | A | AB:
    """A or AB, or errors.UnexpectedStatus."""
    if isinstance(r, A): return A.from_dict(AB=AB)
    raise errors.UnexpectedStatus(r)
'''

_OURS = '''from __future__ import annotations
from typing import TYPE_CHECKING

from http import HTTPStatus


import api
from ...types import Response, UNSET

from ... import models
from ... import models
if TYPE_CHECKING:
    import httpx


def _parse_response(*, client: api.AuthenticatedClient | api.Client, r: httpx.Response) -> "é" | models.A | models.AB:
    """A or AB, or errors.UnexpectedStatus."""
    if isinstance(r, models.A): return models.A.from_dict(AB=models.AB)
    from ... import errors  # noqa: PLC0415

    raise errors.UnexpectedStatus(r)
'''  # noqa: E501 - as it is written


def test_step(tmp_path: Path) -> None:
    """The step changes imports, and the names that they brought where those are names."""
    folder = tmp_path / "api" / "api" / "conversation"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from ...client import Client\n")
    (folder / "send.py").write_text(_STOCK, "utf-8")
    subprocess.run([sys.executable, _LAZY], cwd=tmp_path / "api", check=True)
    assert (folder / "send.py").read_text("utf-8") == _OURS
    assert (folder / "__init__.py").read_text() == "from ...client import Client\n"
