"""One job from end to end: recipe, batch, report, command line.

Begin at `commands/run.py` (what a user asks), `job/batch.py` (the way of an image through a run) and
`report/report.py` (what comes out).

- `cli.py`: all commands and their headings, errors as exit status; `terminal.py`: what may reach a terminal.
- `commands/`: a module for each command, or for a heading of short ones; their words on the terminal.
- `recipe.py`: settings that change a result; `orientation_input.py`: orientation maps in a run.
- `job/`: selection, samples and sheets -> plan -> worker processes -> database -> verdicts and tables.
- `scope.py`: which rows of a database belong to a run; `lost_boundary.py`: what its model is known to miss.
- `report/`: pages, charts and pictures; `compare_*`, `loop_page` and `magnet_*` serve other commands too.
- `volume/`: `run --volumes` and `volume`; `serve/`: the page in the browser, which starts `run`.
- `atomic.py`, `failures.py`, `names.py`: whole files, reasons with remedies, names without folders.
"""
