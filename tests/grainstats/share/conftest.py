"""Databases to test on: a SQLite file, and a real PostgreSQL started from its own binaries."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from grainstats.infer import ModalityVerdict
from grainstats.measure import Descriptor
from grainstats.share import AnalysisKey, AnalysisRecord, Database, MicrographFacts, SuggestionRecord
from grainstats.share.db.engine import parse_url
from grainstats.share.sheets.samples import read_samples


def _server_binaries() -> Path | None:
    """Folder with initdb and pg_ctl, wherever the distribution puts them."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if asked := shutil.which("pg_config"):
        answer = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False)
        candidates.insert(0, Path(answer.stdout.strip()))
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    return next((c for c in candidates if (c / "initdb").is_file() and (c / "pg_ctl").is_file()), None)


def _as_server_user(folder: Path) -> list[str]:
    """Prefix for commands: the server refuses root, so root steps down to postgres or nobody."""
    if os.geteuid() != 0:
        return []
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in names)
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]


@pytest.fixture(scope="session")
def postgres_server(_server: tuple[str, Callable[[], None]]) -> str:
    """URL of a running server (database `postgres`)."""
    return _server[0]


@pytest.fixture(scope="session")
def restart_server(_server: tuple[str, Callable[[], None]]) -> Callable[[], None]:
    """Stops the server, waits two seconds, starts it again."""
    return _server[1]


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[str, Callable[[], None]]]:
    """URL of a running server, and its restart; its folder vanishes at the end."""
    binaries = _server_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server binaries (initdb, pg_ctl) are not installed")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL refuses to run as root and setpriv is not installed")
    pytest.importorskip("psycopg", reason="psycopg 3 is not installed")
    folder = Path(tempfile.mkdtemp(prefix="gspg", dir="/tmp"))
    prefix = _as_server_user(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, password = folder / "data", folder / "password"
    password.write_text("s3cret-word\n")
    password.chmod(0o644)
    run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "lab", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run([*prefix, *initdb, "-A", "scram-sha-256", f"--pwfile={password}"], **run)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    start = [*control, "-o", options, "-l", str(folder / "log"), "start"]
    subprocess.run(start, **run)

    def restart() -> None:
        subprocess.run([*control, "-m", "fast", "stop"], **run)
        time.sleep(2)
        subprocess.run(start, **run)

    try:
        yield f"postgresql://lab:s3cret-word@127.0.0.1:{port}/postgres", restart
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a fresh, empty database on the server."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**10}_{os.getpid()}"
    server = parse_url(postgres_server)
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_server.removesuffix("postgres") + name
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once on each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "results.db")
    answer: str = request.getfixturevalue("postgres_url")
    return answer


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """An open, empty database, once on each kind."""
    with Database.open(url) as opened:
        yield opened


@pytest.fixture
def raw() -> Callable[..., list]:
    """Run one SQL statement on a database, past the package."""

    def execute(url: str, statement: str) -> list:
        engine = sa.create_engine(parse_url(url))
        try:
            with engine.begin() as connection:
                result = connection.exec_driver_sql(statement)
                return list(result) if result.returns_rows else []
        finally:
            engine.dispose()

    return execute


def grain_table(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A table with the columns of `grainstats.measure.grain_table`, filled at random."""
    cut = rng.random(n) < 0.2
    columns = (
        "y_px",
        "x_px",
        "area_nm2",
        "equivalent_diameter_nm",
        "perimeter_nm",
        "feret_max_nm",
        "feret_min_nm",
    )
    table = pd.DataFrame({"label": np.arange(1, n + 1), **{c: rng.random(n) * 1e3 for c in columns}})
    box = {f"bbox_{c}_px": rng.integers(0, 900, n) for c in ("y0", "x0", "y1", "x1")}
    return table.assign(
        aspect_ratio=1 + rng.random(n),
        orientation_deg=rng.random(n) * 180,
        **box,
        touches_frame=cut,
        weight=np.where(cut, np.nan, 1 / (0.5 + rng.random(n))),
    )


def intercept_table(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A table with the columns of `grainstats.measure.intercept_table`, filled at random."""
    return pd.DataFrame(
        {
            "line": np.arange(n) // 8,
            "angle_deg": np.array([0.0, 45.0, 90.0, 135.0])[np.arange(n) % 4],
            "y0_px": rng.random(n) * 900,
            "x0_px": rng.random(n) * 900,
            "length_nm": rng.random(n) * 80,
            "label": rng.integers(1, 20, n),
            "censored": rng.choice(["none", "one", "both"], n),
            "phase_ends": rng.integers(0, 3, n),
            "line_length_nm": 900 + rng.random(n),
        }
    )


@pytest.fixture
def make_record() -> Callable[..., AnalysisRecord]:
    """Build an analysis: ``make_record(3, sample_id="S1", n=20, model="m", recipe="r")``."""
    return build_record


def build_record(
    number: int, *, sample_id: str = "S1", n: int = 20, model: str = "model", recipe: str = "recipe"
) -> AnalysisRecord:
    rng = np.random.default_rng([number, n, len(model), len(recipe)])
    sha = f"{number:064x}"
    return AnalysisRecord(
        key=AnalysisKey(sha, model, recipe),
        micrograph=MicrographFacts(
            sha, sha, f"{sample_id}/{number:04d}.tif", "fei_tiff", 900, 1000, 1.25, "metadata"
        ),
        sample_id=sample_id,
        code_version="0.1.0",
        seed=number,
        grains=grain_table(rng, n),
        intercepts=intercept_table(rng, 5 * n),
        descriptors=(
            Descriptor(
                "equivalent_diameter_mean_nm", 50 + number / 7, 45.0, 55.0, "nm", "number mean, ASTM E112"
            ),
            Descriptor("boundary_density_per_um", 40 - number / 9, None, float("nan"), "1/um", "Crofton"),
        ),
        warnings=("scale bar and metadata disagree",) if number % 2 else (),
        artefacts={"overlay": f"overlays/{number:04d}.png"},
        model_name="boundary-net",
        recipe_text='persistence = 0.1\nlanguage = "日本語"\n',
    )


_COLUMNS = "sample_id,design_route,campaign,param:temp_C,param:time_min,param:pO2_Pa,param:atm_category"
SHEET = f"""{_COLUMNS},prop:jc_kA/cm2,prop_sd:jc_A/cm2
S1,ai,round 1,850,90,0.001,Ar,1.25,30
S2,researcher,round 1,860.5,30.25,0.002,"Ar, 5 % H2",0.1,
S3,ai,round 2,870,60,0.0015,Ar,,
"""


@pytest.fixture
def filled(db: Database, verdict: ModalityVerdict, tmp_path: Path) -> Database:
    """A small campaign on each kind of database: S1 has two images, S2 one, S3 none; one image failed."""
    return fill(db, verdict, tmp_path, (0, 1, 2))


def fill(db: Database, verdict: ModalityVerdict, folder: Path, order: tuple[int, ...]) -> Database:
    sheet = folder / "samples.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    db.put_samples(read_samples(sheet))
    db.add_analysis(build_record(0, sample_id="S1", n=5, recipe="superseded"))
    for number in order:
        db.add_analysis(build_record(number, sample_id="S1" if number < 2 else "S2"))
    analyses = db.analyses().sort_values("micrograph_digest")
    for sample_id in ("S1", "S2"):
        ids = analyses.loc[analyses["sample_id"] == sample_id, "analysis_id"]
        feature = Descriptor("intercept_mean_nm", 61.5 + len(ids) / 3, 55.0, 68.0, "nm", "ASTM E112")
        db.put_verdict(sample_id, verdict, ids, descriptors=[feature])
    db.add_failure("S1/broken.tif", None, "it is truncated", "Copy it again")
    db.add_suggestions(
        [SuggestionRecord("researcher", "by experience", {"temp_degC": 855.0}, reason="日本語")]
    )
    return db


@pytest.fixture
def fill_database() -> Callable[..., Database]:
    """`fill` itself: ``fill_database(db, verdict, folder, order)`` stores the analyses in that order."""
    return fill
