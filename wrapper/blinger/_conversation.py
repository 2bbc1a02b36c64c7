"""One conversation, and what can be done in it: the same two faces, calling and awaiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinger import _operations as operations

if TYPE_CHECKING:
    from uuid import UUID

    from blinger._driver import AsyncDriver, Driver
    from blinger._options import Options
    from blinger.models import Conversation, Message


class ConversationClient:
    """What `Blinger.conversation` returns: a conversation to act in."""

    def __init__(self, driver: Driver, options: Options, id: str | UUID) -> None:  # noqa: A002
        """Made by `client.conversation(id)`."""
        self._driver = driver
        self._options = options
        self.id: str = operations.check_id("the conversation's id", id)
        """ID of the conversation."""

    def assign_agent(self, agent_id: str | UUID) -> Conversation:
        """Make an agent the one who answers in this conversation.

        Doing it twice is doing it once, so an attempt whose fate is unknown is repeated. A late
        repetition can undo a colleague's newer assignment; the deadline bounds how late.

        Args:
            agent_id: ID of the agent.

        Returns:
            The conversation, with the agent assigned.

        Raises:
            ConfigurationError: *agent_id* is not an ID; nothing was sent.
            NotFound: There is no such conversation or agent (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`.

        Source: the API page, *Assign Agent*.
        """
        return self._driver.run(operations.assign_agent(self.id, agent_id), self._options)

    def send_text(self, text: str, *, uuid: UUID | str | None = None) -> Message:
        """Post a text into this conversation.

        An attempt whose fate is unknown is repeated with the same uuid, which the server knows
        again (assumption `uuid_dedupe`; a profile that says otherwise turns such repetitions off).

        Args:
            text: The text, at least one character (assumptions `text_min`, `text_max`).
            uuid: The message's unique ID; made for you if you leave it out. Give one that you
                derive from a key of your own, and the message stays one message across crashes and
                re-runs of your program.

        Returns:
            The message, as it stands in the conversation.

        Raises:
            ConfigurationError: An argument cannot be sent; nothing was.
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`, and repeat an `UNKNOWN` one with the error's
                `uuid`.

        Source: the API page, *Send Text Message*.
        """
        return self._driver.run(operations.send_text(self.id, text, uuid), self._options)

    def send_file(self, url: str, *, uuid: UUID | str | None = None) -> Message:
        """Post a file into this conversation, by its URL.

        An attempt whose fate is unknown is repeated with the same uuid, as with `send_text`.

        Args:
            url: Where the server finds the file: http or https, percent-encoded (assumptions
                `file_schemes`, `url_max`, `file_fetch`).
            uuid: The message's unique ID, as in `send_text`.

        Returns:
            The message, with the file as the server holds it.

        Raises:
            ConfigurationError: An argument cannot be sent; nothing was.
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`, and repeat an `UNKNOWN` one with the error's
                `uuid`.

        Source: the API page, *Send File Message*.
        """
        return self._driver.run(operations.send_file(self.id, url, uuid), self._options)

    def request_review(self) -> Message:
        """Ask the end user to rate this conversation.

        Nothing in the request lets the server know it again, so an attempt whose fate is unknown is
        not repeated: the error's outcome is `UNKNOWN`, and asking again may ask twice.

        Returns:
            The message that asks for the review.

        Raises:
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`.

        Source: the API page, *Request Review*.
        """
        return self._driver.run(operations.request_review(self.id), self._options)

    def __repr__(self) -> str:
        """Show the conversation."""
        return f"<{type(self).__name__} {self.id}>"


class AsyncConversationClient:
    """What `AsyncBlinger.conversation` returns: a conversation to act in."""

    def __init__(self, driver: AsyncDriver, options: Options, id: str | UUID) -> None:  # noqa: A002
        """Made by `client.conversation(id)`."""
        self._driver = driver
        self._options = options
        self.id: str = operations.check_id("the conversation's id", id)
        """ID of the conversation."""

    async def assign_agent(self, agent_id: str | UUID) -> Conversation:
        """Make an agent the one who answers in this conversation.

        Doing it twice is doing it once, so an attempt whose fate is unknown is repeated. A late
        repetition can undo a colleague's newer assignment; the deadline bounds how late.

        Args:
            agent_id: ID of the agent.

        Returns:
            The conversation, with the agent assigned.

        Raises:
            ConfigurationError: *agent_id* is not an ID; nothing was sent.
            NotFound: There is no such conversation or agent (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`.

        Source: the API page, *Assign Agent*.
        """
        return await self._driver.run(operations.assign_agent(self.id, agent_id), self._options)

    async def send_text(self, text: str, *, uuid: UUID | str | None = None) -> Message:
        """Post a text into this conversation.

        An attempt whose fate is unknown is repeated with the same uuid, which the server knows
        again (assumption `uuid_dedupe`; a profile that says otherwise turns such repetitions off).

        Args:
            text: The text, at least one character (assumptions `text_min`, `text_max`).
            uuid: The message's unique ID; made for you if you leave it out. Give one that you
                derive from a key of your own, and the message stays one message across crashes and
                re-runs of your program.

        Returns:
            The message, as it stands in the conversation.

        Raises:
            ConfigurationError: An argument cannot be sent; nothing was.
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`, and repeat an `UNKNOWN` one with the error's
                `uuid`.

        Source: the API page, *Send Text Message*.
        """
        return await self._driver.run(operations.send_text(self.id, text, uuid), self._options)

    async def send_file(self, url: str, *, uuid: UUID | str | None = None) -> Message:
        """Post a file into this conversation, by its URL.

        An attempt whose fate is unknown is repeated with the same uuid, as with `send_text`.

        Args:
            url: Where the server finds the file: http or https, percent-encoded (assumptions
                `file_schemes`, `url_max`, `file_fetch`).
            uuid: The message's unique ID, as in `send_text`.

        Returns:
            The message, with the file as the server holds it.

        Raises:
            ConfigurationError: An argument cannot be sent; nothing was.
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`, and repeat an `UNKNOWN` one with the error's
                `uuid`.

        Source: the API page, *Send File Message*.
        """
        return await self._driver.run(operations.send_file(self.id, url, uuid), self._options)

    async def request_review(self) -> Message:
        """Ask the end user to rate this conversation.

        Nothing in the request lets the server know it again, so an attempt whose fate is unknown is
        not repeated: the error's outcome is `UNKNOWN`, and asking again may ask twice.

        Returns:
            The message that asks for the review.

        Raises:
            NotFound: There is no such conversation (assumption `unknown_ids`).
            BlingerError: Any other; see `outcome`.

        Source: the API page, *Request Review*.
        """
        return await self._driver.run(operations.request_review(self.id), self._options)

    def __repr__(self) -> str:
        """Show the conversation."""
        return f"<{type(self).__name__} {self.id}>"
