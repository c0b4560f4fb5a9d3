"""The program called in this process: as people meet it, without seconds of imports."""

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from ecorec.cli.main import main


def ecorec(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run `ecorec` with these words and return its exit code, stdout and stderr."""
    out, err, code = StringIO(), StringIO(), 0
    with (
        chdir(cwd or os.curdir),
        patch.object(sys, "argv", ["ecorec", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
