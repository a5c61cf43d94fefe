"""Generation over cached keys and values: greedy, sampling and beam search, for any model that gives a step.

`loop` and `beam_search` are pure functions that run in a graph; `Generator` pads, compiles and streams on the host.
"""

from kformer.compiling import traced
from kformer.generation.beam_search import BeamSearch, Hypotheses
from kformer.generation.generator import Generator
from kformer.generation.loop import Decoder, State, begin, decode
from kformer.generation.noise import streams
from kformer.generation.sampling import Sampling

__all__ = [
    "BeamSearch",
    "Decoder",
    "Generator",
    "Hypotheses",
    "Sampling",
    "State",
    "begin",
    "decode",
    "streams",
    "traced",
]
