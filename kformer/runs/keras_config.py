"""Which objects a `.keras` file may ask for.

The config of a `.keras` file names classes and functions, and Keras builds what it names. Past attacks named a Lambda
(CVE-2024-3660), any function of any module (CVE-2025-1550), `keras.utils.get_file` (CVE-2025-8747) and the switch
that turns safe mode off (CVE-2025-9906). So nothing is refused by name here; instead only what is listed is built.
"""

from collections.abc import Iterator

_INITIALIZERS = (
    "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal "
    "RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros"
)
# Layers that only compute. Not here on purpose: Lambda, TFSMLayer, TorchModuleWrapper, JaxLayer, FlaxLayer, and the
# lookups (StringLookup, TextVectorization ...), which read any file that their config names.
_LAYERS = (
    "Activation Add Average AveragePooling1D AveragePooling2D BatchNormalization Concatenate Conv1D Conv1DTranspose "
    "Conv2D Conv2DTranspose Cropping1D Cropping2D Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense "
    "Embedding Flatten GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D "
    "GroupNormalization Identity InputLayer LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D Maximum "
    "Minimum MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization ReLU RepeatVector Rescaling "
    "Reshape Resizing ReversibleEmbedding SeparableConv1D SeparableConv2D Softmax SpatialDropout1D SpatialDropout2D "
    "Subtract UnitNormalization UpSampling1D UpSampling2D ZeroPadding1D ZeroPadding2D"
)
_KERAS_NAMES = {
    "keras": "DTypePolicy Sequential",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "keras.dtype_policies": "DTypePolicy FloatDTypePolicy QuantizedDTypePolicy",
    "keras.initializers": _INITIALIZERS,
    "keras.layers": _LAYERS,
    "keras.random": "SeedGenerator",
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
    "keras.src.models.functional": "Functional",
}
KERAS_CLASSES = frozenset(f"{module}.{name}" for module, names in _KERAS_NAMES.items() for name in names.split())
_VALUES = frozenset({"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"})


def check_config(config: object, classes: dict[str, type]) -> None:
    """Refuses a config that asks for anything but Keras' harmless classes and the given ones.

    Args:
        config: the parsed `config.json`.
        classes: registered name ("package>name") -> class, for the classes outside Keras that may be built.

    Raises:
        ValueError: naming the first class or function that is not on the list, and where it stands.
    """
    for place, node in _objects(config, "config"):
        name = _refused_name(node, classes)
        if name:
            raise ValueError(
                f"it asks for `{name}` at {place}, which is not on the list of classes that are opened "
                "(Keras layers that only compute, and kformer's own)"
            )


def _objects(value: object, place: str) -> Iterator[tuple[str, dict]]:
    """Every dict, at any depth, that Keras could take for an object, with its place."""
    pending = [(place, value)]
    while pending:
        place, value = pending.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield place, value
            pending += [(f"{place}.{key}", child) for key, child in value.items()]
        elif isinstance(value, list):
            pending += [(f"{place}[{index}]", child) for index, child in enumerate(value)]


def _refused_name(node: dict, classes: dict[str, type]) -> str | None:
    """The name of the class or function that `node` asks for; None when it may be built."""
    from keras.saving import get_registered_object

    class_name, module = node["class_name"], node.get("module")
    registered_name = node.get("registered_name", class_name)
    if not isinstance(class_name, str) or not isinstance(registered_name, str | None):
        return f"{class_name!r} registered as {registered_name!r}"
    if class_name in _VALUES:
        return None
    if class_name == "function":  # here the config is the function's name, looked up in several modules
        return f"{module}.{node.get('config')}"
    # Keras looks a registered name up first, whatever module and class stand beside it.
    registered = get_registered_object(registered_name, custom_objects=classes)
    if registered is not None and registered not in classes.values():
        return str(registered_name)
    if registered is not None and registered.__name__ == class_name and "module" in node:
        return None  # without `module`, Functional and Sequential look an old format's class name up instead
    name = f"{module}.{class_name}" if module else str(class_name)
    return None if name in KERAS_CLASSES else name
