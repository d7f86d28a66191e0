"""
What `identity` starts, and `python -m identity_service`: the operator's commands, which take a moment to load.
"""

import sys

ABORTED = 1


def main() -> None:
    """Load the commands and run the one that was typed; whoever stops that with Ctrl-C reads no stack trace."""
    try:
        from identity_service.cli import main as run  # noqa: PLC0415 - this is what takes the moment
    except KeyboardInterrupt:
        sys.stderr.write("Aborted!\n")
        sys.exit(ABORTED)
    run()


if __name__ == "__main__":
    main()
