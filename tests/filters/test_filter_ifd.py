"""`ifd` with a tiny random model: the same tokens in both passes, alone or among others."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import InputError, MissingExtra
from curate.filters.alpaca import prompt
from curate.filters.causal_lm import load_causal_lm
from curate.filters.ifd import Ifd
from curate.filters.likelihood import Continuation, losses
from curate.progress import Silent
from train.template import render

SIZES = {
    "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
    "vocab_size": 264, "max_position_embeddings": 640,
}  # fmt: skip


def tokenizer(start: str = ""):
    """Every byte is a token. `start` is put before each text, as some models want it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokens = ["<|endoftext|>", "<s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    if start:
        made.post_processor = processors.TemplateProcessing(
            single=f"{start} $A", special_tokens=[(start, tokens.index(start))]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|endoftext|>", bos_token="<s>"
    )


def write(folder: Path, start: str = "", **sizes: int) -> Path:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    torch.manual_seed(0)
    config = GPTNeoXConfig(**{**SIZES, "initializer_range": 0.3, **sizes})
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer(start).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("ifd") / "tiny")


def frame(*rows: tuple[str, ...]) -> pl.DataFrame:
    names = ["instruction", "input", "output", "kind"]
    full = [(*row, "answer")[:4] for row in rows]
    return pl.DataFrame(full, schema=dict.fromkeys(names, pl.String), orient="row")


ROWS = [
    ("What is a list?", "", "A sequence of items that can change."),
    ("Name the type.", "3.5", "A float."),
    ("Sag etwas.", "", "Grüße, 世界! 🙂"),
    ("Go on.", "", "na " * 90),
    ("Go on.", "", "A float."),
    ("Say the end.", "", "It is <|endoftext|> here."),
]


def by_hand(folder: Path, instruction: str, given_: str, output: str, start: str = "") -> list:
    """Ratio and both losses, one text after the other, as plainly as can be."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    coder = tokenizer()
    answer = coder(output, split_special_tokens=True)["input_ids"]
    begin = coder.convert_tokens_to_ids([start]) if start else []
    found = []
    for before in (begin + coder(render(instruction, given_))["input_ids"], begin):
        ids = torch.tensor([before + answer])
        labels = torch.tensor([[-100] * (len(before) + 1) + answer[1:]])
        with torch.no_grad():
            found.append(model(input_ids=ids, labels=labels).loss.item())
    return [math.exp(found[0] - found[1]), *found]


def test_the_prompt_is_the_trainers() -> None:
    for texts in [("Name a prime.", ""), ("Double {it}.", "{input} 21")]:
        assert prompt(*texts) == render(*texts)


def test_as_by_hand(tiny: Path) -> None:
    found = Ifd(model=str(tiny)).measure(frame(*ROWS))
    assert found.columns == ["ifd", "ifd_after", "ifd_alone"]
    for numbers, row in zip(found.rows(), ROWS, strict=True):
        assert numbers == pytest.approx(by_hand(tiny, *row), rel=1e-4)
    assert not found.equals(Ifd(model=str(tiny)).measure(frame(*[("Why?", *r[1:]) for r in ROWS])))


def test_a_start_token_stands_before_both(tmp_path: Path) -> None:
    folder = write(tmp_path / "start", "<s>")
    found = Ifd(model=str(folder)).measure(frame(*ROWS[:2]))
    for numbers, row in zip(found.rows(), ROWS, strict=False):
        assert numbers == pytest.approx(by_hand(folder, *row, "<s>"), rel=1e-4)


TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.sampled_from(["", " ", "\x00", "a", "é", "<|endoftext|>", "{}", "x" * 700]),
)
ROW = st.tuples(TEXT, st.one_of(st.just(""), TEXT), TEXT, st.sampled_from(["answer", "refusal"]))


@given(rows=st.lists(ROW, max_size=12))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_row_has_its_number_among_any_others(tiny: Path, rows: list[tuple]) -> None:
    which = Ifd(model=str(tiny))
    found = which.measure(frame(*rows))
    assert set(found.dtypes) == {pl.Float64}
    assert all(value > 0 for value in found["ifd"].drop_nulls())  # false for NaN, too
    alone = [which.measure(frame(row)) for row in reversed(rows)]
    assert found.equals(pl.concat([found.clear(), *reversed(alone)]))  # to the last bit


def test_what_cannot_be_measured_is_null(tiny: Path) -> None:
    rows = frame(
        ("Why?", "", "I cannot say.", "refusal"),
        ("Why?", "", ""),
        ("Why?", "", " \n"),
        ("Why?", "", "x"),  # one token: nothing is left to tell it from
        ("Why?", "", "xy"),
        ("Why?", "", "x" * 640),  # over the model's context
        ("Why?", "y" * 640, "xy"),
    )
    found = Ifd(model=str(tiny)).measure(rows)
    assert found["ifd"].is_null().to_list() == [True, True, True, True, False, True, True]
    assert found["ifd_alone"].null_count() == 6


@pytest.mark.parametrize("room", [0, -1])
def test_a_row_fits_to_the_last_token_or_is_not_measured(tiny: Path, room: int) -> None:
    size = len(prompt("Why?", "").encode()) + len("Because.")
    found = Ifd(model=str(tiny), context=size + room).measure(frame(("Why?", "", "Because.")))
    assert found["ifd"].null_count() == -room


def test_a_model_that_reads_the_instruction(tmp_path: Path) -> None:
    """One that says again what it read: the answer is likelier after an instruction that has it."""
    folder = write(tmp_path / "random")
    rows = frame(("abcabc", "", "abcabcabc"), ("xyzxyz", "", "abcabcabc"))
    after = Ifd(model=str(folder)).measure(rows)
    assert after["ifd_alone"][0] == after["ifd_alone"][1]
    assert after["ifd"].n_unique() == 2


def test_losses_far_apart_are_null_not_infinite(tmp_path: Path) -> None:
    folder = write(tmp_path / "steep", initializer_range=300.0)
    found = Ifd(model=str(folder)).measure(frame(*ROWS))
    assert all(value is None or math.isfinite(value) for row in found.rows() for value in row)


def test_no_rows_need_no_model() -> None:
    assert Ifd(model="no/such-model").measure(frame()).columns == ["ifd", "ifd_after", "ifd_alone"]
    assert (Ifd().max, Ifd().min) == (1.0, None)


def test_a_bar_moves_by_passes(tiny: Path) -> None:
    told: list[int] = []

    class Bar(Silent):
        def bar(self, title: str, total: int):
            told.append(total)
            return super().bar(title, total)

    Ifd(model=str(tiny)).told(frame(*ROWS, *ROWS), Bar())
    assert told == [11]  # equal passes are made once: "A float." alone is there twice


def test_threads_are_left_as_they_were(tiny: Path) -> None:
    before = torch.get_num_threads()
    Ifd(model=str(tiny)).measure(frame(*ROWS))
    assert torch.get_num_threads() == before


def test_what_has_nothing_before_it_has_no_loss(tiny: Path) -> None:
    lm = load_causal_lm(str(tiny), None, "float32")
    texts = [Continuation((5, 6), 0), Continuation((5,), 1), Continuation((5, 6), 1)]
    assert list(losses(lm, texts, lambda _: None)) == texts[2:]


# --- models that are none ---------------------------------------------------------------------


def broken(tiny: Path, folder: Path, what: str) -> Path:
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny, folder)
    weights = load_file(folder / "model.safetensors")
    if what == "a weight is missing":
        weights.pop("embed_out.weight", None)
        weights.pop("lm_head.weight", None)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
    elif what == "only a pickle":
        (folder / "model.safetensors").unlink()
        torch.save(weights, folder / "pytorch_model.bin")
    elif what == "code of its own":
        config = json.loads((folder / "config.json").read_text())
        config |= {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "own.Own"}}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "own.py").write_text("raise SystemExit('ran')")
    elif what == "no tokenizer":
        for path in folder.glob("tokenizer*"):
            path.unlink()
    else:
        (folder / "model.safetensors").write_bytes(b"torn")
    return folder


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a weight is missing", "weights do not fit its config.json"),
        ("only a pickle", "could not be loaded"),
        ("code of its own", "could not be loaded"),
        ("no tokenizer", "has no tokenizer"),
        ("torn", "could not be loaded"),
    ],
)
def test_a_folder_that_is_no_model_is_named(
    tiny: Path, tmp_path: Path, what: str, words: str
) -> None:
    folder = broken(tiny, tmp_path / "broken", what)
    with pytest.raises(InputError, match=words) as caught:
        Ifd(model=str(folder)).measure(frame(*ROWS))
    assert str(folder) in str(caught.value)


def test_a_tokenizer_of_another_model_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "small", vocab_size=100)
    with pytest.raises(InputError, match="its tokenizer has 258 tokens, its model 100"):
        Ifd(model=str(folder)).measure(frame(*ROWS))


def test_a_model_that_looks_ahead_is_named(tmp_path: Path) -> None:
    from transformers import BertConfig, BertLMHeadModel

    sizes = {key: value for key, value in SIZES.items() if key != "max_position_embeddings"}
    BertLMHeadModel(BertConfig(**sizes)).save_pretrained(tmp_path / "bert")
    tokenizer().save_pretrained(tmp_path / "bert")
    with pytest.raises(InputError, match="no causal language model"):
        Ifd(model=str(tmp_path / "bert")).measure(frame(*ROWS))


def test_an_unknown_model_is_named(here: Path) -> None:
    with pytest.raises(InputError, match="'nobody/nothing' at revision v1 could not be loaded"):
        Ifd(model="nobody/nothing", revision="v1").measure(frame(*ROWS))


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'curate-sft\[train\]'"):
        Ifd().measure(frame(*ROWS))


def test_nothing_of_torch_is_imported_to_list_it() -> None:
    code = (
        "import sys; from curate.registry import members; from curate.filters.base import Filter; "
        "assert 'ifd' in members(Filter); print('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
