"""The access log: what customers were answered sums to what they called."""

import msgspec
import numpy as np
import polars as pl

from psizero.twin.access import answered
from psizero.twin.fleet import opened
from psizero.twin.metrics import split
from tests.twin.fleets import CALM, START


def test_split_keeps_every_total() -> None:
    luck = np.random.default_rng(1)
    total = np.floor(luck.random((40, 5)) * 1000)
    parts = split(total, luck.random((40, 5, 7)), luck.random((40, 5)))
    assert (parts.sum(axis=2) == total).all() and (parts >= 0).all()
    assert (split(total, np.array([0.5, 0.5]), luck.random((40, 5))).sum(axis=2) == total).all()


def test_what_customers_were_answered_sums_to_their_calls() -> None:
    dice = np.random.default_rng(2)
    names = pl.Series([f"c{n}" for n in range(30)])
    calls = dice.integers(0, 50, (30, 24))
    calls[3] = 0
    failed = np.minimum(dice.integers(0, 4, (30, 24)), calls)
    calm = opened(CALM, START, 100.0)
    calm = msgspec.structs.replace(calm, failing=(0.0,) * 24)
    frame = answered(CALM, names, START, (calls, failed), calm).rows["request.answered"]
    by = frame.group_by("subject").agg(pl.col("quantity").sum()).sort("subject")
    every = zip(names, calls.sum(axis=1), strict=True)
    assert dict(by.iter_rows()) == {name: int(number) for name, number in every if number}
    well = frame.filter(pl.col("status_class") == "2xx")["quantity"].sum()
    assert int(well) == int((calls - failed).sum())
    trouble = msgspec.structs.replace(calm, failing=(0.5,) * 24, loud=((0.4, 700),))
    frame = answered(CALM, names, START, (calls, failed), trouble).rows["request.answered"]
    server = frame.filter(pl.col("status_class") == "5xx")["quantity"].sum()
    assert int(server) > 0.9 * failed.sum()
    refused = frame.filter(pl.col("status_class") == "4xx")
    assert int(frame["quantity"].sum()) == int(calls.sum()) + 700
    assert int(refused.filter(pl.col("subject") == "c12")["quantity"].sum()) >= 700
    assert frame["id"].n_unique() == frame.height
