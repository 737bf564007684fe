"""Packing: rows stay apart, nothing is lost, and a row costs what it costs alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data import TokenRow
from train.losses import ATTENTION, exact, measure, packed, row_losses
from train.packing import Collate, best_fit

TOKENS = st.lists(st.integers(0, 9), min_size=1, max_size=6)
ROWS = st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=8).map(
    lambda pairs: [TokenRow(f"r{i}", p, r) for i, (p, r) in enumerate(pairs)]
)


def tiny(kind: str):
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"intermediate_size": 64, "vocab_size": 64, "max_position_embeddings": 256}
    grouped = sizes | {"num_key_value_heads": 2}
    made = {
        "GPTNeoX": sizes,
        "Llama": grouped,
        "Mistral": grouped | {"sliding_window": 8},
    }
    config = getattr(transformers, f"{kind}Config")(**made[kind])
    cls = getattr(transformers, f"{kind}ForCausalLM", None)
    return cls(config).eval()


@pytest.fixture(scope="module", params=["GPTNeoX", "Llama"])
def model(request: pytest.FixtureRequest):
    return tiny(request.param)


def alone(model, rows: list[TokenRow]) -> list[float]:
    """Each row's loss from the model's own forward pass, one row at a time."""
    import torch

    found = []
    for row in rows:
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        with torch.no_grad():
            found.append(float(model(input_ids=ids, labels=labels).loss) * len(row.response))
    return found


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_a_packed_row_costs_what_it_costs_alone(model, rows: list[TokenRow]) -> None:
    """With few kinds of tokens, rows share beginnings, whole prompts, and all they are."""
    expected = alone(model, rows)
    for length in (0, 16, 1024):
        found = measure(model, rows, length)
        assert [one.id for one in found] == [row.id for row in rows]
        assert [one.loss for one in found] == pytest.approx(expected, rel=1e-5, abs=1e-5)
        assert [one.tokens for one in found] == [len(row.response) for row in rows]


def test_padded_rows_cost_the_same(model) -> None:
    rows = [TokenRow("a", [3, 5, 7, 9], [6, 4]), TokenRow("b", [3], [9, 3, 8, 1, 0])]
    found = row_losses(model, Collate(pad=1, folded=False)([rows]))
    assert [one.loss for one in found] == pytest.approx(alone(model, rows), rel=1e-5)


def test_the_gradient_of_a_packed_row_is_its_own(model) -> None:
    """Through what rows share, too."""
    import torch

    from train.losses import token_losses

    rows = [
        TokenRow("a", [3, 5, 7], [6, 4]),
        TokenRow("b", [3, 5, 7], [9]),
        TokenRow("c", [3], [1]),
    ]
    gradients = []
    for together in (True, False):
        model.zero_grad()
        with packed(model):
            for part in [rows] if together else [[row] for row in rows]:
                token_losses(model, Collate(0)([part])).sum().backward()
        gradients.append([p.grad.clone() for p in model.parameters()])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_what_rows_begin_with_is_computed_once() -> None:
    rows = [TokenRow("a", [3, 5, 7], [6]), TokenRow("b", [3, 5], [9, 2])]
    inputs = Collate(0)([rows])["inputs"]
    assert inputs["input_ids"].tolist() == [[3, 5, 7, 6, 9, 2]]
    assert inputs["position_ids"].tolist() == [[0, 1, 2, 3, 2, 3]]
    assert inputs["unfold"].tolist() == [[0, 1, 2, 3], [0, 1, 4, 5]]


def test_logits_are_made_only_where_something_is_learned(model) -> None:
    made = []
    hook = model.get_output_embeddings().register_forward_hook(
        lambda _module, given, _out: made.append(given[0].shape[1])
    )
    measure(model, [TokenRow("a", list(range(20)), [6, 4, 0])])
    hook.remove()
    assert made[-1] == 3


def test_transformers_own_packing_needs_positions_no_mask_and_no_cache(model) -> None:
    """Why nothing here passes a mask or leaves the cache on: shows that the trap is real."""
    import torch

    first, second = [3, 5, 7, 9, 11], [2, 4, 6]
    inputs = {
        "input_ids": torch.tensor([first + second]),
        "position_ids": torch.tensor([[*range(5), *range(3)]]),
    }
    with torch.no_grad():
        own = model(input_ids=torch.tensor([second])).logits[0]
        apart = model(**inputs, use_cache=False).logits[0, 5:]
        masked = model(
            **inputs, use_cache=False, attention_mask=torch.ones_like(inputs["input_ids"])
        )
    torch.testing.assert_close(apart, own, rtol=1e-5, atol=1e-5)
    assert (masked.logits[0, 5:] - own).abs().max() > 1e-3


def test_a_model_with_windowed_attention_is_asked_in_padded_rows() -> None:
    model = tiny("Mistral")
    assert not exact(model)
    with packed(model) as able:
        assert not able
        assert model.config._attn_implementation != ATTENTION
    rows = [TokenRow("a", [3, 5, 7] * 5, [6, 4]), TokenRow("b", [3], [9, 3])]
    assert [one.loss for one in measure(model, rows)] == pytest.approx(alone(model, rows), rel=1e-5)


def test_a_model_answers_as_before_after_it_was_packed(model) -> None:
    before = model.config._attn_implementation
    with packed(model) as able:
        assert able
        assert model.config._attn_implementation == ATTENTION
    assert model.config._attn_implementation == before


def test_an_empty_batch_learns_nothing_but_reaches_all_weights(model) -> None:
    from train.losses import token_losses

    model.zero_grad()
    with packed(model):
        losses = token_losses(model, Collate(0)([[]]))
        losses.sum().backward()
    assert len(losses) == 0
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, 40), max_size=40), st.integers(0, 50))
def test_packs_hold_each_row_once_and_no_more_than_fits(sizes: list[int], length: int) -> None:
    rows = [TokenRow(f"r{i}", [1], [0] * (size - 1)) for i, size in enumerate(sizes)]
    packs = best_fit(rows, length)
    assert sorted(row.id for pack in packs for row in pack) == sorted(row.id for row in rows)
    for pack in packs:
        assert sum(map(len, pack)) <= length or len(pack) == 1
    sums = sorted(sum(map(len, pack)) for pack in packs)
    assert len(packs) < 2 or sums[0] + sums[1] > length  # no two packs could be one


def test_a_row_goes_where_it_fits_most_tightly() -> None:
    rows = [TokenRow(str(size), [1], [0] * (size - 1)) for size in (7, 6, 3, 4)]
    assert [[row.id for row in pack] for pack in best_fit(rows, 10)] == [["7", "3"], ["6", "4"]]
