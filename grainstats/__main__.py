"""The command line: ``grainstats``, and ``python -m grainstats`` where the script is not on the path."""

import os
import sys


def main() -> None:
    """Entry point; Ctrl-C while the program still loads ends it in words, too."""
    # NumPy's sums over more than 10,000 values: in threads they cost more, and end in other digits
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # an idle thread of an allocator of Arrow's: only a process of one thread may fork its workers
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    try:
        from grainstats.run.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("stopped before it began\n")
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
