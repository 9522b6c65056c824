"""``python -m grainstats``: the command line where the script is not on the path."""

from grainstats.run.cli import main

if __name__ == "__main__":
    main()
