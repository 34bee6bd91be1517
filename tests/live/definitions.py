# SPDX-License-Identifier: MIT
"""The definitions for Nagios, Icinga 2 and NRPE, as `make install-nagios` installs them."""

import os
import re
import shutil
import subprocess

ROOT_DIR = "/usr/lib/nagios/plugins"  # where Debian's own plugins are
EXAMPLE = re.compile(r"^#(?=[^\s]|\s{4}|\t)", re.M)  # "# " is a remark


class Definitions:
    """What was installed below `folder`, from the programs of `build`."""

    def __init__(self, root, build, folder):
        self.plugins = folder / "lib" / "nagios" / "plugins"
        self._texts = folder / "share" / "connledger" / "nagios"
        # -o: what was built is to be installed, and not built anew.
        done = subprocess.run(
            ["make", "-s", "-C", root, f"B={build}", f"PREFIX={folder}", "-o", "nagios",
             "install-nagios"], capture_output=True, text=True, check=False,
            env={name: value for name, value in os.environ.items() if "MAKE" not in name})
        assert done.returncode == 0, done.stderr
        for name in ("check_nrpe", "check_cluster", "negate"):
            shutil.copy(f"{ROOT_DIR}/{name}", self.plugins)

    def text(self, name, examples=False):
        """One of the files; with `examples`, those are in force."""
        text = (self._texts / name).read_text()
        return EXAMPLE.sub("", text) if examples else text
