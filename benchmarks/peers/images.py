"""The images and the settings that every side of the image benchmark shares."""

import io
import zipfile

import numpy as np

BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, WARM_UP = 64, 1e-3, 0.05, 0.1
IMAGE_SIZE, PATCH_SIZE, NUM_LAYERS, WIDTH, NUM_HEADS = 32, 4, 6, 192, 3
# Long enough for any measurement of speed alone.
MANY_EPOCHS = 50


def read_zip(path):
    """Read `(images, targets, names)` from a zip of class folders: uint8 (n, 32, 32, 3) and int32 (n,)."""
    from PIL import Image

    with zipfile.ZipFile(path) as archive:
        files = [name for name in archive.namelist() if name.endswith((".jpg", ".png"))]
        images = np.stack([np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in files])
    folders = [name.split("/")[-2] for name in files]
    names = sorted(set(folders))
    return images, np.array([names.index(folder) for folder in folders], "int32"), names
