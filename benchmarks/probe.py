"""What is measured once in a process of its own: `probe clients|threads|profile …`; prints JSON."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks import memory
from benchmarks.candidates import HEADERS, PATH, TOKEN, body
from benchmarks.layers import shares
from benchmarks.upstream import CONVERSATION

if TYPE_CHECKING:
    from collections.abc import Callable


def clients(kind: str, url: str, number: str) -> dict[str, float]:
    """What a client costs after the first one, and what one does that has sent something too."""
    make, use = _httpx() if kind == "httpx" else _blinger()
    first = make(url)
    use(first)

    def measured(act: Callable[[], Any]) -> tuple[list[Any], float, float]:
        gc.collect()
        resident, begin = memory.resident(), time.process_time()
        made = [act() for _ in range(int(number))]
        took = time.process_time() - begin
        gc.collect()
        return made, took / int(number), (memory.resident() - resident) / int(number)

    made, cpu, size = measured(lambda: make(url))
    waiting = iter(made)
    _, sent_cpu, sent_size = measured(lambda: use(next(waiting)))
    return {"cpu": cpu, "bytes": size, "sent_cpu": cpu + sent_cpu, "sent_bytes": size + sent_size}


def _httpx() -> tuple[Callable[[str], Any], Callable[[Any], object]]:
    import httpx

    return (
        lambda url: httpx.Client(base_url=url, headers=HEADERS),
        lambda client: client.request("POST", PATH, json=body()).json()["data"]["id"],
    )


def _blinger() -> tuple[Callable[[str], Any], Callable[[Any], object]]:
    from blinger import Blinger

    return (
        lambda url: Blinger(TOKEN, base_url=url),
        lambda client: client.conversation(CONVERSATION).send_text("Hello").id,
    )


def threads(url: str, token: str, conversation: str, number: str, calls: str) -> dict[str, Any]:
    """Many threads on one client: each text must come back to the thread that sent it."""
    from blinger import Blinger, BlingerError

    errors: list[str] = []
    wrong: list[str] = []
    share = int(calls) // int(number)
    begin, since = time.process_time(), time.perf_counter()
    with Blinger(token, base_url=url, retries=0) as client:
        chat = client.conversation(conversation)

        def send(thread: int) -> None:
            for place in range(share):
                text = f"{thread} {place}"
                try:
                    message = chat.send_text(text)
                except BlingerError as error:
                    errors.append(repr(error))
                else:
                    if message.body != text:
                        wrong.append(text)

        started = [threading.Thread(target=send, args=(it,)) for it in range(int(number))]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
    cpu, wall = time.process_time() - begin, time.perf_counter() - since
    return {
        "calls": share * int(number),
        "cpu": cpu,
        "wall": wall,
        "errors": errors[:3],
        "wrong": len(wrong) + len(errors),
    }


def main() -> None:
    name, *arguments = sys.argv[1:]
    probes: dict[str, Callable[..., Any]] = {
        "clients": clients,
        "threads": threads,
        "profile": shares,
    }
    sys.stdout.write(json.dumps(probes[name](*arguments)))


if __name__ == "__main__":
    main()
