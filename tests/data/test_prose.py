"""What a docstring says in words."""

import pytest

from kformer.data.prose import mask_names, prose


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        ("add(x1, x2, /, out=None)\n\nAdd arguments.", "Add arguments."),
        ("Sum.\n\n>>> np.sum([1])\n1\n\nMore.", "Sum. More."),
        ("Sum.\n\n```python\nsum(x)\n```\nMore.", "Sum. More."),
        ("Sum.\n\nParameters\n----------\nx : array_like", "Sum. Parameters x : array_like"),
        (".. versionadded:: 1.2\nSum of :math:`x`, see [1]_.", "Sum of x, see."),
        ("See [the guide](https://example.org/a) or https://example.org.", "See the guide or"),
        ("Fit. Read more in the :ref:`User Guide <svm>`.", "Fit."),
        ("A `Tensor` of **floats**.", "A Tensor of floats."),
    ],
)
def test_code_and_markup_are_left_out(docstring, words):
    assert prose(docstring) == words


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a NumPy array", "a library array"),
        ("call np.linalg.norm or tf.math.add", "call library or library"),
        ("like keras.layers.Dense.", "like library."),
        ("tensorflow.keras and tf_keras", "library and library"),
        ("scikit-learn, scikit-learn's, sklearn", "library, library's, library"),
        ("a TFRecord file, TF-TRT, TF2, tfds", "a library file, library-TRT, library, library"),
        ("convert_to_numpy(x)", "library(x)"),
        ("the tf-idf of a term", "the term-frequency idf of a term"),
        ("a span of input, a shelf", "a span of input, a shelf"),
    ],
)
def test_names_of_libraries_are_masked(text, masked):
    assert mask_names(text) == masked
