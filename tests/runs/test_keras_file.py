"""Opening a model never runs code: honest files come back equal, hostile ones are refused by name."""

import copy
import io
import json
import pathlib
import stat
import zipfile

import numpy as np
import pytest

from kformer.runs import load_keras

keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")


@keras.saving.register_keras_serializable("kformer-tests")
class Scale(keras.layers.Layer):
    """A custom layer with a weight."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale


@keras.saving.register_keras_serializable("kformer-tests")
class Classifier(keras.Model):
    """A small subclassed model with what kformer's models hold: configs of initialisers, policies, assets."""

    def __init__(self, units=3, kernel_initializer="zeros", regularizer=None, hidden=None, words=(), **keywords):
        super().__init__(**keywords)
        self.units, self.words = units, list(words)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.hidden = keras.saving.deserialize_keras_object(hidden) if isinstance(hidden, dict) else hidden
        self.head = keras.layers.Dense(
            units, kernel_initializer=self.kernel_initializer, kernel_regularizer=regularizer, dtype=self.dtype_policy
        )
        self.scale = Scale(dtype=self.dtype_policy)

    def build(self, shape):
        self.head.build(shape)
        self.scale.build((*shape[:-1], self.units))

    def call(self, inputs):
        return self.scale(self.head(inputs))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "regularizer": keras.regularizers.serialize(self.head.kernel_regularizer),
            "hidden": keras.saving.serialize_keras_object(self.hidden),
        }

    def save_assets(self, folder):
        pathlib.Path(folder, "words.txt").write_text("\n".join(self.words))

    def load_assets(self, folder):
        self.words = pathlib.Path(folder, "words.txt").read_text().split("\n")


@keras.saving.register_keras_serializable("kformer-tests")
class Stranger(keras.layers.Layer):
    """Registered in this process, but not given to load_keras."""


CLASSES = (Classifier, Scale)
INPUTS = np.arange(8, dtype="float32").reshape(2, 4)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A compiled model and its file."""
    model = Classifier(
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02, seed=1),
        regularizer=keras.regularizers.L2(0.1),
        hidden=keras.layers.Dense(2, activation="gelu", kernel_constraint=keras.constraints.MaxNorm(2)),
        words=["a", "b"],
        dtype=keras.DTypePolicy("mixed_bfloat16"),
    )
    model.build((None, 4))
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy())
    path = tmp_path_factory.mktemp("honest") / "model.keras"
    model.save(path)
    return model, path


def members(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, contents: dict[str, bytes], compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def forged(honest, tmp_path):
    """Makes a copy of the honest file with one object added to its config, or some members replaced."""

    def forge(intruder=None, weights=None, **replaced):
        contents = members(honest[1])
        if intruder is not None:
            config = json.loads(contents["config.json"])
            config["config"]["hidden"] = copy.deepcopy(intruder)
            contents["config.json"] = json.dumps(config).encode()
        if weights is not None:
            contents["model.weights.h5"] = weights
        return write(tmp_path / "forged.keras", {**contents, **replaced})

    return forge


def hdf5(fill) -> bytes:
    """The bytes of an HDF5 file that `fill` writes to."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def test_an_honest_subclassed_model_comes_back_equal(honest):
    model, path = honest
    loaded = load_keras(path, CLASSES)
    np.testing.assert_array_equal(np.array(loaded(INPUTS), "float32"), np.array(model(INPUTS), "float32"))
    assert loaded.dtype_policy.name == "mixed_bfloat16"
    assert loaded.head.kernel_regularizer.l2 == pytest.approx(0.1)
    assert loaded.words == ["a", "b"]


def test_a_model_comes_back_uncompiled(honest):
    assert load_keras(honest[1], CLASSES).compiled is False


def test_functional_and_sequential_models_come_back_equal(tmp_path):
    tokens = keras.Input((None,), dtype="int32")
    hidden = keras.layers.Embedding(9, 4)(tokens)
    hidden = keras.layers.LayerNormalization()(keras.layers.MultiHeadAttention(2, 2)(hidden, hidden))
    head = keras.Sequential([keras.layers.GlobalAveragePooling1D(), keras.layers.Dropout(0.1), keras.layers.Dense(2)])
    model = keras.Model(tokens, head(hidden))
    model.save(tmp_path / "model.keras")
    example = np.array([[1, 2, 3]])
    np.testing.assert_array_equal(load_keras(tmp_path / "model.keras")(example), model(example))


def test_every_listed_keras_class_exists():
    from keras.src.models.functional import Functional

    from kformer.runs.keras_config import KERAS_CLASSES

    for name in KERAS_CLASSES - {f"{Functional.__module__}.Functional"}:
        found = keras
        for part in name.split(".")[1:]:
            found = getattr(found, part)
        assert isinstance(found, type), name


INTRUDERS = {
    "a Lambda (CVE-2024-3660)": (
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"function": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}},
            "registered_name": None,
        },
        "keras.layers.Lambda",
    ),
    "a marshalled function on its own": ({"class_name": "__lambda__", "config": {"value": "4wEA"}}, "__lambda__"),
    "a function of any module (CVE-2025-1550)": (
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"},
        "os.system",
    ),
    "a class of any module": (
        {"module": "subprocess", "class_name": "Popen", "config": {"args": ["id"]}, "registered_name": None},
        "subprocess.Popen",
    ),
    "a download (CVE-2025-8747)": (
        {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"},
        "keras.utils.get_file",
    ),
    "a function given as a class": (
        {"module": "keras.utils", "class_name": "get_file", "config": {"fname": "x"}, "registered_name": None},
        "keras.utils.get_file",
    ),
    "the switch of safe mode (CVE-2025-9906)": (
        {
            "module": "keras.config",
            "class_name": "enable_unsafe_deserialization",
            "config": {},
            "registered_name": None,
        },
        "keras.config.enable_unsafe_deserialization",
    ),
    "a SavedModel of any path": (
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/x"}, "registered_name": None},
        "keras.layers.TFSMLayer",
    ),
    "a layer that reads any file": (
        {
            "module": "keras.layers",
            "class_name": "StringLookup",
            "config": {"vocabulary": "/etc/passwd"},
            "registered_name": None,
        },
        "keras.layers.StringLookup",
    ),
    "a pickled PyTorch module": (
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}, "registered_name": None},
        "keras.layers.TorchModuleWrapper",
    ),
    "a class by its place in Keras' source": (
        {"module": "keras.src.layers.core.lambda_layer", "class_name": "Lambda", "config": {}, "registered_name": None},
        "keras.src.layers.core.lambda_layer.Lambda",
    ),
    "an old config without a module": ({"class_name": "Lambda", "config": {}}, "Lambda"),
    "a class of keras_hub": (
        {"module": "keras_hub.layers", "class_name": "TokenAndPositionEmbedding", "config": {}},
        "keras_hub.layers.TokenAndPositionEmbedding",
    ),
    "a type specification": (
        {"class_name": "__typespec__", "spec_name": "X", "module": "os", "registered_name": None, "config": []},
        "os.__typespec__",
    ),
    "a registered class that was not given, behind a harmless name": (
        {
            "module": "keras.layers",
            "class_name": "Dense",
            "config": {"units": 1},
            "registered_name": "kformer-tests>Stranger",
        },
        "kformer-tests>Stranger",
    ),
    "an old config behind the name of a class that was given": (
        {"class_name": "Lambda", "config": {}, "registered_name": "kformer-tests>Scale"},
        "Lambda",
    ),
    "a class name that is a list": ({"class_name": ["Lambda"], "config": {}}, "['Lambda'] registered as ['Lambda']"),
}


@pytest.mark.parametrize("intruder, name", INTRUDERS.values(), ids=INTRUDERS)
def test_an_intruder_is_refused_by_name_and_place(forged, intruder, name):
    with pytest.raises(ValueError) as caught:
        load_keras(forged(intruder), CLASSES)
    message = str(caught.value)
    assert f"forged.keras` is not opened: it asks for `{name}` at config.config.hidden, which is not on" in message
    assert "\n" not in message


def test_an_intruder_is_found_at_any_depth(forged):
    nested = {"a": [{"b": INTRUDERS["a Lambda (CVE-2024-3660)"][0]}]}
    with pytest.raises(ValueError, match=r"`keras.layers.Lambda` at config.config.hidden.a\[0\].b,"):
        load_keras(forged(nested), CLASSES)


def test_an_intruder_in_a_build_config_is_found(honest, forged):
    config = json.loads(members(honest[1])["config.json"])
    config["build_config"] = INTRUDERS["a download (CVE-2025-8747)"][0]
    with pytest.raises(ValueError, match="`keras.utils.get_file` at config.build_config,"):
        load_keras(forged(**{"config.json": json.dumps(config).encode()}), CLASSES)


def test_a_hostile_compile_config_is_never_acted_on(honest, forged):
    config = json.loads(members(honest[1])["config.json"])
    config["compile_config"] = {"optimizer": INTRUDERS["a class of any module"][0]}
    assert load_keras(forged(**{"config.json": json.dumps(config).encode()}), CLASSES).compiled is False


def test_a_custom_class_that_was_not_given_is_refused(honest):
    with pytest.raises(ValueError, match="it asks for `kformer-tests>Classifier` at config,"):
        load_keras(honest[1], [Scale])


@pytest.mark.parametrize("name", ["../evil.txt", "assets/../../evil.txt", "/etc/evil", "assets\\..\\evil", "C:/evil"])
def test_a_member_that_leaves_the_archive_is_refused(forged, name):
    with pytest.raises(ValueError, match="is not opened: its member .*evil.* leaves the archive"):
        load_keras(forged(**{name: b"x"}), CLASSES)


def test_a_symbolic_link_in_the_archive_is_refused(forged):
    path = forged()
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="its member `assets/link` is a symbolic link"):
        load_keras(path, CLASSES)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(forged):
    path = forged()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match="its member `config.json` occurs 2 times"):
        load_keras(path, CLASSES)


def test_a_member_that_does_not_belong_is_refused(forged):
    with pytest.raises(ValueError, match="its member `model.weights.npz` is none of config.json, metadata.json"):
        load_keras(forged(**{"model.weights.npz": b"x"}), CLASSES)


def test_a_member_that_expands_enormously_is_refused(forged, tmp_path):
    contents = {**members(forged()), "assets/zeros.txt": bytes(20 * 2**20)}
    path = write(tmp_path / "bomb.keras", contents, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"its member `assets/zeros.txt` would expand from \d+ to 20971520 bytes"):
        load_keras(path, CLASSES)


def test_an_enormous_config_is_refused(forged, monkeypatch):
    monkeypatch.setattr("kformer.runs.keras_file._MAX_CONFIG_BYTES", 100)
    with pytest.raises(ValueError, match=r"its `config.json` has \d+ bytes, and at most 100 are read"):
        load_keras(forged(), CLASSES)


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5"])
def test_a_missing_member_is_named(honest, tmp_path, missing):
    contents = members(honest[1])
    del contents[missing]
    with pytest.raises(ValueError, match=f"it has no member `{missing}`, which every model saved by Keras 3 has"):
        load_keras(write(tmp_path / "model.keras", contents), CLASSES)


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000], ids=["cut", "binary", "deep"])
def test_a_config_that_is_not_json_is_refused(forged, text):
    with pytest.raises(ValueError, match="its `config.json` is not JSON"):
        load_keras(forged(**{"config.json": text}), CLASSES)


@pytest.mark.parametrize("text", [b"[]", b"{}", b"3"])
def test_a_config_that_is_not_a_model_is_refused(forged, text):
    with pytest.raises(ValueError, match="its `config.json` does not describe a model"):
        load_keras(forged(**{"config.json": text}), CLASSES)


def test_an_old_hdf5_model_is_refused(tmp_path):
    (tmp_path / "model.keras").write_bytes(hdf5(lambda file: file.attrs.create("model_config", "{}")))
    with pytest.raises(ValueError, match="it is not a whole `.keras` archive .*old HDF5 model"):
        load_keras(tmp_path / "model.keras", CLASSES)


def test_a_file_that_was_cut_off_is_refused(honest, tmp_path):
    content = honest[1].read_bytes()
    (tmp_path / "model.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="it is not a whole `.keras` archive .*unfinished copy"):
        load_keras(tmp_path / "model.keras", CLASSES)


def test_a_file_with_a_flipped_bit_is_refused(honest, tmp_path):
    content = bytearray(honest[1].read_bytes())
    content[content.find(b"kernel_initializer")] ^= 1
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(ValueError, match="it is not a whole `.keras` archive .*CRC"):
        load_keras(tmp_path / "model.keras", CLASSES)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="there is no model file .*model.keras`: give the `model.keras` of a run"
    ):
        load_keras(tmp_path / "model.keras")


def external_link(file):
    file["layers"] = h5py.ExternalLink("/etc/secret.h5", "/")


def soft_link(file):
    file["deep/vars/0"] = np.zeros(3)
    file["deep/alias"] = h5py.SoftLink("/deep/vars/0")


def external_data(file):
    file.create_dataset("vars/0", (4,), "uint8", external=[("/etc/hostname", 0, 4)])


def virtual_data(file):
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource("/etc/secret.h5", "x", (3,))
    file.create_virtual_dataset("vars/0", layout)


def shape_bomb(file):
    file.create_dataset("vars/0", (2**30, 2**10), "float32", chunks=(2**10, 2**10), compression="gzip")


def strings(file):
    file.create_dataset("vars/0", data=["a"], dtype=h5py.string_dtype())


@pytest.mark.parametrize(
    "fill, message",
    [
        (external_link, "its weights hold a ExternalLink at `layers`, which points elsewhere"),
        (soft_link, "its weights hold a SoftLink at `deep/alias`, which points elsewhere"),
        (external_data, "its weights at `vars/0` are stored in another file"),
        (virtual_data, "its weights at `vars/0` are stored in another file"),
        (shape_bomb, "its weights at `vars/0` would expand from 0 to 4398046511104 bytes"),
        (strings, "its weights at `vars/0` are object, not numbers"),
    ],
)
def test_weights_that_point_elsewhere_or_explode_are_refused(forged, fill, message):
    with pytest.raises(ValueError, match=message):
        load_keras(forged(weights=hdf5(fill)), CLASSES)


def test_weights_that_are_not_hdf5_are_refused(forged):
    with pytest.raises(ValueError, match="its `model.weights.h5` cannot be read"):
        load_keras(forged(weights=b"no weights at all"), CLASSES)


def test_weights_of_another_model_are_refused_in_one_line(forged):
    with pytest.raises(ValueError, match="its config and weights do not fit: ") as caught:
        load_keras(forged(weights=hdf5(lambda file: file.create_group("head/vars"))), CLASSES)
    assert "\n" not in str(caught.value)
