"""On Ray: the same rows, the same reasons, also where a node is lost on the way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from curate.cli import main
from curate.copies import Means
from curate.dedup import find
from curate.dedup.alike import similar
from curate.dedup.corpus import Spread
from curate.dedup.duplicates import duplicates_among, near_duplicates
from curate.dedup.options import Dedup
from curate.dedup.semantic import paraphrases, paraphrases_among
from curate.earlier import earlier
from curate.embeddings.lexical import Lexical
from curate.engines.local import Local
from curate.engines.open import opened
from curate.engines.ray import Ray
from curate.errors import MissingExtra, UsageError
from curate.filters.diversity import Diversity
from curate.filters.length import Length
from curate.filters.parallel import measured
from curate.filters.repetition import Repetition
from curate.moderate import Subject
from curate.moderation.off_topic import OffTopic
from curate.moderation.private import Private
from curate.progress import Silent
from curate.sharded import dedup, moderated

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def engine(cluster) -> Iterator[Ray]:
    with Ray(cluster.address, rows=60) as made:
        yield made


def test_dedup_is_that_of_this_process_on_one_node_and_on_two_and_where_one_is_lost(
    cluster, engine: Ray, rows: pl.DataFrame, monkeypatch
) -> None:
    whole = near_duplicates(rows, Dedup())
    assert duplicates_among(Spread.of(rows, engine), Dedup()).equals(whole)
    node = cluster.add_node(num_cpus=1, object_store_memory=150 << 20)
    cluster.wait_for_nodes()
    assert duplicates_among(Spread.of(rows, engine), Dedup()).equals(whole)

    compared, lost = find.compared, []

    def losing(*given):  # in the middle: bands and groups are there, sets are not
        if not lost:
            lost.append(cluster.remove_node(node, allow_graceful=False))
        return compared(*given)

    monkeypatch.setattr(find, "compared", losing)
    assert duplicates_among(Spread.of(rows, engine), Dedup()).equals(whole)
    assert lost, "no node was removed"


def test_measures_are_those_of_this_process(engine: Ray, rows: pl.DataFrame) -> None:
    filters = [Length(), Repetition()]
    there = measured(filters, rows, engine=engine)
    assert there.equals(measured(filters, rows, workers=1))


def test_maps_keep_the_order_of_the_parts(engine: Ray, rows: pl.DataFrame) -> None:
    parts = engine.map(_ids, rows.iter_slices(9))
    assert pl.concat(parts).equals(rows.select("id"))


def _ids(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("id")


def test_shards_are_the_same_bytes_from_both_engines(
    engine: Ray, rows: pl.DataFrame, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "in").mkdir()
    for at, part in enumerate(rows.iter_slices(90)):
        part.write_parquet(tmp_path / "in" / f"{at}.parquet")
    for name in ("local", "ray"):
        with opened("local") as local:
            means = Means(
                earlier(None, tmp_path), Lexical(), None, engine if name == "ray" else local
            )
            decided = dedup(str(tmp_path / "in"), Dedup(), means, Silent())
            decided.write(str(tmp_path / name), str(tmp_path / f"{name}-rejected"))
    for folder in ("", "-rejected"):
        here = {p.name: p.read_bytes() for p in (tmp_path / f"local{folder}").iterdir()}
        there = {p.name: p.read_bytes() for p in (tmp_path / f"ray{folder}").iterdir()}
        assert here == there
        assert here
    kept = pl.read_parquet(tmp_path / "ray" / "*.parquet")
    gone = near_duplicates(rows, Dedup())["id"]
    assert kept.equals(rows.filter(~pl.col("id").is_in(gone.implode())))


def test_whole_stages_are_those_of_this_process(engine: Ray, rows: pl.DataFrame) -> None:
    found = paraphrases_among(Spread.of(rows, engine), 0.8, Lexical())
    assert found.height > 50
    assert found.equals(paraphrases(rows, 0.8, Lexical()))
    rows = rows.with_columns(document=pl.format("d{}", pl.int_range(pl.len()) % 9))
    pairs, chosen = (
        (similar(rows, Dedup(), made, Silent()), Diversity().among(rows, Lexical(), made, Silent()))
        for made in (engine, Local(1))
    )
    assert pairs[0].height > 100
    assert pairs[0].equals(chosen[0])
    assert pairs[1].equals(chosen[1])


def test_shards_are_moderated_as_on_this_machine(
    engine: Ray, rows: pl.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    mail = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit(" Ask anna.miller@gmail.com."))
    rows = rows.with_columns(output=pl.col("output") + mail.otherwise(pl.lit("")))
    for at, part in enumerate(rows.iter_slices(90)):
        part.write_parquet(tmp_path / "in" / f"{at}.parquet")
    passages = pl.DataFrame({"text": rows["output"].head(5), "heading": [""] * 5})
    subject = Subject(passages, "functions", 0)
    measures = (Private(), OffTopic())
    decided = [
        moderated(str(tmp_path / "in"), measures, subject, made, Silent(), tmp_path)
        for made in (engine, Local(2))
    ]
    assert decided[0].rows.equals(decided[1].rows)
    gone = decided[0].rows["dropped"].drop_nulls().str.extract(r"^(\w+)")
    assert set(gone) == {"private", "off_topic"}


def test_an_error_of_a_worker_arrives_as_it_was(engine: Ray) -> None:
    with pytest.raises(UsageError, match="leave it out"):
        engine.get(engine.run(_failing, [()]))


def _failing() -> None:
    raise UsageError("leave it out")


def test_without_ray_the_error_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-sft\[ray\]'"), opened("ray"):
        pass


def test_an_address_without_ray_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"instruction": "a?", "output": "b"}\n')
    out = str(tmp_path / "out.jsonl")
    result = CliRunner().invoke(main, ["dedup", str(source), "-o", out, "--address", "auto"])
    assert result.exit_code == 2
    assert "--engine ray" in result.output
