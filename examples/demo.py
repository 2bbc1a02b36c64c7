"""Start the mock, walk the four operations through the SDK, print what happened, and stop.

Run it with `make demo`. The mock is a process of its own on a free port of this machine.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from blinger import Agent, AsyncBlinger, Blinger, BlingerError, Bot, Conversation, EndUser, Message


class Mock(NamedTuple):
    """Where the mock is, and what it was started with."""

    url: str
    token: str
    conversation: str
    agent: str


@contextlib.contextmanager
def mock() -> Iterator[Mock]:
    """Run `blinger-mock` on a free port for as long as the block lasts."""
    command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            started = json.loads(process.stdout.readline())
            yield Mock(
                started["url"],
                started["token"],
                started["conversations"][0],
                started["agents"][0],
            )
        finally:
            process.terminate()


def author(of: Message) -> str:
    """Say who wrote a message."""
    match of.author:
        case Agent(name=name) | Bot(name=name):
            return name
        case EndUser():
            return "the end user"
        case None:
            return "nobody"


def show(call: str, result: Conversation | Message) -> None:
    """Print a call and what came back, as a person would like to read it."""
    print(f"  {call}")
    match result:
        case Conversation(assigned_agent=Agent(name=name, status=status)):
            print(f"    the agent is {name}, who is {status}")
        case Message(text=str(text)):
            print(f"    {result.status} as a {result.type} by {author(result)}: {text!r}")
        case Message(file=file) if file is not None:
            info = file.info
            print(f"    {result.status} as a {result.type} by {author(result)}: ", end="")
            print(f"{info.name}.{info.ext}, {info.mime_type}, {info.size} bytes")
        case Message(review=review) if review is not None:
            about = "nobody" if review.agent is None else review.agent.name
            print(f"    {result.status} as a {result.type} by {author(result)}, about {about}")
        case _:
            print(f"    {result}")


def walk(at: Mock) -> None:
    """Call each operation, waiting for each answer."""
    print("Blinger")
    with Blinger(token=at.token, base_url=at.url) as client:
        chat = client.conversation(at.conversation)
        show("assign_agent(…)", chat.assign_agent(at.agent))
        show('send_text("Hello")', chat.send_text("Hello"))
        show(
            'send_file("https://example.com/invoice.pdf")',
            chat.send_file("https://example.com/invoice.pdf"),
        )
        show("request_review()", chat.request_review())


async def walk_async(at: Mock) -> None:
    """Do the same, awaiting; then fail, to see what an error says."""
    print("AsyncBlinger")
    async with AsyncBlinger(token=at.token, base_url=at.url) as client:
        chat = client.conversation(at.conversation)
        show("await assign_agent(…)", await chat.assign_agent(at.agent))
        show('await send_text("Hello")', await chat.send_text("Hello"))
        show(
            'await send_file("https://example.com/invoice.pdf")',
            await chat.send_file("https://example.com/invoice.pdf"),
        )
        show("await request_review()", await chat.request_review())

        print("And when it goes wrong")
        print('  await conversation("nobody-knows-this").send_text("Hello")')
        try:
            await client.conversation("nobody-knows-this").send_text("Hello")
        except BlingerError as error:
            print(f"    {type(error).__name__}: {error}")


def main() -> None:
    """Run both walks against one mock."""
    with mock() as at:
        print(f"The mock is at {at.url}")
        walk(at)
        asyncio.run(walk_async(at))
    print("The mock is stopped.")


if __name__ == "__main__":
    main()
