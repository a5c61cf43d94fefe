"""Models, tasks and examples so small that a test of them takes no time."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from kformer.checkpoints import read_marian_vocabulary
from kformer.data import Examples
from kformer.data.images.boxes import BOX
from kformer.data.tokenizers import (
    ROBERTA_TOKENS,
    ByteBPETokenizer,
    CharacterTokenizer,
    MarianTokenizer,
    SentencePieceTokenizer,
    WordPieceTokenizer,
    train_byte_bpe,
    train_sentencepiece,
)
from kformer.models import (
    BertBackbone,
    ConvolutionalViT,
    GPT2Backbone,
    MarianModel,
    TransformerModel,
    ViTBackbone,
    YolosBackbone,
)
from kformer.tasks import (
    FaceVerification,
    ImageClassification,
    LanguageModeling,
    MaskedLanguageModeling,
    ObjectDetection,
    Segmentation,
    TextClassification,
    Translation,
)
from kformer.tasks.image_processor import ImageProcessor
from kformer.tasks.language_modeling.processor import LanguageModelProcessor
from kformer.tasks.masked_language_modeling.processor import MaskedTextProcessor
from kformer.tasks.segmentation.processor import SegmentationProcessor
from kformer.tasks.text_processor import TextProcessor
from kformer.tasks.translation.processor import TranslationProcessor

GOLDENS = Path(__file__).parent / "parity" / "goldens"
VOCABULARY = (GOLDENS / "bert" / "vocab.txt").read_text(encoding="utf-8").split()
SIZES = {"num_layers": 1, "d_model": 8, "num_heads": 2, "d_ff": 16, "max_length": 24, "dropout": 0.0}
FAMILIES = {
    "bert": {},
    "distilbert": {"num_segments": 0, "pooler_activation": "relu"},
    "roberta": {"num_segments": 1, "position_offset": 2, "norm_epsilon": 1e-5},
}
LABELS = ("bad", "good")
POEMS = ["the film is good\n  and so is the day", "a b c d é 本", "it's not bad, very un good\n\n"]
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs"}
KINDS = {"single_label": "class", "multi_label": "multi", "regression": "number"}


def randomise(layer, seed=0):
    """Gives a layer weights so large that no output is near 0, norms and biases included; returns the layer."""
    random = np.random.default_rng(seed)
    for variable in layer.trainable_variables:
        mean = 1.0 if variable.path.endswith("gamma") else 0.0
        variable.assign(random.normal(mean, 0.3, variable.shape))
    return layer


def backbone(family="bert", **changes):
    """A random backbone with the settings of a family."""
    return randomise(BertBackbone(**{"vocab_size": len(VOCABULARY), **SIZES, **FAMILIES[family], **changes}))


def vit(**changes):
    """A random ViT of images of 8 x 8 pixels."""
    sizes = {name: size for name, size in SIZES.items() if name != "max_length"}
    return randomise(ViTBackbone(**{**sizes, "image_size": 8, "patch_size": 4, **changes}))


def task(
    problem="single_label",
    pair=False,
    pooling="first",
    dropout=0.0,
    max_length=16,
    labels=LABELS,
    tokenizer=None,
    **changes,
):
    """A random text classifier; `changes` are arguments of its backbone."""
    labels = () if problem == "regression" else labels
    processor = TextProcessor(tokenizer or WordPieceTokenizer(VOCABULARY), max_length=max_length, pair=pair)
    sizes = {"vocab_size": processor.tokenizer.vocab_size, "dropout": dropout, **changes}
    return randomise(
        TextClassification(backbone(**sizes), processor, labels, problem, pooling, dropout=dropout, seed=0)
    )


@cache
def roberta_tokenizer():
    """A byte-level BPE tokenizer of a few merges."""
    texts = ["the film is good", "a b c d e f g h", "it's not bad, very un good"] * 5
    return ByteBPETokenizer(*train_byte_bpe(texts, 300, ROBERTA_TOKENS))


def roberta_task(problem="single_label", **changes):
    """A random text classifier as RoBERTa's are."""
    return task(problem, tokenizer=roberta_tokenizer(), **FAMILIES["roberta"], **changes)


def examples(count=12, problem="single_label", pair=False, seed=0):
    """Texts of 1 to 9 letters, with labels for a problem."""
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(list("abcdefgh"), random.integers(1, 10))) for _ in range(count)]
    labels = {
        "single_label": [LABELS[i % 2] for i in range(count)],
        "multi_label": [[list(LABELS[:1]), list(LABELS), []][i % 3] for i in range(count)],
        "regression": [float(i) for i in range(count)],
    }[problem]
    columns = {"text": texts, "label": labels, **({"text_pair": texts[::-1]} if pair else {})}
    names = () if problem == "regression" else LABELS
    return Examples(pa.table(columns), {name: name for name in columns}, KINDS[problem], names, "tiny")


@cache
def gpt2_tokenizer():
    """A byte-level BPE tokenizer of 280 tokens."""
    return ByteBPETokenizer(*train_byte_bpe(POEMS * 5, 280))


def language_model(tokenizer=None, max_length=8, dropout=0.0, **changes):
    """A random language model; `changes` are arguments of its backbone."""
    processor = LanguageModelProcessor(tokenizer or CharacterTokenizer("\n abcdefghéß本"), max_length)
    sizes = {"vocab_size": processor.tokenizer.vocab_size, **SIZES, "dropout": dropout, **changes}
    return randomise(LanguageModeling(GPT2Backbone(**sizes), processor, max_new_tokens=8))


def masked_language_model(tokenizer=None, max_length=16, dropout=0.0, **changes):
    """A random masked language model; `changes` are arguments of its backbone."""
    processor = MaskedTextProcessor(tokenizer or WordPieceTokenizer(VOCABULARY), max_length)
    sizes = {"vocab_size": processor.tokenizer.vocab_size, "dropout": dropout, **changes}
    return randomise(MaskedLanguageModeling(backbone(**sizes), processor))


def texts(count=4, length=40, seed=0):
    """Examples of text without labels: letters and spaces."""
    random = np.random.default_rng(seed)
    columns = {"text": ["".join(random.choice(list("ab cdef gh"), length)) for _ in range(count)]}
    return Examples(pa.table(columns), {"text": "text"}, source="tiny")


def pairs(count=24, seed=0):
    """Numbers said one after the other, in two languages."""
    random = np.random.default_rng(seed)
    rows = [random.choice(list(WORDS), random.integers(1, 5)) for _ in range(count)]
    columns = {
        "text": [" ".join(row) for row in rows],
        "target": [" ".join(WORDS[word] for word in row) for row in rows],
    }
    return Examples(pa.table(columns), {name: name for name in columns}, source="tiny")


@cache
def subwords():
    """A SentencePiece tokenizer of 45 pieces for both languages of `pairs`."""
    examples = pairs(100)
    return SentencePieceTokenizer(train_sentencepiece([*examples.values("text"), *examples.values("target")], 45))


def translator(tokenizer=None, beam_size=2, max_length=30, **changes):
    """A random translator; `changes` are arguments of its `TransformerModel`."""
    tokenizer = tokenizer or subwords()
    sizes = {"num_layers": 1, "d_model": 8, "num_heads": 2, "d_ff": 16, "max_length": max_length, "rate": 0.0}
    backbone = TransformerModel(
        input_vocab_size=tokenizer.vocab_size,
        target_vocab_size=tokenizer.vocab_size,
        tie_embeddings="all",
        **{**sizes, **changes},
    )
    return Translation(randomise(backbone), TranslationProcessor(tokenizer, tokenizer, max_length), beam_size)


def marian_task(beam_size=2, max_length=12, **changes):
    """A random translator of Marian's family; `changes` are arguments of its backbone."""
    vocabulary = read_marian_vocabulary(GOLDENS / "marian_tokens")
    source = MarianTokenizer(vocabulary.source_model, vocabulary.source)
    target = MarianTokenizer(vocabulary.target_model, vocabulary.target)
    size = target.vocab_size
    sizes = {**SIZES, "input_vocab_size": size, "target_vocab_size": size, "padding_id": target.pad_id, **changes}
    return Translation(
        randomise(MarianModel(**sizes), seed=3), TranslationProcessor(source, target, max_length), beam_size
    )


def image_classifier(problem="single_label", dropout=0.0, **changes):
    """A random classifier of images of 8 x 8 pixels; `changes` are arguments of its backbone."""
    labels = () if problem == "regression" else ("dark", "light")
    backbone = vit(image_size=8, dropout=dropout, **changes)
    return randomise(ImageClassification(backbone, ImageProcessor(8), labels, problem, dropout=dropout, seed=0))


def images(count=12, seed=0):
    """Dark and light pictures of 10 x 12 pixels in turn, encoded, as a source would give them."""
    from PIL import Image

    from kformer.data.images.files import content_hash, encode_png

    random = np.random.default_rng(seed)
    pixels = [random.integers(130 * (i % 2), 125 + 130 * (i % 2), (10, 12, 3)).astype("uint8") for i in range(count)]
    contents = [encode_png(Image.fromarray(image)) for image in pixels]
    columns = {
        "image": contents,
        "label": [("dark", "light")[i % 2] for i in range(count)],
        "image.height": pa.array([10] * count, "int32"),
        "image.width": pa.array([12] * count, "int32"),
        "image.sha256": [content_hash(content) for content in contents],
    }
    fields = {"image": "image", "label": "label"}
    return Examples(pa.table(columns), fields, "class", ("dark", "light"), "tiny pictures")


def vitc(**changes):
    """A random ViT with a convolutional stem, of images of 8 x 8 pixels."""
    sizes = {name: size for name, size in SIZES.items() if name != "max_length"}
    return randomise(ConvolutionalViT(**{**sizes, "image_size": 8, "patch_size": 4, "stem_channels": 8, **changes}))


CLASSES = ("dark", "void", "light")


def segmenter(decoder="linear", stem="convolutional", dropout=0.0, names=CLASSES, size=(8, 12), fit=None, **changes):
    """A random segmentation of images of 8 x 12 pixels that ignores "void"; `changes` are of its backbone."""
    make = vitc if stem == "convolutional" else vit
    backbone = make(image_size=size, dropout=dropout, **changes)
    ignored = ("void",) if "void" in names else ()
    processor = SegmentationProcessor(size, fit=fit)
    return randomise(Segmentation(backbone, processor, names, ignored, decoder, 1, dropout=dropout, seed=0))


def scenes(count=12, seed=0, size=(8, 12), names=CLASSES):
    """Pictures whose left is dark and whose right is light, with masks; the first row of these is "void"."""
    from PIL import Image

    from kformer.data.images.files import content_hash, encode_png

    random, (height, width) = np.random.default_rng(seed), size
    columns = {name: [] for name in ("image", "mask", "mask.pixels")}
    for _ in range(count):
        mask = np.where(np.arange(width) < random.integers(3, width - 2), 0, 2) * np.ones((height, 1), int)
        pixels = mask[..., None] * 100 + random.integers(0, 40, (height, width, 3))
        mask[0] = 1
        columns["image"].append(encode_png(Image.fromarray(pixels.astype("uint8"))))
        columns["mask"].append(encode_png(Image.fromarray(mask.astype("uint8"))))
        columns["mask.pixels"].append(np.bincount(mask.ravel()).tolist())
    columns |= {
        f"image.{side}": pa.array([value] * count, "int32")
        for side, value in zip(("height", "width"), size, strict=True)
    }
    columns |= {f"{role}.sha256": [content_hash(content) for content in columns[role]] for role in ("image", "mask")}
    return Examples(pa.table(columns), {"image": "image", "mask": "mask"}, labels=names, source="tiny scenes")


def detector(head="dense", labels=("blue", "red"), dropout=0.0, image_size=(32, 48), fit=None, **changes):
    """A random detector of boxes in images of 32 x 48 pixels; `changes` are arguments of its backbone."""
    sizes = {"num_layers": 1, "d_model": 8, "num_heads": 2, "d_ff": 16, "patch_size": 16, "dropout": dropout}
    sizes |= {"image_size": image_size, **changes}
    if head == "set":
        backbone = YolosBackbone(**{"num_detection_tokens": 5, **sizes})
    else:
        backbone = (ConvolutionalViT if "stem_channels" in changes else ViTBackbone)(**sizes)
    processor = ImageProcessor(image_size, "detection", fit)
    task = ObjectDetection(backbone, processor, labels, head, head_channels=8, head_convolutions=1, seed=0)
    # Untrained, all scores are low.
    task.score_threshold = 0.0
    return randomise(task)


def box_scenes(count=6, seed=0, size=(40, 60)):
    """Blue and red boxes on grey, encoded, as a source would give them; every third picture has none."""
    from PIL import Image

    from kformer.data.images.files import content_hash, encode_png

    random = np.random.default_rng(seed)
    contents, boxes = [], []
    for i in range(count):
        pixels = np.full((*size, 3), 128, "uint8")
        found = []
        for number in range(i % 3):
            width, height = (int(side) for side in random.integers(12, 24, 2))
            x, y = int(random.integers(0, size[1] - width)), int(random.integers(0, size[0] - height))
            label = ("blue", "red")[(i + number) % 2]
            pixels[y : y + height, x : x + width] = (30, 30, 230) if label == "blue" else (230, 30, 30)
            found.append({"label": label, "x0": x, "y0": y, "x1": x + width, "y1": y + height})
        contents.append(encode_png(Image.fromarray(pixels)))
        boxes.append(found)
    columns = {
        "image": contents,
        "boxes": pa.array(boxes, pa.list_(BOX)),
        "image.height": pa.array([size[0]] * count, "int32"),
        "image.width": pa.array([size[1]] * count, "int32"),
        "image.sha256": [content_hash(content) for content in contents],
    }
    fields = {"image": "image", "boxes": "boxes"}
    return Examples(pa.table(columns), fields, None, ("blue", "red"), "tiny scenes")


def face_verifier(dropout=0.0, embedding_size=4, mirror=True, **changes):
    """A random face verification of images of 8 x 8 pixels; `changes` are arguments of its backbone."""
    backbone = vit(image_size=8, dropout=dropout, **changes)
    processor = ImageProcessor(8, "faces")
    return randomise(FaceVerification(backbone, processor, embedding_size, mirror, embedding_dropout=dropout, seed=0))


def people(count=4, each=3, first=0):
    """Pictures of people called p0, p1 and on from `first`: everybody has a colour, and every picture some noise."""
    from PIL import Image

    from kformer.data.images.files import content_hash, encode_png

    contents, names = [], []
    for person in range(first, first + count):
        random = np.random.default_rng(person)
        colour = random.integers(40, 216, 3)
        for _ in range(each):
            pixels = np.clip(colour + random.integers(-20, 21, (10, 12, 3)), 0, 255).astype("uint8")
            contents.append(encode_png(Image.fromarray(pixels)))
            names.append(f"p{person}")
    columns = {
        "image": contents,
        "label": names,
        "image.height": pa.array([10] * len(names), "int32"),
        "image.width": pa.array([12] * len(names), "int32"),
        "image.sha256": [content_hash(content) for content in contents],
    }
    labels = tuple(sorted(set(names)))
    return Examples(pa.table(columns), {"image": "image", "label": "label"}, "class", labels, "tiny people")
