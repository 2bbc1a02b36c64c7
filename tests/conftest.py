"""What all tests share."""

import os
import signal

from hypothesis import settings

# No deadline: how long an example takes says more of the machine than of the code. CI tries the
# same examples each time, so that it fails for what changed; elsewhere they are new each time.
# EXAMPLES makes a run quicker, or more thorough.
settings.register_profile(
    "blinger",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    max_examples=int(os.environ.get("EXAMPLES", "100")),
)
settings.load_profile("blinger")

# A shell ignores Ctrl-C in what it runs in the background, and what is started there inherits that:
# the tests of an interruption would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
