"""What a fork waits for: a child has one thread, and whatever lock another held stays locked in it.

Those are OpenSSL's, and that of each module that is being imported. So what needs them once a
client is in use holds `LOCK`, and a child is never made in the midst of it.
"""

from __future__ import annotations

import os
import threading

LOCK = threading.RLock()

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)
