"""`python -m serving.server`."""

import gc
import sys

from contracts.graphs_alone import leave_out

if __name__ == "__main__":
    leave_out()
    gc.disable()
    from serving.server.main import main

    # What is imported stays: a collection that went through it would hold up answers.
    gc.freeze()
    gc.enable()
    sys.exit(main())
