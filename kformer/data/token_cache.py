"""Token ids of a whole data set on disk, memory-mapped: tokenised once, read at random."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np

CHUNK = 4096  # examples tokenised at a time


@dataclasses.dataclass(frozen=True)
class TokenCache:
    """The ids of all examples, one after the other, and where each begins.

    Attributes:
        ids: int32 (total,), memory-mapped.
        offsets: int64 (n + 1,); example i is `ids[offsets[i] : offsets[i + 1]]`.
        first_lengths: int32 (n,), ids up to and with the first [SEP].
        full_lengths: int32 (n,), the lengths before cutting.
    """

    ids: np.ndarray
    offsets: np.ndarray
    first_lengths: np.ndarray
    full_lengths: np.ndarray

    @property
    def lengths(self):
        """int64 (n,), ids per example."""
        return np.diff(self.offsets)

    @property
    def num_truncated(self):
        """int, examples that were cut."""
        return int(np.sum(self.full_lengths > self.lengths))

    def rows(self, indices, width):
        """Some examples as a padded batch.

        Args:
            indices: (batch,) ints.
            width: int, at least the longest of them.

        Returns:
            `token_ids` int32 (batch, width) with zeros behind the end, and `padding_mask` bool (batch, width).
        """
        lengths = self.offsets[indices + 1] - self.offsets[indices]
        mask = np.arange(width) < lengths[:, None]
        token_ids = np.zeros((len(indices), width), "int32")
        token_ids[mask] = np.concatenate([self.ids[self.offsets[i] : self.offsets[i + 1]] for i in indices])
        return token_ids, mask


def open_token_cache(folder, key, encode, num_examples, texts):
    """The cache called `key`, made if it is not there.

    Args:
        folder: path under which caches live.
        key: str, a hash of the examples and of the processor.
        encode: function of a list of examples that returns `EncoderTokenizer.encode_framed`'s dict.
        num_examples: int.
        texts: function `(start, stop)` that returns the arguments of `encode` for these examples.

    Returns:
        `TokenCache`.
    """
    path = Path(folder) / "tokens" / f"{key}.npz.d"
    if not path.exists():
        _write(path, encode, num_examples, texts)
    arrays = {
        field.name: np.load(path / f"{field.name}.npy", mmap_mode="r") for field in dataclasses.fields(TokenCache)
    }
    # Only the ids are large; the rest is indexed at every batch.
    return TokenCache(**{name: array if name == "ids" else np.asarray(array) for name, array in arrays.items()})


def _write(path, encode, num_examples, texts):
    """Tokenises beside the cache's place, then puts the folder there in one rename; a failure leaves nothing behind."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.mkdir(parents=True, exist_ok=True)
    try:
        _tokenise(temporary, encode, num_examples, texts)
        temporary.rename(path)
    except OSError:
        # Another process may have been quicker; its cache has the same key and so the same content.
        if not path.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _tokenise(folder, encode, num_examples, texts):
    """Writes the arrays of a cache; the ids go to the disk in chunks, so that memory stays bounded."""
    none = np.zeros(0, "int32")
    lengths, first_lengths, full_lengths = [none], [none], [none]
    with open(folder / "raw", "wb") as raw:
        for start in range(0, num_examples, CHUNK):
            encoded = encode(*texts(start, min(start + CHUNK, num_examples)))
            raw.write(encoded["token_ids"].flat_values.numpy().astype("int32").tobytes())
            lengths.append(encoded["token_ids"].row_lengths().numpy())
            first_lengths.append(encoded["first_length"].numpy())
            full_lengths.append(encoded["length"].numpy())
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype("int64")
    _raw_to_npy(folder / "raw", folder / "ids.npy", int(offsets[-1]))
    np.save(folder / "offsets.npy", offsets)
    np.save(folder / "first_lengths.npy", np.concatenate(first_lengths).astype("int32"))
    np.save(folder / "full_lengths.npy", np.concatenate(full_lengths).astype("int32"))


def _raw_to_npy(raw, target, size):
    """Puts NumPy's header before the raw ids, without reading them into memory."""
    array = np.lib.format.open_memmap(target, mode="w+", dtype="int32", shape=(size,))
    array[:] = np.memmap(raw, dtype="int32", mode="r", shape=(size,)) if size else []
    array.flush()
    raw.unlink()
