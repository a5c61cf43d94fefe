"""The precision is chosen from the hardware, with the reason."""

import pytest

from kformer.tasks import precision
from kformer.tasks.precision import resolve_precision


@pytest.fixture
def machine(monkeypatch):
    """A function that pretends a GPU's capability (None without GPU) and a processor's bfloat16 instructions."""

    def pretend(capability=None, flags=()):
        monkeypatch.setattr(precision, "_gpu_capability", lambda: capability)
        monkeypatch.setattr(precision, "_bfloat16_flags", lambda: list(flags))

    return pretend


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_what_is_asked_for_is_taken(machine, name):
    machine()
    assert resolve_precision(name) == (name, "as asked for")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((9, 0), ("mixed_bfloat16", "the GPU multiplies bfloat16 in hardware")),
        ((8, 0), ("mixed_bfloat16", "the GPU multiplies bfloat16 in hardware")),
        ((7, 5), ("mixed_float16", "the GPU multiplies float16 in hardware, and not bfloat16")),
        ((6, 1), ("float32", "the GPU multiplies neither bfloat16 nor float16 in hardware")),
    ],
)
def test_a_gpu_decides_by_its_capability(machine, capability, expected):
    machine(capability, ["avx512_bf16"])
    assert resolve_precision() == expected


def test_a_processor_with_bfloat16_instructions_uses_them(machine):
    machine(flags=["amx_bf16", "avx512_bf16"])
    expected = ("mixed_bfloat16", "the processor multiplies bfloat16 in hardware (amx_bf16, avx512_bf16)")
    assert resolve_precision() == expected


def test_a_processor_without_them_stays_in_float32(machine):
    machine()
    assert resolve_precision() == ("float32", "the processor has no bfloat16 instructions")


def test_another_name_lists_the_known():
    message = "`precision` must be one of auto, float32, mixed_bfloat16, mixed_float16. Received: precision='half'"
    with pytest.raises(ValueError, match=message):
        resolve_precision("half")
