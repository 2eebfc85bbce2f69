"""Leave of the base image Python and its libraries alone: no shell, no package manager, no compiler.

Runs once, as root, while an image is built. The list of Debian's packages stays, for vulnerability scanners.
"""

from __future__ import annotations

import glob
import shutil
from pathlib import Path

USER = 10001
_UNWANTED = (
    "/usr/bin/*",
    "/usr/sbin/*",
    "/usr/games",
    "/usr/include",
    "/usr/lib/apt",
    "/usr/lib/dpkg",
    "/usr/lib/git-core",
    "/usr/lib/*/perl*",
    "/usr/lib/*/libapt-*",
    "/usr/share/perl*",
    "/usr/share/doc",
    "/usr/share/info",
    "/usr/share/locale",
    "/usr/share/man",
    "/etc/apt",
    "/var/cache/*",
    "/var/lib/apt",
    "/var/log/*",
    "/root",
    "/usr/local/include",
    "/usr/local/bin/*pip*",
    "/usr/local/bin/*config*",
    "/usr/local/bin/wheel",
    "/usr/local/bin/idle*",
    "/usr/local/bin/pydoc*",
    "/usr/local/bin/2to3*",
    "/usr/local/lib/libpython*.a",
    "/usr/local/lib/pkgconfig",
    "/usr/local/lib/python3*/config-*",
    "/usr/local/lib/python3*/ensurepip",
    "/usr/local/lib/python3*/idlelib",
    "/usr/local/lib/python3*/lib-dynload/_test*",
    "/usr/local/lib/python3*/lib2to3",
    "/usr/local/lib/python3*/pydoc_data",
    "/usr/local/lib/python3*/test",
    "/usr/local/lib/python3*/tkinter",
    "/usr/local/lib/python3*/site-packages/*",
    # For `python -O`.
    "/usr/local/lib/python3*/**/*.opt-[12].pyc",
)


def main() -> None:
    """Remove what is unwanted and this file; name the user that runs everything."""
    for pattern in _UNWANTED:
        for name in glob.glob(pattern, recursive=True):
            path = Path(name)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    with Path("/etc/passwd").open("a") as passwd, Path("/etc/group").open("a") as group:
        passwd.write(f"dragoman:x:{USER}:{USER}::/tmp:/nonexistent\n")
        group.write(f"dragoman:x:{USER}:\n")
    Path(__file__).unlink()


if __name__ == "__main__":
    main()
