"""Face verification: embeddings of images, near each other where they show one person."""

import hashlib
import json
import math

import keras
import numpy as np
from keras import ops

from kformer.models.registry import families_serving
from kformer.tasks.face_verification.examples import check_people, few_of_each, names_of
from kformer.tasks.face_verification.head import EmbeddingHead, People
from kformer.tasks.face_verification.metrics import PairAUC
from kformer.tasks.face_verification.serving import make_embedding, make_serving
from kformer.tasks.image_inputs import read_images
from kformer.tasks.image_pairs import best_threshold
from kformer.tasks.image_processor import ImageElements, ImageProcessor
from kformer.tasks.image_starting import build_image_backbone, find_image_start
from kformer.tasks.image_task import ImageTask
from kformer.tasks.losses import cross_entropy
from kformer.tasks.precision import resolve_precision

POOLINGS = ("backbone", "tokens")


@keras.saving.register_keras_serializable("kformer")
class FaceVerification(ImageTask):
    """An embedding of length 1 for an image; the product of two is the similarity of what they show.

    It is trained to tell people apart by `ArcFace`, and judged on other people. Which similarity is enough to call two
    images one person is `threshold`, a variable that `calibrate` sets from the validation images.

    Args:
        backbone: an image encoder such as `kformer.models.ViTBackbone`.
        processor: `ImageProcessor` of the kind "faces".
        embedding_size: int, of the projection.
        mirror: bool, outside training an embedding is that of an image and its mirror image together.
        far: float, the false accept rate that the threshold is chosen for; None is where both errors are equal.
        margin, scale, num_centers: of `ArcFace`.
        pooling: str, "backbone", the embedding is made from the backbone's pooled output; or "tokens", from the vectors
            of all tokens side by side: in faces that are cut out alike, where something is tells as much as what.
        projected: bool, see `EmbeddingHead`.
        embedding_dropout: float, rate before the embedding.
        seed: int or None, of the random weights of embedding and centers.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Embeddings (batch, `num_numbers`), float32; in training (batch, embedding_size).
    """

    processor_class = ImageProcessor
    title = "face verification"
    example_command = "predict {run} --pair one.jpg two.jpg"
    required = ("image", "label")
    input_names = ("image", "image_pair")
    label_kind = "class"
    apart = "label"
    monitor = ("val_roc_auc", "max")
    num_shown = 2000

    def __init__(
        self,
        backbone,
        processor,
        embedding_size=128,
        mirror=True,
        far=None,
        margin=0.2,
        scale=16.0,
        num_centers=1,
        pooling="backbone",
        projected=True,
        embedding_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if embedding_size < 2:
            raise ValueError(f"`embedding_size` must be at least 2. Received: embedding_size={embedding_size}.")
        if pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {', '.join(POOLINGS)}. Received: pooling={pooling!r}.")
        if far is not None and not 0 < far < 1:
            raise ValueError(f"`far` must be a rate between 0 and 1, or None. Received: far={far}.")
        self.backbone = backbone
        self.processor = processor
        self.embedding_size = embedding_size
        self.pooling = pooling
        self.projected = projected
        self.mirror = mirror
        self.far = far
        self.margin = margin
        self.scale = scale
        self.num_centers = num_centers
        self.embedding_dropout = embedding_dropout
        self.seed = seed
        self.people = None
        self.head = EmbeddingHead(embedding_size, embedding_dropout, projected, seed, name="head")
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        self.head.build((None, self._num_vectors * self.backbone.d_model))
        self.threshold = self.add_weight(
            name="threshold", shape=(), initializer=keras.initializers.Constant(math.nan), trainable=False
        )

    @classmethod
    def settings(cls, train, recipe):
        names_of(train)  # before weights are read
        names = ("embedding_size", "embedding_dropout", "mirror", "far", "margin", "scale", "num_centers")
        pooling = {} if recipe.pooling is None else {"pooling": recipe.pooling}
        return {**{name: getattr(recipe, name) for name in names}, **pooling}

    @classmethod
    def from_pretrained(
        cls,
        init,
        image_size=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
        **settings,
    ):
        """A task over pretrained weights, with a new embedding unless `init` is a run that has one of this size.

        Args:
            init: str or path: a variant of `kformer models`, "hf:organisation/name", a Hugging Face folder, or a run
                of kformer.
            image_size: int, pixels of the side of what the model reads; the checkpoint's own when None.
            fit: str, see `ImageProcessor`.
            image_memory: float, the share of the machine's memory that decoded images may take.
            dropout, drop_path: floats, rates of dropout and of stochastic depth; the checkpoint's own when None.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the embedding and the dropout layers.
            **settings: of the class.
        """
        families = families_serving("face-verification")
        start = find_image_start(init, resolve_precision(precision)[0], dropout, drop_path, families)
        processor = start.processor(image_size, "faces", fit, image_memory)
        if isinstance(start.task, cls):
            settings = {"pooling": start.task.pooling, "projected": start.task.projected, **settings}
        task = cls(start.backbone, processor, seed=seed, **settings)
        task.reseed(seed)
        if isinstance(start.task, cls) and _shapes(start.task.head) == _shapes(task.head):
            task.head.set_weights(start.task.head.get_weights())
        return task

    @classmethod
    def from_scratch(
        cls,
        variant="vitc-face-8",
        image_size=None,
        patch_size=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
        backbone_sizes=(),
        standardize=True,
        pooling="tokens",
        projected=False,
        **settings,
    ):
        """A task with random weights.

        Args:
            variant: str, whose sizes to take (`kformer models`).
            image_size, patch_size: ints, pixels; the variant's own when None. `image_size` may be height and width.
            fit, image_memory, dropout, drop_path, precision, seed: see `from_pretrained`.
            backbone_sizes: dict of further sizes of the backbone that differ from the variant's.
            standardize: bool, see `ImageProcessor`.
            pooling, projected: see the class.
            **settings: of the class.
        """
        sizes = {"image_size": image_size, "patch_size": patch_size, "dropout": dropout, "drop_path": drop_path}
        precision = resolve_precision(precision)[0]
        backbone = build_image_backbone(variant, precision, seed, **{**sizes, **dict(backbone_sizes)})
        processor = ImageProcessor(backbone.image_size, "faces", fit, standardize=standardize, memory=image_memory)
        task = cls(backbone, processor, seed=seed, pooling=pooling, projected=projected, **settings)
        task.reseed(seed)
        return task

    def call(self, inputs, training=False):
        if training or not self.mirror:
            return self._embeddings(inputs, training)
        both = ops.concatenate([inputs["images"], ops.flip(inputs["images"], axis=2)])
        vectors = self._embeddings({"images": both}, training)
        one, mirrored = ops.split(vectors, 2)
        return ops.normalize(one + mirrored, axis=-1)

    def _embeddings(self, inputs, training):
        of_tokens = self.pooling == "tokens"
        outputs = self.backbone(inputs, pooled_only=not of_tokens, training=training)
        vectors = outputs["sequence_output" if of_tokens else "pooled_output"]
        return self.head(ops.reshape(vectors, (-1, self._num_vectors * self.backbone.d_model)), training=training)

    @property
    def num_numbers(self):
        """int, of an embedding."""
        return self.embedding_size if self.projected else self._num_vectors * self.backbone.d_model

    @property
    def _num_vectors(self):
        """int, of the backbone's vectors that an embedding is made from."""
        if self.pooling == "backbone":
            return 1
        images = keras.KerasTensor((1, *self.processor.image_size, 3))
        outputs = self.backbone.compute_output_spec({"images": images})
        return outputs["sequence_output"].shape[1]

    def adapt(self, train):
        """Makes the centers of the people to tell apart: what training needs before its first step.

        Args:
            train: `kformer.data.Examples`.
        """
        names = names_of(train)
        if self.people is None or self.people.names != names:
            settings = {name: getattr(self, name) for name in ("margin", "scale", "num_centers", "seed")}
            self.people = People(names, self.embedding_size, **settings)

    def check_examples(self, train, validation):
        check_people(train, validation)

    def shown(self, validation):
        """At most `num_shown` images, few of each person, so that there are pairs of both kinds among them."""
        return validation.take(few_of_each(validation)[: self.num_shown])

    def calibrate(self, validation):
        """Sets the threshold: the least similarity that counts as one person.

        Args:
            validation: `kformer.data.Examples` of people who were not trained on.
        """
        people = np.unique(validation.values("label"), return_inverse=True)[1]
        self.threshold.assign(best_threshold(self.outputs_of(validation), people, self.far))

    @property
    def has_threshold(self):
        """bool, whether the threshold was set."""
        return math.isfinite(float(self.threshold))

    # The centers learn with the rest, but are no part of what is saved or exported.
    @property
    def trainable_variables(self):
        own = super().trainable_variables
        return own if self.people is None else [*own, *self.people.head.trainable_variables]

    @property
    def trainable_weights(self):
        return self.trainable_variables

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        return cross_entropy(y, self.people.head(y_pred, y), label_smoothing)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        # People who were not trained on have no centers.
        if not training and self.has_own_loss:
            return ops.zeros(())
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def test_step(self, *args):
        """Keras' own, without the loss: only people in training have one."""
        logs = super().test_step(*args)
        return {name: value for name, value in logs.items() if name != "loss"} if self.has_own_loss else logs

    def default_metrics(self):
        return [PairAUC(max(self.num_numbers, self.embedding_size))]

    def element_source(
        self, examples, seed=None, inputs_only=False, with_step_targets=False, augment="none", **augmentation
    ):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`.
            augment, **augmentation: fields of `kformer.data.image_augmentation.AugmentationSettings`.
        """
        augmentation = {"augment": augment, **augmentation}
        shared = {"with_step_targets": with_step_targets, "seed": seed, "augmentation": augmentation}
        if inputs_only or "label" not in examples.fields:
            return ImageElements(self.processor, examples, **shared)
        return ImageElements(self.processor, examples, self._targets(examples, seed is not None), **shared)

    def _targets(self, examples, training):
        if not training:
            return np.unique(examples.values("label"), return_inverse=True)[1].astype("int32")
        if self.people is None:
            raise ValueError("The task knows no people to tell apart. Call `adapt` with the training examples first.")
        return examples.targets(self.people.names)

    def embed(self, images, batch_size=64):
        """Embeddings of length 1, float32 (n, `num_numbers`).

        Args:
            images: list of n paths, bytes of files or uint8 arrays (height, width, 3).
            batch_size: int, images at a time.
        """
        contents = read_images(images)
        parts = [contents[start : start + batch_size] for start in range(0, len(contents), batch_size)]
        vectors = [self._embed_function(part).numpy() for part in parts]
        return np.concatenate(vectors) if vectors else np.zeros((0, self.num_numbers), "float32")

    @property
    def _embed_function(self):
        # Past Keras' tracking, as `_served`.
        if "_embedding_made" not in vars(self):
            vars(self)["_embedding_made"] = make_embedding(self)
        return lambda contents: vars(self)["_embedding_made"](contents)["embedding"]

    @property
    def empty_input(self):
        return (super().empty_input,) * 2

    def read_inputs(self, inputs):
        for number, item in enumerate(inputs):
            if not isinstance(item, tuple | list) or len(item) != 2:
                raise TypeError(
                    "The model reads a pair of images (image, image) per input; on the command line: --pair ONE TWO. "
                    f"Received: input {number} = {item!r}."
                )
        columns = zip(*inputs, strict=True) if inputs else ([], [])
        return [read_images(list(column)) for column in columns]

    def serving(self):
        return make_serving(self)

    def endpoints(self):
        return {**super().endpoints(), "embed": make_embedding(self)}

    def served(self):
        return {
            "serve": {
                "similarity": "(batch,), the cosine of the two embeddings",
                "same": "(batch,) booleans, whether it reaches the threshold",
                "threshold": "(), the least similarity that counts as one person",
            },
            "embed": {"embedding": "(batch, numbers), of length 1 each: their products are similarities"},
        }

    def answer(self, outputs, i):
        if not self.has_threshold:
            raise ValueError(
                "The model has no threshold yet: call `calibrate` with images of people who were not trained on."
            )
        return {
            "same": bool(outputs["same"][i]),
            "similarity": float(outputs["similarity"][i]),
            "threshold": float(outputs["threshold"]),
        }

    @property
    def fingerprint(self):
        """str, a hash of all that changes an embedding: galleries of one model are of no use to another."""
        digest = hashlib.sha256(json.dumps([self.processor.get_config(), self.mirror], sort_keys=True).encode())
        for variable in [*_numbers_of(self.backbone), *_numbers_of(self.head)]:
            digest.update(np.asarray(variable, "float32").tobytes())
        return digest.hexdigest()

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        people = [] if self.people is None else [self.people.head]
        return [*self.backbone.stages(), [self.head, *people]]

    def arguments(self):
        names = (
            "embedding_size", "pooling", "projected", "mirror", "far", "margin", "scale", "num_centers",
            "embedding_dropout", "seed",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def _shapes(layer):
    return [weight.shape for weight in layer.weights]


def _numbers_of(layer):
    """The variables that an output depends on: all but the states of random generators."""
    return [variable for variable in layer.variables if "float" in variable.dtype]
