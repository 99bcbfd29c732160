"""The file reader: every form, good rows beside bad ones, maps that are wrong."""

import csv
import gzip
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from psizero.connectors.files import BATCH_ROWS_MAX, ImportMap, parse_map, read_file
from psizero.core.errors import Problem
from psizero.core.events import customer, payment, usage
from psizero.core.events import subscription as subscriptions
from psizero.core.ports import Batch
from psizero.core.tables import Column, Kind, Type

_SUBJECTS = (customer, payment, subscriptions, usage)
Row = dict[str, str | None]
KINDS: dict[str, Kind] = {kind.name: kind for one in _SUBJECTS for kind in one.KINDS}
TERMS = Kind(
    name="terms.set",
    subject="plan",
    doc="Columns of the types that no kind from outside has.",
    columns={
        "version": Column(Type.INTEGER, "counts up"),
        "valid_from": Column(Type.INSTANT, "from when on"),
        "length": Column(Type.INTEGER, "how long", unit="days"),
        "terms": Column(Type.JSON, "an object"),
    },
)
KINDS[TERMS.name] = TERMS
SERVEGEN = Path(__file__).parents[2] / "examples" / "maps" / "servegen.toml"
USAGE = """
select line, id, who as customer, try_cast(moment as timestamptz) as occurred_at,
    'calls' as meter, quantity
from file
"""
ROWS: list[Row] = [
    {"id": "a", "who": "ann", "moment": "2026-10-01T02:00:00+02:00", "quantity": "3"},
    {"id": "b", "who": 'b "the" b, c', "moment": "2026-10-01 00:00:00", "quantity": "0.5"},
    {"id": "c", "who": "çé", "moment": None, "quantity": "lots"},
]


def a_map(sql: str, kind: str = "usage.recorded") -> ImportMap:
    return parse_map(f"source = 's'\n[[select]]\nkind = '{kind}'\nsql = '''{sql}'''", "m", KINDS)


def write(path: Path, rows: list[Row]) -> Path:
    """The rows in the form that the ending says."""
    form, _, packed = path.name.partition(".")[2].partition(".")
    text = io.StringIO(newline="")
    if form == "parquet":
        pl.DataFrame(rows).write_parquet(path)
        return path
    if form in ("csv", "tsv"):
        table = csv.DictWriter(text, list(rows[0]), delimiter="," if form == "csv" else "\t")
        table.writeheader()
        table.writerows(rows)
    elif form == "json":
        json.dump(rows, text)
    else:
        text.writelines(json.dumps(row) + "\n" for row in rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return path


def read(path: Path, sql: str = USAGE, kind: str = "usage.recorded") -> list[Batch]:
    return list(read_file(path, a_map(sql, kind), KINDS))


def only(path: Path, sql: str = USAGE, kind: str = "usage.recorded") -> pl.DataFrame:
    (batch,) = read(path, sql, kind)
    assert (batch.kind, batch.origin) == (kind, path.name)
    return batch.frame


FORMS = "csv csv.gz tsv tsv.gz parquet ndjson ndjson.gz jsonl jsonl.gz json json.gz".split()


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str, tmp_path: Path) -> None:
    frame = only(write(tmp_path / f"it's u[1]*?.{form}", ROWS))
    first = 2 if form[1:3] == "sv" else 1
    expected = pl.DataFrame(
        {
            "line": [first, first + 1, first + 2],
            "source": ["s"] * 3,
            "id": ["a", "b", "c"],
            "subject": ["ann", 'b "the" b, c', "çé"],
            "cause": pl.Series([None] * 3, dtype=pl.String),
            "occurred_at": pl.Series([datetime(2026, 10, 1)] * 2 + [None], dtype=pl.Datetime("us")),
            "meter": ["calls"] * 3,
            "quantity": pl.Series([Decimal(3), Decimal("0.5"), None], dtype=pl.Decimal(38, 9)),
            "properties": pl.Series([None] * 3, dtype=pl.String),
            "quantity__raw": [None, None, "lots"],
        }
    )
    assert_frame_equal(frame, expected)
    assert_frame_equal(only(tmp_path / f"it's u[1]*?.{form}"), frame)


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson"])
def test_servegen_map(form: str, tmp_path: Path) -> None:
    rates = {"0": "1.5", "600": "0", "1200": "fast", "1800": None, "2400": "0.0001", "soon": "1"}
    rows = [
        {"client": "c/1", "model": "m", "t_s": start, "rate_rps": rate}
        for start, rate in rates.items()
    ]
    import_map = parse_map(SERVEGEN.read_text(), "servegen.toml", KINDS)
    calls, plans = read_file(write(tmp_path / f"a.{form}", rows), import_map, KINDS)
    frame = calls.frame.select("id", "occurred_at", "quantity", "quantity__raw", "properties")
    assert frame.rows() == [
        ("c/1@0", datetime(2026, 10, 1), Decimal(900), None, '{"model":"m"}'),
        ("c/1@1200", datetime(2026, 10, 1, 0, 20), None, "fast", '{"model":"m"}'),
        ("c/1@1800", datetime(2026, 10, 1, 0, 30), None, None, '{"model":"m"}'),
        ("c/1@soon", None, Decimal(600), None, '{"model":"m"}'),
    ]
    assert plans.kind == "subscription.started"
    assert plans.frame.drop("line", "cause").rows() == [
        (
            "servegen",
            "subscription@c/1",
            "c/1",
            datetime(2026, 10, 1),
            "c/1",
            "servegen-weekly",
            None,
            None,
            None,
        )
    ]


def test_servegen_data(data_folder: Path) -> None:
    path = data_folder / "servegen_llm_traffic" / "servegen_llm_traffic.parquet"
    import_map = parse_map(SERVEGEN.read_text(), "servegen.toml", KINDS)
    batches = list(read_file(path, import_map, KINDS))
    calls = pl.concat([one.frame for one in batches if one.kind == "usage.recorded"])
    assert calls.height == calls["id"].n_unique() == 179_777
    assert calls["quantity"].sum() == Decimal(3_289_632_435)
    assert calls["line"].is_sorted()
    assert sum(one.frame.height for one in batches if one.kind == "subscription.started") == 292


def test_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["id,who,moment,quantity", "a,x,,1", "b", "c,x,,1,5", 'd,"x"y,,2', '"e\ne",x,,3']
    path.write_bytes("\r\n".join(lines).encode() + b"\r\nf,\xff,,4\r\ng,x,,5")
    broken, good = read(path)
    assert good.frame.select("line", "id").rows() == [(2, "a"), (6, "e\ne"), (9, "g")]
    assert broken.frame["line"].to_list() == [3, 4, 5, 8]
    assert broken.frame["objection"][0] == "Expected Number of Columns: 4 Found: 1"
    assert broken.frame.drop("objection").columns == good.frame.columns
    path = tmp_path / "a.ndjson"
    path.write_bytes(
        b'{"id": 1, "who": "x", "moment": null, "quantity": 1}\n{"id": 2,\n[3]\n"4"\n'
        b'{"id": "\xff"}\n{"ID": {"n": [6]}, "quantity": true}\n'
    )
    broken, good = read(path)
    assert broken.frame["line"].to_list() == [2, 3, 4, 5]
    assert set(broken.frame["objection"]) == {"not a JSON object"}
    assert good.frame.select("line", "id", "quantity__raw").rows() == [
        (1, "1", None),
        (6, '{"n":[6]}', "true"),
    ]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "ndjson"])
def test_files_of_one_name(form: str, tmp_path: Path) -> None:
    """They are told apart by what is in them, whatever its rows are made into."""
    path = tmp_path / f"a.{form}"
    first, again = (read(write(path, ROWS))[0].content for _ in range(2))
    other = read(write(path, [*ROWS, ROWS[0]]), USAGE + "where line < 3")[0].content
    assert first == again != other and len(first) == 32


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@settings(max_examples=20)
@given(st.lists(TEXTS, min_size=1), st.sampled_from("csv tsv.gz ndjson json".split()))
def test_text_stays(tmp_path_factory: pytest.TempPathFactory, texts: list[str], form: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"texts.{form}"
    rows: list[Row] = [
        {"id": text, "who": text, "moment": None, "quantity": text} for text in texts
    ]
    frame = only(write(path, rows))
    assert frame["id"].to_list() == frame["subject"].to_list() == texts
    bad = frame.filter(pl.col("quantity").is_null())
    assert bad.is_empty() or bad["quantity__raw"].equals(bad["id"])


def test_types(tmp_path: Path) -> None:
    whole = "12 12.7 12.0 9223372036854775808 -3 0x 1e3".split()
    rows: list[Row] = [{"n": n, "line": "own"} for n in whole]
    sql = """select line, line_1 as id, 'x' as subject, date '2026-10-01' as occurred_at,
    n as amount_minor, 'EUR' as currency from file"""
    frame = only(write(tmp_path / "a.csv", rows), sql, "payment.succeeded")
    assert frame["amount_minor"].to_list() == [12, None, 12, None, -3, None, 1000]
    assert frame["amount_minor__raw"].drop_nulls().to_list() == [
        "12.7",
        "9223372036854775808",
        "0x",
    ]
    assert frame["occurred_at"].to_list() == [datetime(2026, 10, 1)] * 7
    assert frame["id"].to_list() == ["own"] * 7
    instants = ["2026-10-01T02:00:00+02:00", "2026-10-01", "infinity", "290000-01-01", "soon"]
    path = write(tmp_path / "b.csv", [{"t": text} for text in instants])
    sql = """select t as id, t as occurred_at, 'p' as plan, 1 as version, t as valid_from,
    2.0 as length, {'b': 1.5} as terms from file"""
    frame = only(path, sql, "terms.set")
    assert frame["valid_from"].to_list() == [datetime(2026, 10, 1)] * 2 + [None] * 3
    assert frame["valid_from__raw"].to_list() == [None, None, *instants[2:]]
    assert frame["occurred_at"].to_list() == instants
    assert frame["terms"].to_list() == ['{"b":1.5}'] * 5
    assert frame["line"].null_count() == 5 and "version__raw" not in frame.columns


def test_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = 2 * BATCH_ROWS_MAX + 7
    ids = pl.int_range(rows, eager=True).alias("n")
    pl.DataFrame({"id": ids.cast(pl.String), "who": "x", "moment": None, "quantity": ids}).select(
        pl.all().exclude("moment"), pl.lit(None, pl.String).alias("moment")
    ).write_parquet(path)
    first, again = (
        [batch.frame for batch in read(path, USAGE + " where quantity % 7 <> 3")] for _ in range(2)
    )
    assert len(first) > 1 and max(frame.height for frame in first) <= BATCH_ROWS_MAX
    assert pl.concat(first)["line"].is_sorted()
    for one, other in zip(first, again, strict=True):
        assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("who as", "whom as", ["m: select 1 (usage.recorded)", '"whom"']),
        ("who as customer,", "", ["`subject`", "`customer`", "it gives: line, id, occurred_at"]),
        ("who as customer", "who as customer, who as subject", ["`subject` is no column"]),
        ("line, id,", "line,", ["`id`", "it gives: line, customer"]),
        ("'calls' as meter,", "", ["`meter`", "it gives:"]),
        ("quantity\n", "quantity, 1 as size\n", ["`size`", "it has: id,"]),
        ("try_cast(moment", "cast(who", ["m: select 1", "Conversion Error"]),
        ("from file", "from read_text('other.csv')", ["m: select 1", "Permission Error"]),
        ("from file", "from nowhere", ["m: select 1", "nowhere"]),
        ("quantity\n", "$quantity as quantity\n", ["m: select 1"]),
    ],
)
def test_wrong_select(old: str, new: str, said: list[str], tmp_path: Path) -> None:
    assert old in USAGE
    with pytest.raises(Problem) as problem:
        read(write(tmp_path / "a.csv", ROWS), USAGE.replace(old, new))
    message = str(problem.value)
    assert all(word in message for word in said), message
    assert message.count("\n") < 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", None, "no such file"),
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"x", ".parquet"),
        ("a.parquet", b"not a Parquet", "a.parquet"),
        ("a.csv.gz", b"not packed", "a.csv.gz"),
        ("a.ndjson.gz", gzip.compress(b'{"id": 1}\n' * 999, mtime=0)[:-20], "a.ndjson.gz"),
        ("a.csv", b"\n1,2\n", "first line"),
        ("a.csv", b"id,who,ID\n1,2,3\n", "twice"),
        ("a.ndjson", b"[1]\nx\n", "no JSON object"),
        ("a.json", b'[{"id": 1}, {"id"', "a.json"),
    ],
)
def test_wrong_file(name: str, content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem) as problem:
        read(path)
    assert said in str(problem.value)
    assert str(problem.value).count("\n") < 3


def test_nothing_spills(tmp_path: Path) -> None:
    sql = USAGE.replace("'calls'", "current_setting('temp_directory')")
    frame = only(write(tmp_path / "a.csv", ROWS), sql)
    assert set(frame["meter"]) == {""}
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
