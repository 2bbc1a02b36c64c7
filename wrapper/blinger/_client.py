"""The clients: options are checked here, and handed with a driver to the conversations."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from attrs import evolve

from blinger._conversation import AsyncConversationClient, ConversationClient
from blinger._driver import AsyncDriver, Driver
from blinger._httpx import HttpxSender
from blinger._options import (
    DEFAULT_TIMEOUT,
    NOT_GIVEN,
    NotGiven,
    Options,
    Timeout,
    given_options,
    resolve_base_url,
    resolve_token,
)
from blinger._profile import read_profile
from blinger._senders import make_async_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    import httpx

    from blinger._profile import ProfileSource
    from blinger._retries import RetryEvent
    from blinger._senders import SenderName


class _Client:
    """What both clients are: options, and views with other options on the same pool."""

    _options: Options
    _is_view = False

    def with_options(
        self,
        *,
        timeout: Timeout | float | NotGiven = NOT_GIVEN,
        deadline: float | NotGiven | None = NOT_GIVEN,
        retries: int | NotGiven = NOT_GIVEN,
        headers: Mapping[str, str] | NotGiven = NOT_GIVEN,
        on_retry: Callable[[RetryEvent], object] | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Return a view of this client with other options.

        It shares the pool, and closing it closes nothing.

        Args:
            timeout: Seconds for each phase of an attempt, or a `Timeout` with one for each.
            deadline: Seconds for a whole call, its retries included; None for no limit.
            retries: How often a failed attempt is repeated, where that is safe.
            headers: Headers for each request, in place of those set before. The token is not among
                them.
            on_retry: Called before each wait, with a `RetryEvent`.

        Raises:
            ConfigurationError: An option has a value that it cannot have.
        """
        view = copy.copy(self)
        view._become_view(  # noqa: SLF001 - a copy of this very object
            given_options(
                timeout=timeout,
                deadline=deadline,
                retries=retries,
                headers=headers,
                on_retry=on_retry,
            )
        )
        return view

    def _become_view(self, changes: dict[str, Any]) -> None:
        self._is_view = True
        self._options = evolve(self._options, **changes)

    def __repr__(self) -> str:
        """Show where it sends to, and no secret."""
        return f"{type(self).__name__}(base_url={self._options.base_url!r})"


def _make_options(  # noqa: PLR0917 - the arguments of both constructors, in their order
    token: str | None,
    base_url: str | None,
    timeout: Timeout | float,
    deadline: float | None,
    retries: int,
    profile: ProfileSource | None,
    on_retry: Callable[[RetryEvent], object] | None,
    strict: bool,  # noqa: FBT001
) -> Options:
    return Options(
        token=resolve_token(token),
        base_url=resolve_base_url(base_url),
        profile=read_profile(profile),
        strict=strict,
        **given_options(timeout=timeout, deadline=deadline, retries=retries, on_retry=on_retry),
    )


class Blinger(_Client):
    """The client: make one, keep it, and share it between threads."""

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout | float = DEFAULT_TIMEOUT,
        deadline: float | None = 60,
        retries: int = 2,
        profile: ProfileSource | None = None,
        on_retry: Callable[[RetryEvent], object] | None = None,
        http_client: httpx.Client | None = None,
        strict: bool = False,
    ) -> None:
        """Check the options; nothing is sent yet.

        Args:
            token: The API token; else that of the environment, `BLINGER_TOKEN`.
            base_url: Where the API is; else `BLINGER_BASE_URL`, else production. Plain http:// is
                for this machine only, unless `BLINGER_ALLOW_HTTP` is 1.
            timeout: Seconds for each phase of an attempt, or a `Timeout` with one for each.
            deadline: Seconds for a whole call, its retries included; None for no limit.
            retries: How often a failed attempt is repeated, where that is safe.
            profile: What holds for this deployment, of the assumptions `auth_scheme`,
                `body_encoding` and `uuid_dedupe`: a mapping, or the path of a TOML file.
            on_retry: Called before each wait, with a `RetryEvent`.
            http_client: A client of yours to send with; it is neither changed nor closed.
            strict: Refuse an answer that the contract does not allow, even where it could be read.

        Raises:
            ConfigurationError: There is no token, or an option has a value that it cannot have.
        """
        self._options = _make_options(
            token, base_url, timeout, deadline, retries, profile, on_retry, strict
        )
        self._driver = Driver(HttpxSender(http_client))

    def conversation(self, id: str | UUID) -> ConversationClient:  # noqa: A002 - the API's name
        """Return the conversation of this ID, to act in; nothing is sent yet.

        Raises:
            ConfigurationError: *id* is not an ID.
        """
        return ConversationClient(self._driver, self._options, id)

    def close(self) -> None:
        """Close the connections; those of a client that was given, or of a view, stay open."""
        if not self._is_view:
            self._driver.sender.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()


class AsyncBlinger(_Client):
    """The client: make one, keep it, and share it between tasks."""

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout | float = DEFAULT_TIMEOUT,
        deadline: float | None = 60,
        retries: int = 2,
        profile: ProfileSource | None = None,
        on_retry: Callable[[RetryEvent], object] | None = None,
        http_client: httpx.AsyncClient | None = None,
        strict: bool = False,
        sender: SenderName = "httpx",
    ) -> None:
        """Check the options; nothing is sent yet.

        Args:
            token: The API token; else that of the environment, `BLINGER_TOKEN`.
            base_url: Where the API is; else `BLINGER_BASE_URL`, else production. Plain http:// is
                for this machine only, unless `BLINGER_ALLOW_HTTP` is 1.
            timeout: Seconds for each phase of an attempt, or a `Timeout` with one for each.
            deadline: Seconds for a whole call, its retries included; None for no limit.
            retries: How often a failed attempt is repeated, where that is safe.
            profile: What holds for this deployment, of the assumptions `auth_scheme`,
                `body_encoding` and `uuid_dedupe`: a mapping, or the path of a TOML file.
            on_retry: Called before each wait, with a `RetryEvent`.
            http_client: A client of yours to send with; it is neither changed nor closed.
            strict: Refuse an answer that the contract does not allow, even where it could be read.
            sender: What sends: "httpx", or "aiohttp", which is lighter under many calls at once,
                needs asyncio, and is installed by `pip install 'blinger[aiohttp]'`.

        Raises:
            ConfigurationError: There is no token, or an option has a value that it cannot have.
        """
        self._options = _make_options(
            token, base_url, timeout, deadline, retries, profile, on_retry, strict
        )
        self._driver = AsyncDriver(make_async_sender(sender, http_client))

    def conversation(self, id: str | UUID) -> AsyncConversationClient:  # noqa: A002 - the API's name
        """Return the conversation of this ID, to act in; nothing is sent yet.

        Raises:
            ConfigurationError: *id* is not an ID.
        """
        return AsyncConversationClient(self._driver, self._options, id)

    async def close(self) -> None:
        """Close the connections; those of a client that was given, or of a view, stay open."""
        if not self._is_view:
            await self._driver.sender.aclose()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.close()
