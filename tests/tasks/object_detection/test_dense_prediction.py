import numpy as np
import pytest

from kformer.tasks.object_detection.dense_prediction import DensePrediction, focal_loss, places

SIZE, STRIDES = (64, 96), (8, 16, 32)


@pytest.fixture
def prediction():
    return DensePrediction(SIZE, num_classes=3, patch_size=16)


def boxes_of(seed, count=6):
    random = np.random.default_rng(seed)
    sides = np.exp(random.uniform(np.log(6), np.log(90), (2, count, 2)))
    corner = random.uniform(-5, 60, sides.shape)
    boxes = np.concatenate([corner, corner + sides], axis=-1).astype("float32")
    classes = random.integers(0, 3, (2, count)).astype("int32")
    classes[1, 3:] = -1
    return classes, boxes


def naive_assignment(classes, boxes):
    """The class and the box of each place, by loops over places and boxes."""
    found_classes, found_boxes = [], []
    for stride in STRIDES:
        least, most = {8: (0, 32), 16: (32, 64), 32: (64, np.inf)}[stride]
        for row in range(-(-SIZE[0] // stride)):
            for column in range(-(-SIZE[1] // stride)):
                x, y = (column + 0.5) * stride, (row + 0.5) * stride
                best = None
                for number, (x0, y0, x1, y1) in zip(classes, boxes, strict=True):
                    fits = number >= 0 and x0 < x < x1 and y0 < y < y1
                    fits &= least < max(x1 - x0, y1 - y0) / 2 <= most
                    fits &= max(abs(x - (x0 + x1) / 2), abs(y - (y0 + y1) / 2)) < 1.5 * stride
                    area = (x1 - x0) * (y1 - y0)
                    if fits and (best is None or area < best[0]):
                        best = area, number, (x0, y0, x1, y1)
                found_classes.append(-1 if best is None else best[1])
                found_boxes.append((0, 0, 0, 0) if best is None else best[2])
    return np.array(found_classes), np.array(found_boxes)


def test_places_are_the_middles_of_their_cells():
    middles, strides, level = places((32, 48), 16, STRIDES)
    # The map of stride 32 reaches over the right edge: 48 pixels are one and a half of its cells.
    assert [np.count_nonzero(level == number) for number in range(3)] == [24, 6, 2]
    np.testing.assert_array_equal(middles[[0, 1, 24, 30, 31]], [[4, 4], [12, 4], [8, 8], [16, 16], [48, 16]])
    np.testing.assert_array_equal(strides[[0, 24, 31]], [8, 16, 32])


@pytest.mark.parametrize("seed", range(5))
def test_the_assignment_is_that_of_loops(prediction, seed):
    classes, boxes = boxes_of(seed)
    ours, at = (np.asarray(part) for part in prediction.assign(classes, boxes))
    for image in range(2):
        expected, theirs = naive_assignment(classes[image], boxes[image])
        np.testing.assert_array_equal(ours[image], expected)
        np.testing.assert_allclose(at[image][expected >= 0], theirs[expected >= 0])


def outputs_of(seed=0, batch=2):
    random = np.random.default_rng(seed)
    count = len(places(SIZE, 16, STRIDES)[0])
    return {
        "logits": random.normal(size=(batch, count, 3)).astype("float32"),
        "distances": random.uniform(0.2, 3, (batch, count, 4)).astype("float32"),
        "centerness": random.normal(size=(batch, count)).astype("float32"),
    }


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_loss(prediction, classes, boxes, outputs):
    """The loss of one image, place by place."""
    its_class, its_box = naive_assignment(classes, boxes)
    focal = center = overlap = weight = 0.0
    for place, (number, box) in enumerate(zip(its_class, its_box, strict=True)):
        for label in range(3):
            p = sigmoid(outputs["logits"][place, label])
            focal -= 0.25 * (1 - p) ** 2 * np.log(p) if label == number else 0.75 * p**2 * np.log(1 - p)
        if number < 0:
            continue
        (x, y), stride = prediction.middles[place], prediction.strides[place]
        left, top, right, bottom = x - box[0], y - box[1], box[2] - x, box[3] - y
        central = np.sqrt(min(left, right) / max(left, right) * min(top, bottom) / max(top, bottom))
        p = sigmoid(outputs["centerness"][place])
        center -= central * np.log(p) + (1 - central) * np.log(1 - p)
        reach = outputs["distances"][place] * stride
        ours = (x - reach[0], y - reach[1], x + reach[2], y + reach[3])
        from tests.tasks.object_detection.test_boxes import giou_of_two

        overlap += central * (1 - giou_of_two(ours, box)[1])
        weight += central
    count = max(np.count_nonzero(its_class >= 0), 1)
    return (focal + center) / count + overlap / max(weight, 1e-6)


def test_the_loss_is_that_of_loops(prediction):
    classes, boxes = boxes_of(1)
    outputs = outputs_of()
    losses = np.asarray(prediction.losses({"classes": classes, "boxes": boxes}, outputs))
    for image in range(2):
        expected = naive_loss(prediction, classes[image], boxes[image], {k: v[image] for k, v in outputs.items()})
        assert losses[image] == pytest.approx(expected, rel=1e-4)


def test_an_image_without_boxes_has_the_loss_of_what_is_found_there(prediction):
    nothing = {"classes": np.full((2, 1), -1, "int32"), "boxes": np.zeros((2, 1, 4), "float32")}
    outputs = outputs_of()
    losses = np.asarray(prediction.losses(nothing, outputs))
    np.testing.assert_allclose(
        losses, np.sum(focal_loss(np.zeros((), "float32"), outputs["logits"]), axis=(1, 2)), rtol=1e-5
    )


def test_the_box_that_is_to_be_found_has_no_loss(prediction):
    classes, boxes = np.array([[1]], "int32"), np.array([[[20, 10, 60, 50]]], "float32")
    its_class, its_box = prediction.assign(classes, boxes)
    distances = np.abs(np.concatenate([prediction.middles] * 2, axis=-1) - its_box[0]) / prediction.strides[:, None]
    found = np.asarray(prediction.boxes_at(distances[None].astype("float32")))
    is_object = np.asarray(its_class[0]) >= 0
    np.testing.assert_allclose(found[0][is_object], np.tile(boxes[0], (is_object.sum(), 1)), atol=1e-4)
