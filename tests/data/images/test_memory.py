"""How much memory decoded images may take."""

import os

import pytest

from kformer.data.images import memory
from kformer.data.images.memory import image_budget

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize("content", [None, "max\n", str(2**60)])
def test_a_quarter_of_the_machine_s_memory_is_the_default(monkeypatch, tmp_path, content):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "memory.max")
    if content is not None:
        (tmp_path / "memory.max").write_text(content)
    assert image_budget() == MACHINE // 4


def test_a_container_may_have_less(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("1000\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "memory.max")
    assert image_budget(0.5) == 500


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_outside_0_and_1_is_refused(share):
    with pytest.raises(ValueError, match="`image_memory` must be a share of the memory, from 0 to 1. Received: "):
        image_budget(share)
