"""The source `docstrings`: which library does this docstring come from? Real text on every machine, no download.

The text is that of public functions and classes of the libraries that kformer stands on, without code and with the
names of the libraries masked. Whole public modules are held out (scipy.stats and scipy.stats.qmc are two), so that
nothing is learnt from a module's other functions.
"""

import contextlib
import hashlib
import importlib
import importlib.metadata
import inspect
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc

from kformer.data.cache import cached_table
from kformer.data.prose import prose
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading

# Examples of one library in each part: 2,000 and 500 in all, which two cores train on twice in a few minutes.
MOST_PER_CLASS = {TRAIN: 400, VALIDATION: 100}
_HELD_OUT = 0.2
_LEAST_WORDS = 5
_FORMAT = 2  # raise it when what is collected changes, so that tables kept from before are not used

# Public modules of each library. Left out are tf.keras, tf.compat, tf.raw_ops and tf.experimental.numpy, which repeat
# other libraries.
_MODULES = {
    "numpy": "fft linalg ma polynomial polynomial.chebyshev polynomial.hermite polynomial.hermite_e "
    "polynomial.laguerre polynomial.legendre polynomial.polynomial random strings char rec lib.format lib.scimath "
    "lib.stride_tricks lib.introspect ctypeslib exceptions testing",
    "scipy": "cluster.hierarchy cluster.vq constants datasets differentiate fft fftpack integrate interpolate io "
    "io.arff io.wavfile linalg ndimage odr optimize optimize.elementwise signal signal.windows sparse sparse.csgraph "
    "sparse.linalg spatial spatial.distance spatial.transform special stats stats.contingency stats.mstats stats.qmc "
    "stats.sampling",
    "sklearn": "base calibration cluster compose covariance cross_decomposition datasets decomposition "
    "discriminant_analysis dummy ensemble exceptions feature_extraction feature_extraction.image "
    "feature_extraction.text feature_selection frozen gaussian_process gaussian_process.kernels impute inspection "
    "isotonic kernel_approximation kernel_ridge linear_model manifold metrics metrics.cluster metrics.pairwise "
    "mixture model_selection multiclass multioutput naive_bayes neighbors neural_network pipeline preprocessing "
    "random_projection semi_supervised svm tree utils utils.class_weight utils.extmath utils.graph utils.multiclass "
    "utils.random utils.sparsefuncs utils.validation",
    "tensorflow": "audio autodiff autograph bitwise config data data.experimental debugging distribute dtypes errors "
    "feature_column graph_util image io io.gfile linalg linalg.experimental lite lookup math math.special nest "
    "nn nn.experimental profiler quantization queue ragged random random.experimental saved_model sets signal sparse "
    "strings summary sysconfig test tpu train train.experimental types.experimental xla",
    "keras": "activations applications applications.mobilenet applications.resnet backend callbacks config "
    "constraints datasets distillation distribution dtype_policies export initializers layers losses metrics "
    "mixed_precision models ops ops.image ops.linalg ops.nn ops.numpy optimizers optimizers.schedules preprocessing "
    "quantizers random regularizers saving tree utils visualization wrappers",
}
# The modules below these repeat one another, a kind of series each: they are held out together.
_REPETITIVE = ("numpy.polynomial",)
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def read_docstrings(options: Options) -> Reading:
    """Reads one part of the docstrings, "train" unless told otherwise: columns text, label, module and name."""
    split = chosen_part("docstrings", options, MOST_PER_CLASS)
    versions, missing = _versions()
    key = hashlib.sha256(repr((_FORMAT, sorted(versions.items()))).encode()).hexdigest()[:16]
    table = cached_table(f"docstrings/{key}.parquet", lambda: _collect(versions))
    part = table.filter(pc.equal(table["part"], split)).drop_columns("part")
    notes = tuple(f"docstrings: {library} is left out, as it is not installed" for library in missing)
    return Reading(part, "docstrings", notes=notes)


def _versions() -> tuple[dict[str, str], list[str]]:
    """Returns the version of each library that is installed, and the libraries that are not."""
    versions, missing = {}, []
    for library in _MODULES:
        try:
            versions[library] = importlib.metadata.version(_DISTRIBUTIONS.get(library, library))
        except importlib.metadata.PackageNotFoundError:
            missing.append(library)
    return versions, missing


def _collect(libraries: Iterable[str]) -> pa.Table:
    found: dict[str, list[dict]] = {}
    with warnings.catch_warnings():
        # Looking at a deprecated name warns; here nobody uses it.
        warnings.simplefilter("ignore")
        # All modules are imported before any text is read: scipy.stats rewrites the docstring of numpy.sinc.
        modules = {library: _public_modules(library) for library in libraries}
        for library in libraries:
            for row in _docstrings(library, modules[library]):
                found.setdefault(row["text"], []).append(row)
    # What several libraries say belongs to none of them; a text under several names counts once.
    rows = [same[0] for same in found.values() if len({row["label"] for row in same}) == 1]
    chosen = [row for library in libraries for row in _choose([row for row in rows if row["label"] == library])]
    return pa.Table.from_pylist(sorted(chosen, key=lambda row: _draw(row["label"], row["module"], row["name"])))


def _choose(rows: list[dict]) -> list[dict]:
    """Divides the rows of one library into parts by module, and draws as many of each part as are wanted."""
    rows = sorted(rows, key=lambda row: _draw(row["module"], row["name"]))
    held_out = _held_out_modules(rows)
    train = [row | {"part": TRAIN} for row in rows if row["module"] not in held_out]
    validation = [row | {"part": VALIDATION} for row in rows if row["module"] in held_out]
    return train[: MOST_PER_CLASS[TRAIN]] + validation[: MOST_PER_CLASS[VALIDATION]]


def _draw(*names: str) -> str:
    """A random number that is the same on every machine and whatever else there is: the hash of the names."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _held_out_modules(rows: list[dict]) -> set[str]:
    """Chooses modules that hold about a fifth of the rows."""
    sizes = Counter(row["module"] for row in rows)
    room, modules = _HELD_OUT * len(rows), set()
    for module in sorted(sizes, key=_draw):
        if sizes[module] <= room:
            modules.add(module)
            room -= sizes[module]
    return modules


def _public_modules(library: str) -> list[tuple[str, ModuleType]]:
    """Returns (path, module), the deepest first."""
    root = importlib.import_module(library)
    modules = [(f"{library}.{path}".rstrip("."), _submodule(root, path)) for path in (*_MODULES[library].split(), "")]
    present = [(path, module) for path, module in modules if module is not None]
    return sorted(present, key=lambda place: place[0].count("."), reverse=True)


def _docstrings(library: str, modules: list[tuple[str, ModuleType]]) -> Iterator[dict]:
    """Yields {"text", "label", "module", "name"} of the public functions and classes of a library, each once."""
    seen: set[int] = set()
    for path, name, member in _homes_first(library, modules):
        if id(member) in seen:
            continue
        seen.add(id(member))
        text = prose(inspect.cleandoc(member.__doc__)) if isinstance(member.__doc__, str) else ""
        if len(text.split()) >= _LEAST_WORDS:
            yield {"text": text, "label": library, "module": _held_out_with(path), "name": name}


def _homes_first(library: str, modules: list[tuple[str, ModuleType]]) -> list[tuple[str, str, object]]:
    """Returns (path, name, member): where a member is defined, then, in the order of the modules, where else it is."""
    places = [
        (path, name, member)
        for path, module in modules
        for name, member in _public_members(module)
        if _is_own(member, library)
    ]
    # sklearn.calibration imports LinearSVC, which belongs to sklearn.svm.
    return sorted(places, key=lambda place: not _is_home(place[0], _owner(place[2], library), library))


def _is_home(path: str, owner: str, library: str) -> bool:
    """Whether the module at `path` defines what `owner` defines; all of a library lies below its root."""
    return owner == path or (path != library and owner.startswith(f"{path}."))


def _held_out_with(path: str) -> str:
    return next((whole for whole in _REPETITIVE if path.startswith(f"{whole}.")), path)


def _submodule(root: ModuleType, path: str) -> ModuleType | None:
    """Returns a module below `root`, or None in a version that does not have it."""
    module = root
    for name in filter(None, path.split(".")):
        if not hasattr(module, name):
            try:
                importlib.import_module(f"{module.__name__}.{name}")
            except ImportError:
                return None
        module = getattr(module, name)
    return module


def _public_members(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name in sorted(getattr(module, "__all__", None) or dir(module)):
        # Some are announced and refuse to be looked at: scikit-learn's experimental ones.
        with contextlib.suppress(ImportError, AttributeError):
            if not name.startswith("_"):
                yield name, getattr(module, name)


def _is_own(member, library: str) -> bool:
    callable_kinds = inspect.isclass(member) or inspect.isroutine(member) or type(member).__name__ == "ufunc"
    return callable_kinds and _owner(member, library).split(".")[0] == library


def _owner(member, library: str) -> str:
    return getattr(member, "__module__", None) or library
