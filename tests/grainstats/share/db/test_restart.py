"""A server that goes away for some seconds, and rows that no database takes as they come."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from grainstats.measure import Descriptor
from grainstats.share import Database, DatabaseError
from grainstats.share.db import engine as engine_module
from grainstats.share.db.engine import parse_url


@pytest.mark.slow
def test_a_restart_of_the_server_loses_nothing(postgres_url, restart_server, make_record):
    with Database.open(postgres_url) as db:
        db.add_analysis(make_record(0, n=3))
        restarting = threading.Thread(target=restart_server)
        restarting.start()
        number = 1
        while restarting.is_alive() or number < 5:
            assert db.add_analysis(make_record(number, n=3))
            number += 1
            time.sleep(0.05)
        restarting.join()
        assert len(db.analyses()) == number
        assert db.grains().groupby("analysis_id").size().tolist() == [3] * number


def test_a_server_that_never_answered_is_said_at_once():
    begin = time.monotonic()
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database.open("postgresql://lab:word@127.0.0.1:1/none")
    assert time.monotonic() - begin < 30


def test_waiting_for_a_lost_server_ends(monkeypatch):
    engine = sa.create_engine(parse_url("postgresql://lab@127.0.0.1:1/none"))
    clock, pauses = iter([0.0, 0.0, 30.0, 60.0, 119.0, 121.0]), list[float]()
    clocks = SimpleNamespace(monotonic=lambda: next(clock) + 1.0, sleep=pauses.append)
    monkeypatch.setattr(engine_module, "time", clocks)
    for reached, tries in ((False, 0), (True, 4)):
        engine.update_execution_options(grainstats_reached=reached)
        with pytest.raises(DatabaseError, match="cannot be used"):
            engine_module.in_transaction(engine, lambda connection: None)
        assert len(pauses) == tries
    assert all(0 < pause <= 5 for pause in pauses)
    assert engine_module.RECONNECT_SECONDS >= 60


def test_metadata_with_nul_and_broken_characters_is_stored(db, make_record):
    record = make_record(1, n=3)
    odd = "a\0b\udcff\x1b"
    facts = replaced(record.micrograph, vendor=odd, path=odd, scale_conflict=odd)
    record = replaced(
        record,
        micrograph=facts,
        sample_id="S\0",
        warnings=(odd,),
        artefacts={"labels": odd},
        descriptors=(Descriptor("x", 1.0, None, None, "nm", odd),),
    )
    assert db.add_analysis(record)
    shown = "a\\x00b\\xff\x1b"
    (row,) = db.micrographs().to_dict("records")
    assert (row["path"], row["vendor"], row["sample_id"]) == (shown, shown, "S\\x00")
    assert db.analyses()["warnings"][0] == [shown]
    db.add_failure(odd, None, odd, odd)
    assert db.failures()["path"].tolist() == [shown]


def replaced(record, **changes):
    import dataclasses

    return dataclasses.replace(record, **changes)
