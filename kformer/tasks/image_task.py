"""What the tasks share that read images."""

import numpy as np

from kformer.data.image_augmentation import AugmentationSettings
from kformer.data.previewing import preview
from kformer.tasks.image_inputs import read_images
from kformer.tasks.task import Task


class ImageTask(Task):
    """A task whose processor is an `ImageProcessor`, and whose inputs are images: paths, bytes or arrays."""

    input_names = ("image",)

    def data_report(self, train):
        return {}

    def data_notes(self, train):
        return (self.processor.store(train).note,)

    def preview(self, train, recipe):
        settings = AugmentationSettings(self.processor.kind, **recipe.augmentation_options())
        return preview(train, settings, self.processor.image_size, self.processor.fit, seed=recipe.seed)

    @property
    def empty_input(self):
        return np.zeros((1, 1, 3), "uint8")

    def read_inputs(self, inputs):
        return [read_images(inputs)]
