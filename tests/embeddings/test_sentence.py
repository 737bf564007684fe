"""A sentence-transformers model, tiny and with weights by chance."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from curate.embeddings.sentence import Sentence
from curate.errors import InputError, MissingExtra

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of two layers."""
    parts = pytest.importorskip("sentence_transformers", reason="the extra sentence is missing")
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", "cat", "dog", "sleeps"]
    (folder / "vocab.txt").write_text("\n".join(names), encoding="utf-8")
    bert = folder / "bert"
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(bert)
    BertModel(
        BertConfig(
            vocab_size=len(names), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=64,
        )
    ).save_pretrained(bert)  # fmt: skip
    words = Transformer(str(bert))
    pooling = Pooling(16)
    parts.SentenceTransformer(modules=[words, pooling], device="cpu").save(str(folder / "whole"))
    return folder / "whole"


def test_vectors_have_length_one_in_any_order(model: Path) -> None:
    texts = ["cat sleeps", "dog", "", "cat " * 200, "lone \ud800 surrogate"]
    made = Sentence(model=str(model)).embed(texts)
    assert made.shape == (5, 16)
    assert made.dtype == np.float32
    assert np.linalg.norm(made, axis=1) == pytest.approx([1, 1, 0, 1, 1], abs=1e-5)
    back = Sentence(model=str(model)).embed(texts[::-1])
    assert np.abs(made - back[::-1]).max() <= 1e-5
    assert Sentence(model=str(model)).embed(["", ""]).shape == (2, 16)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra sentence is missing")
    with pytest.raises(InputError, match=r"nobody/nothing.*at revision abc could not be loaded"):
        Sentence(model="nobody/nothing", revision="abc").embed(["cat"])
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="could not be loaded"):
        Sentence(model=str(tmp_path)).embed(["cat"])


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-sft\[sentence\]'"):
        Sentence().embed(["cat"])
