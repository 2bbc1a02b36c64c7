"""What all tests share."""

import os

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
