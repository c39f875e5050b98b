from pathlib import Path

import pytest

from benchmarks.client import environment


def test_only_the_processor_is_seen_unless_an_accelerator_is_measured(tmp_path: Path) -> None:
    plain = environment("jax-scan", tmp_path)
    assert (plain["JAX_PLATFORMS"], plain["CUDA_VISIBLE_DEVICES"]) == ("cpu", "")


def test_float32_is_multiplied_as_float32_on_an_accelerator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    accelerated = environment("keras-jax", tmp_path, accelerator=True)
    assert "JAX_PLATFORMS" not in accelerated
    assert "NVIDIA_TF32_OVERRIDE" not in accelerated
    assert accelerated["JAX_DEFAULT_MATMUL_PRECISION"] == "highest"


def test_nobody_finds_what_another_process_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/mine")
    folders = [environment("trimtab-jax", tmp_path)["TRIMTAB_CACHE_DIR"] for _ in range(2)]
    assert folders[0] != folders[1]
    assert all(Path(folder).parent == tmp_path for folder in folders)
    assert "JAX_COMPILATION_CACHE_DIR" not in environment("jax-scan", tmp_path)


@pytest.mark.parametrize(
    ("peer", "variable"),
    [
        ("trimtab-jax", "TRIMTAB_CACHE_DIR"),
        ("jax-scan", "JAX_COMPILATION_CACHE_DIR"),
        ("keras-jax", "JAX_COMPILATION_CACHE_DIR"),
    ],
)
def test_a_cache_is_used_when_it_is_given(peer: str, variable: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert environment(peer, tmp_path, cache=cache)[variable] == str(cache)
