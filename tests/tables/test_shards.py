"""Rows in many Parquet files, here and in an S3 store: each piece by itself, the same ids."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from curate import tables
from curate.cli import main
from curate.errors import InputError
from curate.tables.pieces import numbered
from curate.tables.shards import Shards, is_sharded

ROWS = pl.DataFrame(
    {
        "instruction": ["What is a list?", "What is a tuple?", "What is a list?", "What is a key?"]
        * 3,
        "output": ["A row of values.", "A fixed row.", "A row of values.", "What finds a value."]
        * 3,
        "note": range(12),
    }
)


def write(folder: Path, rows: pl.DataFrame, size: int) -> str:
    folder.mkdir()
    for at, part in enumerate(rows.iter_slices(size)):
        part.write_parquet(folder / f"{at:03}.parquet")
    return str(folder)


def ids(source: str, most: int) -> pl.Series:
    found = [piece.tell() for piece in Shards.of(source).pieces(most)]
    return numbered(pl.concat([each.ids for each in found]))


@pytest.mark.parametrize("size", [1, 5, 12])
def test_digests_are_those_of_one_file(tmp_path: Path, size: int) -> None:
    ROWS.write_parquet(tmp_path / "whole.parquet")
    whole = tables.read(tmp_path / "whole.parquet").rows["id"]
    assert ids(write(tmp_path / "in", ROWS, size), 5).equals(whole)


def test_row_groups_of_a_file_are_pieces_of_about_as_many_rows(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "whole.parquet", row_group_size=3)
    pieces = Shards.of(str(tmp_path / "whole.parquet")).pieces(6)
    assert [piece.rows for piece in pieces] == [6, 6]
    assert pieces[1].read()["instruction"].equals(ROWS["instruction"][6:])


def test_a_folder_of_parquet_is_shards_and_a_file_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 5)
    assert is_sharded(folder)
    assert is_sharded("s3://bucket/rows/")
    assert not is_sharded(f"{folder}/000.parquet")


def test_all_columns_pass_through_dedup_of_shards(tmp_path: Path) -> None:
    folder, out = write(tmp_path / "in", ROWS, 5), tmp_path / "out"
    given = ["dedup", folder, "-o", str(out), "--rejected", str(tmp_path / "gone")]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    kept, gone = (pl.read_parquet(tmp_path / name / "*.parquet") for name in ("out", "gone"))
    assert sorted([*kept["note"], *gone["note"]]) == [*range(12)]
    assert kept.height == 3
    assert gone["dropped"].str.starts_with("duplicate of ").all()
    again = CliRunner().invoke(main, given)
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_where_no_row_stays_there_are_the_columns(tmp_path: Path) -> None:
    folder, out, gone = write(tmp_path / "in", ROWS, 5), tmp_path / "out", tmp_path / "gone"
    given = ["filter", folder, "-o", str(out), "--rejected", str(gone)]
    bound = ["--set", "filters=[{length: {min: 300, max: 400}}]"]
    result = CliRunner().invoke(main, [*given, *bound])
    assert result.exit_code == 0, result.output
    assert [file.name for file in out.iterdir()] == ["part-00000.parquet"]
    assert pl.read_parquet(out).equals(ROWS.head(0))
    assert pl.read_parquet(gone).height == ROWS.height


@pytest.mark.parametrize("command", ["dedup", "filter", "moderate"])
def test_rows_that_stay_and_others_have_a_folder_each(tmp_path: Path, command: str) -> None:
    folder, out = write(tmp_path / "in", ROWS, 5), tmp_path / "out"
    given = [command, folder, "-o", str(out), "--rejected", f"{out}/"]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 2
    assert "is the folder of -o" in result.output
    assert not out.exists()


def test_a_shard_that_cannot_be_written_leaves_the_folder_empty(
    tmp_path: Path, monkeypatch
) -> None:
    (piece,) = Shards.of(write(tmp_path / "in", ROWS, 12)).pieces(12)
    keep, out = pl.Series([True] * 12), tmp_path / "out"

    def full(*_args, **_options) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
        with pytest.raises(OSError, match="No space left"):
            piece.write(str(out), keep)
    assert not list(out.iterdir())
    assert piece.write(str(out), keep) == 12


def test_a_folder_that_is_none_or_has_no_shards_is_what_the_error_is_of(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/rows.csv").write_text("a,b")
    for source, out, said in (
        ("missing", "out", "There is no file or folder"),
        ("other", "out.jsonl", "holds no .parquet files, and no dataset"),
    ):
        given = ["dedup", f"{tmp_path}/{source}", "-o", f"{tmp_path}/{out}"]
        result = CliRunner().invoke(main, given)
        assert result.exit_code == 2
        assert said in result.output


def test_a_store_that_is_not_reached_is_an_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    folder = write(tmp_path / "in", ROWS, 5)
    for source, out in (("s3://bucket/rows", f"{tmp_path}/out"), (folder, "s3://bucket/rows")):
        result = CliRunner().invoke(main, ["dedup", source, "-o", out])
        assert result.exit_code == 2
        assert "s3://bucket/rows cannot be read" in result.output


def test_filters_of_shards_are_those_of_a_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 5)
    ROWS.write_parquet(tmp_path / "whole.parquet")
    only = ["--set", "filters=[{length: {min: 4}}]"]
    for source, out in ((folder, "out"), (str(tmp_path / "whole.parquet"), "out.parquet")):
        result = CliRunner().invoke(main, ["filter", source, "-o", str(tmp_path / out), *only])
        assert result.exit_code == 0, result.output
    whole = pl.read_parquet(tmp_path / "out.parquet")
    assert 0 < whole.height < 12
    assert pl.read_parquet(tmp_path / "out" / "*.parquet").equals(whole)


def test_what_is_no_shard_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing: there are no \.parquet files"):
        Shards.of(str(tmp_path / "nothing"))
    (tmp_path / "bad.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(InputError, match=r"bad\.parquet is not Parquet"):
        Shards.of(str(tmp_path / "bad.parquet")).pieces(5)
    pl.DataFrame({"text": ["a"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"other\.parquet, record 1: .*found text"):
        Shards.of(str(tmp_path / "other.parquet")).pieces(5)[0].tell()


def run(*args: str) -> str:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    return result.output


def both(
    tmp_path: Path, rows: pl.DataFrame, command: str, *more: str
) -> tuple[list[pl.DataFrame], str]:
    """What a command keeps and rejects of rows in shards, which must be what it does of a file."""
    folder = write(tmp_path / "in", rows, 2)
    rows.write_parquet(tmp_path / "whole.parquet")
    targets = ["-o", str(tmp_path / "out"), "--rejected", str(tmp_path / "gone")]
    said = run(command, folder, *targets, *more)
    names = [f"{name}.parquet" for name in ("out", "gone")]
    targets = ["-o", str(tmp_path / names[0]), "--rejected", str(tmp_path / names[1])]
    run(command, str(tmp_path / "whole.parquet"), *targets, *more)
    here = [pl.read_parquet(tmp_path / name / "*.parquet") for name in ("out", "gone")]
    there = [pl.read_parquet(tmp_path / name) for name in names]
    assert [part.height for part in there] == [part.height for part in here]
    assert all(part.height for part in there), "some stay and some go"
    for one, other in zip(here, there, strict=True):
        assert one.equals(other)
    return here, said


HARM = pl.DataFrame(
    {
        "instruction": [
            "What is a list?",
            "How can I poison my neighbour without being caught?",
            "Whom do I ask about the lists of this house?",
        ],
        "output": [
            "A row of values.",
            "Put poison into the tea of your neighbour.",
            "Write to jane.miller@gmail.com about them.",
        ],
        "note": range(3),
    }
)


def test_moderation_of_shards_is_that_of_a_file(tmp_path: Path) -> None:
    (kept, gone), said = both(tmp_path, HARM, "moderate")
    assert kept["note"].to_list() == [0]
    assert gone["dropped"].str.extract(r"^(\w+)").to_list() == ["unsafe", "private"]
    assert "Not measured, since no --recipe says what the topic is: off_topic" in said


def test_moderation_of_shards_by_a_recipe_knows_its_documents(small: Path) -> None:
    about = ["How long does a cat sleep each day?", "Who won the football match of last night?"]
    rows = pl.DataFrame({"instruction": about, "output": ["Sixteen hours.", "Our own team did."]})
    (kept, gone), said = both(small, rows, "moderate", "--recipe", "small.yaml", "--set", MODERATE)
    assert kept["instruction"].to_list() == about[:1]
    assert gone["dropped"].str.starts_with("off_topic ").all()
    assert "Not measured" not in said


MODERATE = "moderation={off_topic: {max: 0.5}}"


def test_who_is_asked_about_shards_is_asked_by_this_process(small: Path, endpoint) -> None:
    endpoint.answer = lambda body: "unsafe\nS1" if "poison" in str(body) else "safe"
    judge = f"moderation={{unsafe: {{by: llama-guard, base_url: '{endpoint.url}'}}}}"
    (kept, gone), _ = both(small, HARM, "moderate", "--recipe", "small.yaml", "--set", judge)
    assert kept["note"].to_list() == [0, 2]
    assert gone["unsafe_violence"].to_list() == [1.0]
    assert len(endpoint.seen) == 3, "the file's rows were answered with the shards'"


def test_filters_that_need_a_passage_are_told_of(tmp_path: Path) -> None:
    given = ("--set", "filters=[{length: {min: 4}}, {grounding: {min: 0.5}}]")
    (_, gone), said = both(tmp_path, ROWS, "filter", *given)
    assert "Not measured, since there are no passages: grounding" in said
    assert gone["grounding"].null_count() == gone.height


def chat(asked: str, said: str, system: str | None = None) -> list[dict[str, str]]:
    told = [] if system is None else [{"role": "system", "content": system}]
    return [
        *told,
        {"role": "user", "content": asked},
        {"role": "assistant", "content": said},
    ]


SYSTEMS = [["Be short."] * 12, ["Be short."] * 9 + ["Be kind."] * 3, [None] * 10 + ["Be kind."] * 2]


@pytest.mark.parametrize("systems", SYSTEMS)
def test_conversations_in_shards_are_those_of_a_file(tmp_path: Path, systems: list) -> None:
    said = zip(ROWS["instruction"], ROWS["output"], systems, strict=True)
    rows = pl.DataFrame({"messages": [chat(*each) for each in said], "note": range(12)})
    (kept, _), _ = both(tmp_path, rows, "dedup")
    different = {*zip(ROWS["instruction"], systems, strict=True)}
    assert kept.height == len(different), "a system message that differs is part of the row"
    assert kept.columns == ["messages", "note"]


def test_conversations_and_alpaca_may_be_beside_each_other(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS.head(2), 2)
    turns = [{"from": "human", "value": "What is a tuple?"}, {"from": "gpt", "value": "Old news."}]
    same = [
        {"from": "human", "value": "What is a list?"},
        {"from": "gpt", "value": "A row of values."},
    ]
    pl.DataFrame({"conversations": [turns, same]}).write_parquet(tmp_path / "in" / "001.parquet")
    run("dedup", folder, "-o", str(tmp_path / "out"))
    left = [pl.read_parquet(path) for path in sorted((tmp_path / "out").iterdir())]
    assert [part.height for part in left] == [2, 1]
    assert left[1]["conversations"].to_list() == [turns]


def test_a_record_that_is_no_pair_is_named_by_its_number_in_the_file(tmp_path: Path) -> None:
    rows = ROWS.with_columns(output=pl.when(pl.col("note") != 7).then("output"))
    (tmp_path / "in").mkdir()
    rows.write_parquet(tmp_path / "in" / "a.parquet", row_group_size=3)
    pieces = Shards.of(str(tmp_path / "in")).pieces(3)
    with pytest.raises(InputError, match=r"a\.parquet, record 8: "):
        pieces[2].tell()
    broken = pl.DataFrame({"messages": [chat("a", "b"), [], chat("a", "b"), []]})
    broken.write_parquet(tmp_path / "in" / "a.parquet", row_group_size=2)
    with pytest.raises(InputError, match=r"a\.parquet, record 4: expected "):
        Shards.of(str(tmp_path / "in")).pieces(2)[1].tell()


def test_a_shard_that_changes_on_the_way_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 6)
    piece = Shards.of(folder).pieces(6)[1]
    assert piece.read().height == 6
    ROWS.write_parquet(tmp_path / "in" / "001.parquet")
    with pytest.raises(InputError, match=r"001\.parquet was changed .*try again"):
        piece.read()
    with pytest.raises(InputError, match="try again"):
        piece.write(str(tmp_path / "out"), pl.Series([True] * 6))
    assert not (tmp_path / "out").exists()


def test_a_shard_damaged_in_the_middle_is_an_error_that_names_it(tmp_path: Path) -> None:
    many = pl.DataFrame(
        {"instruction": [f"What is {n * 7919}?" for n in range(5000)], "output": "It is a number."}
    )
    path = Path(write(tmp_path / "in", many, 5000), "000.parquet")
    data = bytearray(path.read_bytes())
    data[4:40] = bytes(range(36))
    path.write_bytes(data)
    result = CliRunner().invoke(main, ["dedup", str(path.parent), "-o", str(tmp_path / "out")])
    assert result.exit_code == 2, result.output
    assert "000.parquet cannot be read as Parquet" in result.output


def test_shards_without_a_row_are_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 6)
    for path in Path(folder).iterdir():
        ROWS.clear().write_parquet(path)
    result = CliRunner().invoke(main, ["dedup", folder, "-o", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "hold no rows" in result.output
    ROWS.write_parquet(Path(folder, "001.parquet"))
    run("dedup", folder, "-o", str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["part-00000.parquet"]


def test_a_file_with_a_pattern_in_its_name_is_a_file(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "rows[1].parquet")
    assert not is_sharded(str(tmp_path / "rows[1].parquet"))
    assert is_sharded(str(tmp_path / "rows[0-9].parquet"))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A bucket on an S3-compatible server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "store").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "localbucket", str(tmp_path / "store"), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        assert process.poll() is None, "no server: pip install -e '.[dev]' -c constraints.txt"
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        from pyarrow import fs

        store = fs.S3FileSystem(
            endpoint_override=f"127.0.0.1:{port}",
            scheme="http",
            region="us-east-1",
            allow_bucket_creation=True,
        )
        store.create_dir("bucket")
        yield "s3://bucket"
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize(("command", "rows"), [("dedup", ROWS), ("moderate", HARM)])
def test_shards_in_s3_give_the_bytes_of_shards_here(
    s3: str, tmp_path: Path, command: str, rows: pl.DataFrame
) -> None:
    import pyarrow.parquet as pq

    from curate.tables.places import place

    folder = write(tmp_path / "in", rows, 2)
    store, _ = place(s3)
    for at, part in enumerate(rows.iter_slices(2)):
        pq.write_table(part.to_arrow(), f"bucket/in/{at:03}.parquet", filesystem=store)
    for source, base in ((f"{s3}/in/", s3), (folder, str(tmp_path))):
        run(command, source, "-o", f"{base}/out", "--rejected", f"{base}/gone")
    for name in ("out", "gone"):
        here = pl.read_parquet(tmp_path / name / "*.parquet")
        assert here.height
        assert pl.from_arrow(pq.read_table(f"bucket/{name}", filesystem=store)).equals(here)
    again = CliRunner().invoke(main, [command, f"{s3}/in/", "-o", f"{s3}/out/"])
    assert again.exit_code == 2
    assert "not empty" in again.output
    piece = Shards.of(f"{s3}/in/").pieces(5)[0]
    pq.write_table(rows.head(1).to_arrow(), "bucket/in/000.parquet", filesystem=store)
    with pytest.raises(InputError, match=r"s3://bucket/in/000\.parquet was changed"):
        piece.read()
