"""`ecorec`, and `python -m ecorec`, which is the same."""

import signal
import sys


def main() -> None:
    """Run the program; Ctrl-C ends it with one word, also while it is still being imported."""
    try:
        from ecorec.cli.main import main as program

        program()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(128 + signal.SIGINT)  # as shells have it


if __name__ == "__main__":
    main()
