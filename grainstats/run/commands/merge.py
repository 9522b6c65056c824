"""`grainstats merge`: the databases of a cluster's jobs into one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument

from grainstats.run.commands.choices import NewDatabaseOption


def merge(
    databases: Annotated[list[Path], Argument(metavar="DATABASE", help="SQLite files that shards wrote.")],
    db: NewDatabaseOption,
) -> None:
    """Merge the databases of several shards; doing it twice changes nothing.

    Verdicts are judged afterwards, of whole samples: `grainstats run --report-only --out results`.

    Examples:

    - `grainstats merge shard-*.db --db results/results.db`
    - `grainstats merge shard-1.db shard-2.db --db postgresql://lab@host/grains`
    """
    from grainstats.run.report.wording import counted, first_of
    from grainstats.share.db.database import Database
    from grainstats.share.db.merging import merge as add

    for path in databases:
        Database.open(path, create=False).close()  # a wrong name is said before the first is merged
    with Database.open(db) as target:
        for path in databases:
            with Database.open(path, create=False) as source:
                done = add(target, source)
            analyses = "1 analysis" if done.n_analyses == 1 else f"{done.n_analyses} analyses"
            print(f"{path}: {analyses} and {counted(done.n_samples, 'sample')} added")
            if done.n_replaced:
                print(
                    f"warning: {path}: {counted(done.n_replaced, 'image')} counted by another model, recipe "
                    "or correction before; those of this database count now",
                    file=sys.stderr,
                )
            if done.differing:
                print(
                    f"warning: {path}: another design or other properties of {', '.join(done.differing)} "
                    "than in the databases before, which stay; import the right samples.csv afterwards",
                    file=sys.stderr,
                )
            if done.elsewhere:
                print(
                    f"warning: {path}: {counted(len(done.elsewhere), 'image')} of another sample than in the "
                    f"databases before, where they stay: {first_of(done.elsewhere)}; to move them, give run "
                    "the right samples.csv",
                    file=sys.stderr,
                )
