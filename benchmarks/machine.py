"""The machine a figure was measured on: what it is, and how busy others keep it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def described(*distributions: str) -> dict[str, object]:
    """CPU, cores, system, and the version of Python and of each distribution."""
    names = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return {
        "cpu": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in distributions},
    }


def version_of(*command: str) -> str:
    """The first line that a command says of its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def busy_seconds() -> float:
    """CPU seconds that all processes of the machine have used, over all cores."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / _TICKS


def used_seconds(process: int) -> float:
    """CPU seconds that a process and its children have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / _TICKS
    return own + sum(used_seconds(int(child)) for child in children)


def own_seconds() -> float:
    """CPU seconds that this process and its children, ended ones too, have used."""
    ended = os.times()
    return used_seconds(os.getpid()) + ended.children_user + ended.children_system


def resident_bytes(process: int) -> int:
    """Memory of a process that is not swapped out."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
