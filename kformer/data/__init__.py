"""Data: sources -> examples -> clean examples."""

from kformer.data.cache import cache_folder
from kformer.data.cleaning import Cleaning, CleaningReport, clean
from kformer.data.examples import Examples
from kformer.data.loading import load, load_splits
from kformer.data.previewing import preview
from kformer.data.profiling import profile
from kformer.data.sources import Rejection
from kformer.data.text_cleaning import clean_text, clean_text_in_graph

__all__ = [
    "Cleaning",
    "CleaningReport",
    "Examples",
    "Rejection",
    "cache_folder",
    "clean",
    "clean_text",
    "clean_text_in_graph",
    "load",
    "load_splits",
    "preview",
    "profile",
]
