"""The proxy that the environment names for a URL, with the exceptions of `NO_PROXY`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult


def environment_proxy(target: SplitResult) -> URL | None:
    """Return the proxy to reach *target* through, as httpx would; None to connect to it itself.

    aiohttp's own reading of the environment passes over `ALL_PROXY`, and sends what it finds in a
    `.netrc` too: a request with a token cannot be made then.
    """
    proxies = getproxies()
    named = proxies.get(target.scheme) or proxies.get("all")
    if not named or proxy_bypass(target.netloc) or proxy_bypass(target.hostname or ""):
        return None
    proxy = _parse(named)
    if proxy is None:  # what is wrong is not shown: it may have a password in it
        raise ConfigurationError(
            f"the environment's proxy for {target.scheme}:// is none that aiohttp can use: name "
            'one of http:// or https://, or use sender="httpx"'
        )
    return proxy


def _parse(named: str) -> URL | None:
    try:
        proxy = URL(named if "://" in named else f"http://{named}")
    except ValueError:
        return None
    return proxy if proxy.host and proxy.scheme in {"http", "https"} else None
