"""Weights in and out: Hugging Face folders <-> our variables, through one name table per family. No PyTorch."""

from kformer.checkpoints.families import FAMILIES, family_of
from kformer.checkpoints.hf_folder import HFFolder
from kformer.checkpoints.image_settings import ImageSettings, read_image_settings, write_image_settings
from kformer.checkpoints.init import find_checkpoint, minilm_folder
from kformer.checkpoints.loading import Loaded, fill, load_backbone, own_variables
from kformer.checkpoints.saving import save_hf, save_weights
from kformer.checkpoints.vocabulary import MarianVocabulary, read_marian_vocabulary, read_tokenizer, read_vocabulary

__all__ = [
    "FAMILIES",
    "HFFolder",
    "ImageSettings",
    "Loaded",
    "MarianVocabulary",
    "family_of",
    "fill",
    "find_checkpoint",
    "load_backbone",
    "minilm_folder",
    "own_variables",
    "read_image_settings",
    "read_marian_vocabulary",
    "read_tokenizer",
    "read_vocabulary",
    "save_hf",
    "save_weights",
    "write_image_settings",
]
