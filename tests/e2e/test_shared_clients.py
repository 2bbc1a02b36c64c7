"""Where other clients hand out another's answer, hang or print: fork, event loops, threads, exit.

Each case is a program of its own, as a user would write it, against the mock on a real socket.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_mock.testing import Mock

HEAD = """
import asyncio, os, sys, threading
import httpx, trio
from blinger import AsyncBlinger, Blinger, BlingerError, ConfigurationError

URL, TOKEN, CONVERSATION, SENDER = sys.argv[1:]

def check(chat, label, times=50):
    for number in range(times):
        text = f"{label} {number}"
        assert chat.send_text(text).text == text, text

async def acheck(chat, label, times=50):
    async def one(text):
        assert (await chat.send_text(text)).text == text, text
    await asyncio.gather(*(one(f"{label} {number}") for number in range(times)))
"""


SENDERS = ("httpx", "aiohttp")


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """One mock for all programs; their messages do not meet."""
    with serve() as running:
        yield running


def run(mock: Mock, program: str, *flags: str, sender: str = "httpx") -> str:
    """Run a program to its end; it must succeed and print nothing to standard error."""
    done = subprocess.run(
        [
            sys.executable,
            *flags,
            "-c",
            HEAD + textwrap.dedent(program),
            mock.url,
            mock.token,
            mock.conversation,
            sender,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_after_a_fork_neither_process_reads_the_others_answer(mock: Mock) -> None:
    """Parent and child go on with one client; each answer is that of the process's own text."""
    run(
        mock,
        """
        client = Blinger(TOKEN, base_url=URL)
        chat = client.conversation(CONVERSATION)
        check(chat, "before")
        children = []
        for child in range(3):
            pid = os.fork()
            if pid == 0:
                check(chat, f"child {child}")
                client.close()
                os._exit(0)
            children.append(pid)
        check(chat, "parent")
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        check(chat, "after")
        client.close()
        """,
        "-W",
        "error",
    )


def test_after_a_fork_where_a_proxy_is_named(mock: Mock) -> None:
    """A child that goes through whole clients of httpx starts with none of its parent's either."""
    run(
        mock,
        """
        os.environ.update(HTTPS_PROXY="http://127.0.0.1:1")
        client = Blinger(TOKEN, base_url=URL)
        chat = client.conversation(CONVERSATION)
        check(chat, "before")
        pid = os.fork()
        if pid == 0:
            check(chat, "child")
            client.close()
            os._exit(0)
        check(chat, "parent")
        assert os.waitpid(pid, 0)[1] == 0
        client.close()
        """,
        "-W",
        "error",
    )


def test_a_fork_while_another_thread_sends_leaves_the_child_free(mock: Mock) -> None:
    """The child of a busy parent neither hangs on a lock nor meets a half-sent request."""
    run(
        mock,
        """
        client = Blinger(TOKEN, base_url=URL)
        chat = client.conversation(CONVERSATION)
        busy = [threading.Thread(target=check, args=(chat, f"t{n}", 100)) for n in range(4)]
        [thread.start() for thread in busy]
        for child in range(5):
            pid = os.fork()
            if pid == 0:
                check(chat, f"child {child}", 10)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        [thread.join() for thread in busy]
        client.close()
        """,
    )


IMPORTS = """
from blinger import _forks

class Watch:
    def find_spec(self, name, path=None, target=None):
        if not _forks.LOCK._is_owned():
            print("imported without the lock:", name)

sys.meta_path.insert(0, Watch())
PLACES = (
    (URL, CONVERSATION), (URL, "unknown"), ("http://127.0.0.1:1", "refused"),
    ("https" + URL[4:], "not TLS"), ("https://localhost:1", "a name"),
)
"""


def test_what_a_call_imports_is_imported_under_the_lock_that_a_fork_waits_for(mock: Mock) -> None:
    """A child forked in the midst of another thread's import would wait for it for ever."""
    program = IMPORTS + textwrap.dedent(
        """
        for place, conversation in PLACES:
            with Blinger(TOKEN, base_url=place, deadline=5) as client:
                chat = client.conversation(conversation.replace(" ", "-"))
                for call in (lambda: chat.send_text("a"), chat.request_review):
                    try:
                        call()
                    except BlingerError as error:
                        print(type(error).__name__)
        """
    )
    done = run(mock, program)

    assert done.split() == ["NotFound"] * 2 + ["ConnectionFailed"] * 6


@pytest.mark.parametrize(
    ("loop", "sender"), [("asyncio", "httpx"), ("trio", "httpx"), ("asyncio", "aiohttp")]
)
def test_what_an_awaited_call_imports_is_imported_under_the_lock(
    mock: Mock, loop: str, sender: str
) -> None:
    """It holds in an event loop too, whichever the sender."""
    program = IMPORTS + textwrap.dedent(
        f"""
        async def main():
            for place, conversation in PLACES:
                async with AsyncBlinger(TOKEN, base_url=place, deadline=5, sender=SENDER) as client:
                    chat = client.conversation(conversation.replace(" ", "-"))
                    for call in (lambda: chat.send_text("a"), chat.request_review):
                        try:
                            await call()
                        except BlingerError as error:
                            print(type(error).__name__)

        {loop}.run({"main" if loop == "trio" else "main()"})
        """
    )
    done = run(mock, program, sender=sender)

    assert done.split() == ["NotFound"] * 2 + ["ConnectionFailed"] * 6


@pytest.mark.parametrize("sender", SENDERS)
def test_an_async_client_is_usable_in_a_forked_child(mock: Mock, sender: str) -> None:
    """A child makes its own connections in its own loop."""
    run(
        mock,
        """
        client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
        chat = client.conversation(CONVERSATION)
        asyncio.run(acheck(chat, "before"))
        pid = os.fork()
        if pid == 0:
            asyncio.run(acheck(chat, "child"))
            os._exit(0)
        asyncio.run(acheck(chat, "parent"))
        assert os.waitpid(pid, 0)[1] == 0
        """,
        sender=sender,
    )


@pytest.mark.parametrize("sender", SENDERS)
def test_a_fork_within_an_event_loop_leaves_the_connections_to_the_parent(
    mock: Mock, sender: str
) -> None:
    """A child that sends, closes the client and collects what it finds breaks nothing in it."""
    run(
        mock,
        """
        import gc
        client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
        chat = client.conversation(CONVERSATION)
        async def main():
            await acheck(chat, "before")
            pid = os.fork()
            if pid == 0:
                asyncio.run(acheck(chat, "child"))
                asyncio.run(client.close())
                gc.collect()
                os._exit(0)
            ended = 0
            while not ended:
                await acheck(chat, "meanwhile", 2)
                ended, status = os.waitpid(pid, os.WNOHANG)
            assert status == 0
            await acheck(chat, "after")
        asyncio.run(main())
        """,
        "-W",
        "error",
        sender=sender,
    )


@pytest.mark.parametrize("sender", SENDERS)
def test_one_async_client_works_in_two_event_loops(mock: Mock, sender: str) -> None:
    """`asyncio.run` twice, then trio, then asyncio again, and no socket is left behind."""
    run(
        mock,
        """
        import gc
        client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
        chat = client.conversation(CONVERSATION)
        asyncio.run(acheck(chat, "first"))
        asyncio.run(acheck(chat, "second"))
        try:
            trio.run(lambda: chat.send_text("on trio"))
        except ConfigurationError as error:
            assert SENDER == "aiohttp" and "needs asyncio" in str(error), error
        else:
            assert SENDER == "httpx"
        asyncio.run(acheck(chat, "third"))
        asyncio.run(client.close())
        gc.collect()
        """,
        "-W",
        "error",
        sender=sender,
    )


@pytest.mark.parametrize("sender", SENDERS)
def test_loops_in_two_threads_share_one_async_client(mock: Mock, sender: str) -> None:
    """Two loops at once, each in its thread, each with connections of its own."""
    run(
        mock,
        """
        client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
        chat = client.conversation(CONVERSATION)
        failed = []
        def work(label):
            try:
                asyncio.run(acheck(chat, label))
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not failed, failed
        """,
        sender=sender,
    )


def test_fifty_threads_share_one_client(mock: Mock) -> None:
    """Each thread reads its own answers, 20 each."""
    run(
        mock,
        """
        with Blinger(TOKEN, base_url=URL) as client:
            chat = client.conversation(CONVERSATION)
            failed = []
            def work(label):
                try:
                    check(chat, label, 20)
                except BaseException as error:
                    failed.append(error)
            threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(50)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            assert not failed, failed
        """,
        "-W",
        "error",
    )


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    "program",
    [
        "client = Blinger(TOKEN, base_url=URL); check(client.conversation(CONVERSATION), 'x', 2)",
        """
        client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
        asyncio.run(acheck(client.conversation(CONVERSATION), "x", 2))
        """,
        """
        async def main():
            global client
            client = AsyncBlinger(TOKEN, base_url=URL, sender=SENDER)
            await acheck(client.conversation(CONVERSATION), "x", 2)
        trio_free = asyncio.run(main())
        """,
    ],
)
def test_a_program_that_never_closes_its_client_exits_in_silence(
    mock: Mock, program: str, sender: str
) -> None:
    """Nothing is printed when the interpreter ends with connections open."""
    assert run(mock, program, sender=sender) == ""


def test_a_given_client_refuses_to_work_after_a_fork(mock: Mock) -> None:
    """Its connections are the parent's, and it is not ours to replace: the error says so."""
    out = run(
        mock,
        """
        with httpx.Client() as given:
            client = Blinger(TOKEN, base_url=URL, http_client=given)
            chat = client.conversation(CONVERSATION)
            check(chat, "parent", 2)
            pid = os.fork()
            if pid == 0:
                try:
                    chat.send_text("child")
                except ConfigurationError as error:
                    print(error, flush=True)
                os._exit(0)
            os.waitpid(pid, 0)
            check(chat, "parent", 2)
        """,
    )

    assert "http_client was made before a fork" in out
    assert "nothing was sent" in out


def test_a_given_async_client_refuses_to_work_in_another_loop(mock: Mock) -> None:
    """Its connections live in the loop that made them: the error says so."""
    out = run(
        mock,
        """
        given = httpx.AsyncClient()
        client = AsyncBlinger(TOKEN, base_url=URL, http_client=given)
        chat = client.conversation(CONVERSATION)
        async def second():
            try:
                await chat.send_text("second")
            except ConfigurationError as error:
                print(error)
        asyncio.run(chat.send_text("first"))
        asyncio.run(second())
        """,
    )

    assert "http_client was used in another event loop" in out


def test_an_interrupt_is_never_swallowed(mock: Mock) -> None:
    """Ctrl-C while an answer is awaited ends the call with KeyboardInterrupt."""
    run(
        mock,
        """
        import signal, socket
        silent = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        with Blinger(TOKEN, base_url=address) as client:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            try:
                client.conversation("a").send_text("x")
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("it was swallowed")
        silent.close()
        """,
        "-W",
        "error",
    )
