"""For all tests."""

from __future__ import annotations

import sys

# absl, which TFX uses, reads the process's arguments when it is first needed: pytest's `-v` would be
# its verbosity.
del sys.argv[1:]
