"""What the tasks share that read images."""

import numpy as np

from kformer.data.image_augmentation import AugmentationSettings
from kformer.data.previewing import preview
from kformer.tasks.image_inputs import read_images
from kformer.tasks.task import Task


class ImageTask(Task):
    """A task whose processor is an `ImageProcessor`, and whose inputs are images: paths, bytes or arrays.

    A task defines `settings` beside what `Task` asks for.
    """

    input_names = ("image",)

    @classmethod
    def from_recipe(cls, train, init, recipe):
        settings = {**cls.settings(train, recipe), **recipe.task_options()}
        if init != "none":
            return cls.from_pretrained(init, **settings)
        return cls.from_scratch(variant=recipe.variant, patch_size=recipe.patch_size, **settings)

    @classmethod
    def settings(cls, train, recipe):
        """What the constructors of this task take beside `ImageRecipe.task_options`: a dict.

        Args:
            train: `kformer.data.Examples`.
            recipe: the task's recipe.
        """
        raise NotImplementedError

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
