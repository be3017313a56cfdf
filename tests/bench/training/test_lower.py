"""Adapters of a lower rank."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bench.training._adapter import read_adapter, write_adapter
from bench.training.lower import lowered, main


def factors(seed, rank=4):
    random = np.random.default_rng(seed)
    return random.normal(size=(rank, 9)).astype(np.float32), random.normal(size=(7, rank)).astype(np.float32)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_nothing_of_that_rank_is_nearer(seed, rank):
    a, b = factors(seed)
    low_a, low_b = lowered(a, b, rank)
    assert low_a.shape == (rank, 9)
    assert low_b.shape == (7, rank)
    lost = np.linalg.svd(b @ a, compute_uv=False)[rank:]
    assert np.linalg.norm(b @ a - low_b @ low_a) == pytest.approx(np.linalg.norm(lost), abs=1e-4)


def test_a_file_keeps_what_it_does(tmp_path):
    whole, low = tmp_path / "whole.gguf", tmp_path / "low.gguf"
    a, b = factors(1, 2)
    twice_a, twice_b = np.concatenate([a, 0 * a]), np.concatenate([b, 0 * b], 1)
    write_adapter(whole, {"x.weight.lora_a": twice_a, "x.weight.lora_b": twice_b}, alpha=8.0, about={})
    assert CliRunner().invoke(main, [str(whole), str(low), "--rank", "2"]).exit_code == 0
    arrays, alpha = read_adapter(low)
    assert alpha == 4.0
    np.testing.assert_allclose(arrays["x.weight.lora_b"] @ arrays["x.weight.lora_a"], b @ a, atol=2e-2)
    refused = CliRunner().invoke(main, [str(low), str(whole), "--rank", "3"])
    assert "has rank 2 only" in refused.output
