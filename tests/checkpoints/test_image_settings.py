"""preprocessor_config.json, in the forms in which it comes, and back."""

import json

import pytest

from kformer.checkpoints import ImageSettings, read_image_settings, write_image_settings

HALF = (0.5, 0.5, 0.5)


@pytest.fixture
def read(tmp_path):
    """Writes a configuration and reads its settings."""

    def read(**config):
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
        return read_image_settings(tmp_path)

    return read


def test_a_file_of_today_says_all(read):
    settings = read(
        image_processor_type="ViTImageProcessor",
        size={"height": 32, "width": 48},
        resample=3,
        rescale_factor=0.5,
        image_mean=[0.1],
        image_std=[0.2],
    )
    assert settings == ImageSettings((32, 48), resampling="bicubic", scale=0.5, mean=(0.1,), std=(0.2,))


def test_an_old_file_gives_one_number_for_both_sides(read):
    settings = read(feature_extractor_type="ViTFeatureExtractor", size=384, resample=2)
    assert settings == ImageSettings((384, 384))


def test_an_old_deit_keeps_the_center(read):
    settings = read(feature_extractor_type="DeiTFeatureExtractor", size=256, crop_size=224, do_center_crop=True)
    assert settings == ImageSettings((256, 256), crop_size=(224, 224), resampling="bicubic")


def test_a_deit_that_says_nothing_is_as_its_class(read):
    assert read(image_processor_type="DeiTImageProcessorFast") == ImageSettings(
        (256, 256), crop_size=(224, 224), resampling="bicubic"
    )


@pytest.mark.parametrize(
    "size", [{"size": 800, "max_size": 1333}, {"size": {"shortest_edge": 800, "longest_edge": 1333}}, {}]
)
def test_a_yolos_keeps_the_proportion(read, size):
    settings = read(image_processor_type="YolosImageProcessor", **size)
    assert (settings.size, settings.shortest_edge, settings.longest_edge) == (None, 800, 1333)
    assert settings.mean == (0.485, 0.456, 0.406)


def test_what_is_switched_off_changes_nothing(read):
    settings = read(image_processor_type="ViTImageProcessor", do_resize=False, do_rescale=False, do_normalize=False)
    assert settings == ImageSettings(None, scale=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("vit", ImageSettings()),
        ("vit", ImageSettings(None, mean=(0.5,), std=(0.3,))),
        ("deit", ImageSettings((48, 64), crop_size=(40, 40), resampling="bicubic", mean=HALF)),
        ("deit", ImageSettings((48, 64))),
        ("yolos", ImageSettings(None, shortest_edge=512, longest_edge=864, scale=1.0)),
        ("yolos", ImageSettings(None, shortest_edge=512)),
    ],
)
def test_settings_are_read_as_they_were_written(family, settings, tmp_path):
    write_image_settings(tmp_path, settings, family)
    assert read_image_settings(tmp_path) == settings


def test_a_folder_needs_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no preprocessor_config.json in"):
        read_image_settings(tmp_path)


def test_another_processor_is_refused(read):
    with pytest.raises(ValueError, match="is of the type 'BlipImageProcessor', which cannot be read. Accepted: ViTIm"):
        read(image_processor_type="BlipImageProcessor")


@pytest.mark.parametrize(
    "config", [{"size": {"height": 3}}, {"size": "large"}, {"resample": 9}, {"image_mean": 0.5}, {"image_std": [0.5]}]
)
def test_a_file_that_makes_no_sense_is_named(read, config):
    with pytest.raises(ValueError, match=r"preprocessor_config.json cannot be read \(.*\): fetch or write it again"):
        read(image_processor_type="ViTImageProcessor", **config)


def test_a_family_without_a_processor_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`family` must be one of vit, deit, yolos, clip. Received: family='cct'"):
        write_image_settings(tmp_path, ImageSettings(), "cct")


def test_a_size_and_an_edge_contradict():
    with pytest.raises(ValueError, match=r"set one or the other. Received: size=\(9, 9\), shortest_edge=8"):
        ImageSettings((9, 9), shortest_edge=8)


def test_an_unknown_filter_lists_the_known():
    with pytest.raises(ValueError, match="`resampling` must be one of nearest, .* Received: resampling='cubic'"):
        ImageSettings(resampling="cubic")


@pytest.mark.parametrize("std", [(0.5,), (0.5, 0.5, 0.0)])
def test_each_channel_has_a_mean_and_a_deviation(std):
    with pytest.raises(ValueError, match="must have one number per channel, and those of `std` be above 0"):
        ImageSettings(std=std)
