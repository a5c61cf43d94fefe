"""The models there are: a variant is a name, a family, a paper and sizes."""

import dataclasses
from importlib import import_module

from kformer.errors import suggest

BERT_PAPER = "https://arxiv.org/abs/1810.04805"
SMALL_BERT_PAPER = "https://arxiv.org/abs/1908.08962"
MINILM_PAPER = "https://arxiv.org/abs/2002.10957"
DISTILBERT_PAPER = "https://arxiv.org/abs/1910.01108"
ROBERTA_PAPER = "https://arxiv.org/abs/1907.11692"
GPT2_PAPER = "https://openai.com/index/better-language-models"
TRANSFORMER_PAPER = "https://arxiv.org/abs/1706.03762"
TINY_TRANSFORMER_PAPER = "https://arxiv.org/abs/2105.14462"
OPUS_MT_PAPER = "https://aclanthology.org/2020.eamt-1.61"
VIT_PAPER = "https://arxiv.org/abs/2010.11929"
SMALL_VIT_PAPER = "https://arxiv.org/abs/2106.10270"
DEIT_PAPER = "https://arxiv.org/abs/2012.12877"
CCT_PAPER = "https://arxiv.org/abs/2104.05704"
EARLY_CONVOLUTIONS_PAPER = "https://arxiv.org/abs/2106.14881"
YOLOS_PAPER = "https://arxiv.org/abs/2106.00666"

# Family -> the module and the class of its backbones.
BACKBONES = {
    "bert": ("kformer.models.bert", "BertBackbone"),
    "distilbert": ("kformer.models.bert", "BertBackbone"),
    "roberta": ("kformer.models.bert", "BertBackbone"),
    "gpt2": ("kformer.models.gpt2", "GPT2Backbone"),
    "transformer": ("kformer.models.transformer", "TransformerModel"),
    "marian": ("kformer.models.marian", "MarianModel"),
    "vit": ("kformer.models.vit", "ViTBackbone"),
    "deit": ("kformer.models.vit", "ViTBackbone"),
    "cct": ("kformer.models.cct", "CompactTransformer"),
    "vitc": ("kformer.models.vitc", "ConvolutionalViT"),
    "yolos": ("kformer.models.yolos", "YolosBackbone"),
}
_TEXT_ENCODER = ("text-classification", "masked-language-modeling")
_IMAGE_ENCODER = ("image-classification", "object-detection", "segmentation", "face-verification")
# Family -> the tasks that its models serve.
TASKS = {
    "bert": _TEXT_ENCODER,
    "distilbert": _TEXT_ENCODER,
    "roberta": _TEXT_ENCODER,
    "gpt2": ("language-modeling",),
    "transformer": ("translation",),
    "marian": ("translation",),
    "vit": _IMAGE_ENCODER,
    "deit": _IMAGE_ENCODER,
    "cct": ("image-classification", "face-verification"),
    "vitc": _IMAGE_ENCODER,
    "yolos": ("object-detection",),
}


@dataclasses.dataclass(frozen=True)
class Variant:
    """One model that can be built or started from.

    Attributes:
        name: str, what `--init` and `models.build` call it.
        family: str, the family of its checkpoints, one of `BACKBONES`.
        paper: str, the address of its paper.
        sizes: dict, the arguments of the backbone.
        init: str, where its pretrained weights come from, as `--init` takes it; "none" where there are none.
    """

    name: str
    family: str
    paper: str
    sizes: dict
    init: str

    @property
    def tasks(self):
        """The names of the tasks that it serves."""
        return TASKS[self.family]

    @property
    def num_parameters(self):
        """int, trainable parameters of the backbone."""
        return backbone_class(self.family).count_parameters(**self.sizes)

    @property
    def reads_images(self):
        """bool, whether it reads images and not text."""
        return "image_size" in self.sizes

    @property
    def num_tokens(self):
        """int, the vectors that the blocks of a model of images read for one image of its own size."""
        return backbone_class(self.family).count_tokens(**self.sizes)

    def training_flops(self, length):
        """Floating-point operations of one training step on one example (forward x 3).

        Args:
            length: int, tokens of a text (a translation has as many in its source and in its target), or pixels of the
                side of a square image.
        """
        backbone = backbone_class(self.family)
        if self.reads_images:
            return 3 * backbone.flops_per_image(**{**self.sizes, "image_size": length})
        return 3 * length * backbone.flops_per_token(length=length, **self.sizes)


def _bert(num_layers, d_model, num_heads=None, **others):
    """The sizes of a BERT: heads of 64 and a feed-forward network four times as wide, unless said otherwise."""
    return {
        "vocab_size": 30522,
        "num_layers": num_layers,
        "d_model": d_model,
        "num_heads": num_heads or d_model // 64,
        "d_ff": 4 * d_model,
        **others,
    }


DISTILBERT = {"num_segments": 0, "pooler_activation": "relu"}
ROBERTA = {"vocab_size": 50265, "num_segments": 1, "position_offset": 2, "norm_epsilon": 1e-5}


def _gpt2(num_layers, d_model):
    """The sizes of a GPT-2: heads of 64."""
    return {**_bert(num_layers, d_model), "vocab_size": 50257, "max_length": 1024}


def _transformer(num_layers, d_model, num_heads, d_ff, vocab_size, **others):
    """The sizes of an encoder-decoder with as many layers on both sides and one table of vectors."""
    return {
        "num_layers": num_layers,
        "num_decoder_layers": num_layers,
        "d_model": d_model,
        "num_heads": num_heads,
        "d_ff": d_ff,
        "input_vocab_size": vocab_size,
        "target_vocab_size": vocab_size,
        "tie_embeddings": "all",
        **others,
    }


def _vit(d_model, num_layers=12, **others):
    """The sizes of a ViT: heads of 64, patches of 16 x 16 pixels."""
    return {
        "num_layers": num_layers,
        "d_model": d_model,
        "num_heads": d_model // 64,
        "d_ff": 4 * d_model,
        "image_size": 224,
        "patch_size": 16,
        **others,
    }


def _small_vit(d_model, num_layers, **sizes):
    """The sizes of a ViT for images of 32 x 32 pixels, which begins from random weights."""
    small = {"image_size": 32, "patch_size": 4}
    begin = {"kernel_initializer": "glorot_uniform", "position_initializer": "sinusoidal"}
    return _vit(d_model, num_layers, **small, **begin, **sizes)


def _vitc(d_model, num_layers, num_heads, image_size, patch_size, stem_channels, **sizes):
    """The sizes of a ViT whose patches are read by convolutions, small enough to learn from hundreds of images."""
    shared = _vit(d_model, num_layers, num_heads=num_heads, image_size=image_size, patch_size=patch_size)
    return {**shared, "d_ff": 2 * d_model, "stem_channels": stem_channels, **sizes}


def _cct(num_layers, d_model, num_heads, d_ff, num_convolutions, image_size=32):
    """The sizes of a CCT for small images."""
    return {
        "num_layers": num_layers,
        "d_model": d_model,
        "num_heads": num_heads,
        "d_ff": d_ff,
        "image_size": image_size,
        "num_convolutions": num_convolutions,
    }


OPUS_MT = _transformer(6, 512, 8, 2048, vocab_size=58101, padding_id=58100)

VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("minilm", "bert", MINILM_PAPER, _bert(6, 384, num_heads=12), "minilm"),
        Variant("bert-tiny", "bert", SMALL_BERT_PAPER, _bert(2, 128), "hf:google/bert_uncased_L-2_H-128_A-2"),
        Variant("bert-mini", "bert", SMALL_BERT_PAPER, _bert(4, 256), "hf:google/bert_uncased_L-4_H-256_A-4"),
        Variant("bert-small", "bert", SMALL_BERT_PAPER, _bert(4, 512), "hf:google/bert_uncased_L-4_H-512_A-8"),
        Variant("bert-medium", "bert", SMALL_BERT_PAPER, _bert(8, 512), "hf:google/bert_uncased_L-8_H-512_A-8"),
        Variant("bert-base", "bert", BERT_PAPER, _bert(12, 768), "hf:google-bert/bert-base-uncased"),
        Variant("bert-large", "bert", BERT_PAPER, _bert(24, 1024), "hf:google-bert/bert-large-uncased"),
        Variant(
            "distilbert-base", "distilbert", DISTILBERT_PAPER, _bert(6, 768, **DISTILBERT),
            "hf:distilbert/distilbert-base-uncased",
        ),
        Variant(
            "roberta-base", "roberta", ROBERTA_PAPER, _bert(12, 768, **ROBERTA), "hf:FacebookAI/roberta-base"
        ),
        Variant(
            "roberta-large", "roberta", ROBERTA_PAPER, _bert(24, 1024, **ROBERTA), "hf:FacebookAI/roberta-large"
        ),
        Variant("distilgpt2", "gpt2", DISTILBERT_PAPER, _gpt2(6, 768), "hf:distilbert/distilgpt2"),
        Variant("gpt2", "gpt2", GPT2_PAPER, _gpt2(12, 768), "hf:openai-community/gpt2"),
        Variant("gpt2-medium", "gpt2", GPT2_PAPER, _gpt2(24, 1024), "hf:openai-community/gpt2-medium"),
        Variant(
            "transformer-tiny", "transformer", TINY_TRANSFORMER_PAPER, _transformer(4, 128, 4, 256, 10000), "none"
        ),
        Variant("transformer-base", "transformer", TRANSFORMER_PAPER, _transformer(6, 512, 8, 2048, 37000), "none"),
        Variant("transformer-big", "transformer", TRANSFORMER_PAPER, _transformer(6, 1024, 16, 4096, 37000), "none"),
        Variant("opus-mt-en-de", "marian", OPUS_MT_PAPER, OPUS_MT, "hf:Helsinki-NLP/opus-mt-en-de"),
        Variant("opus-mt-de-en", "marian", OPUS_MT_PAPER, OPUS_MT, "hf:Helsinki-NLP/opus-mt-de-en"),
        # For images of 32 x 32 pixels, or about as many patches.
        Variant("vit-nano-4", "vit", VIT_PAPER, _small_vit(128, 4, num_heads=4), "none"),
        Variant("vit-micro-4", "vit", VIT_PAPER, _small_vit(192, 6), "none"),
        Variant("vit-tiny-16", "vit", SMALL_VIT_PAPER, _vit(192), "hf:WinKawaks/vit-tiny-patch16-224"),
        Variant("vit-small-16", "vit", SMALL_VIT_PAPER, _vit(384), "hf:WinKawaks/vit-small-patch16-224"),
        Variant("vit-base-16", "vit", VIT_PAPER, _vit(768), "hf:google/vit-base-patch16-224-in21k"),
        # Without the distillation token a DeiT is a ViT, and so do its files call it.
        Variant("deit-tiny", "vit", DEIT_PAPER, _vit(192), "hf:facebook/deit-tiny-patch16-224"),
        Variant("deit-small", "vit", DEIT_PAPER, _vit(384), "hf:facebook/deit-small-patch16-224"),
        Variant("deit-base", "vit", DEIT_PAPER, _vit(768), "hf:facebook/deit-base-patch16-224"),
        Variant(
            "deit-tiny-distilled", "deit", DEIT_PAPER, _vit(192, distilled=True),
            "hf:facebook/deit-tiny-distilled-patch16-224",
        ),
        Variant(
            "deit-small-distilled", "deit", DEIT_PAPER, _vit(384, distilled=True),
            "hf:facebook/deit-small-distilled-patch16-224",
        ),
        Variant(
            "deit-base-distilled", "deit", DEIT_PAPER, _vit(768, distilled=True),
            "hf:facebook/deit-base-distilled-patch16-224",
        ),
        Variant(
            "vitc-face-8", "vitc", EARLY_CONVOLUTIONS_PAPER,
            _vitc(128, 2, 4, 64, 8, 16, stem_norm="batch", kernel_initializer="glorot_uniform"), "none",
        ),
        Variant("vitc-nano-8", "vitc", EARLY_CONVOLUTIONS_PAPER, _vitc(128, 4, 4, 32, 8, 16), "none"),
        Variant("vitc-mini-16", "vitc", EARLY_CONVOLUTIONS_PAPER, _vitc(192, 6, 3, 320, 16, 16), "none"),
        Variant("vitc-micro-16", "vitc", EARLY_CONVOLUTIONS_PAPER, _vitc(256, 6, 8, 224, 16, 32), "none"),
        Variant("cct-nano-28", "cct", CCT_PAPER, _cct(2, 96, 3, 192, num_convolutions=2, image_size=28), "none"),
        # The authors' names: layers, then the size and the number of convolutions, then the image's side.
        Variant("cct-2-3x2-32", "cct", CCT_PAPER, _cct(2, 128, 2, 128, num_convolutions=2), "none"),
        Variant("cct-4-3x2-32", "cct", CCT_PAPER, _cct(4, 128, 2, 128, num_convolutions=2), "none"),
        Variant("cct-6-3x1-32", "cct", CCT_PAPER, _cct(6, 256, 4, 512, num_convolutions=1), "none"),
        Variant("cct-7-3x1-32", "cct", CCT_PAPER, _cct(7, 256, 4, 512, num_convolutions=1), "none"),
        Variant(
            "yolos-micro-16", "yolos", YOLOS_PAPER,
            _vit(192, 6, image_size=320, use_mid_position_embeddings=False), "none",
        ),
        Variant(
            "yolos-tiny", "yolos", YOLOS_PAPER, _vit(192, image_size=[800, 1333], use_mid_position_embeddings=False),
            "hf:hustvl/yolos-tiny",
        ),
        Variant("yolos-small", "yolos", YOLOS_PAPER, _vit(384, image_size=[512, 864]), "hf:hustvl/yolos-small"),
        Variant("yolos-base", "yolos", YOLOS_PAPER, _vit(768, image_size=[800, 1344]), "hf:hustvl/yolos-base"),
    )
}  # fmt: skip


def variants():
    """All variants, smallest first: a list of `Variant`."""
    return sorted(VARIANTS.values(), key=lambda variant: variant.num_parameters)


def get_variant(name, task=None):
    """The variant called `name`.

    Args:
        name: str.
        task: str, a name of `kformer.tasks.TASKS` that it is to serve, or None.

    Raises:
        ValueError: for an unknown name, or a variant that does not serve the task; those that do are listed, and the
            nearest is suggested.
    """
    known = [other for other, variant in VARIANTS.items() if task is None or task in TASKS[variant.family]]
    if name in known:
        return VARIANTS[name]
    if name in VARIANTS:
        wrong = f"The model {name!r} does not serve {task}."
    else:
        wrong = f"There is no model {name!r}.{suggest(name, known)}"
    raise ValueError(f"{wrong} Known{f' for {task}' if task else ''}: {', '.join(known)}.")


def backbone_class(family):
    """The class that builds a family's backbones."""
    module, name = BACKBONES[family]
    return getattr(import_module(module), name)


def families_serving(task):
    """The names of the families whose models serve a task, a tuple of str."""
    return tuple(family for family, tasks in TASKS.items() if task in tasks)


def family_name(backbone):
    """The family of a backbone; BERT's for all that `BertBackbone` builds."""
    return next(family for family, (_, name) in BACKBONES.items() if name == type(backbone).__name__)


def build(name, **changes):
    """A backbone with random weights: a variant's sizes, with `changes` to them.

    Args:
        name: str, a variant.
        **changes: arguments of the backbone, `dtype` among them.
    """
    variant = get_variant(name)
    return backbone_class(variant.family)(**{**variant.sizes, **changes})
