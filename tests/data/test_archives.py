"""Archives, unpacked into the cache."""

import io
import stat
import tarfile
import zipfile

import pytest

import kformer.data as kd
from kformer.data.cache import cache_folder
from kformer.data.sources import Options, part_names, read
from kformer.data.sources.archives import unpack
from tests.data.images.pictures import encoded, picture

IMAGES = Options(required=("image", "label"))


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path / "cache"))


def zipped(entries):
    """A zip of {name or ZipInfo: content}; the same for the same entries, whatever the time is."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def tarred(entries, mode="w", kind=tarfile.REGTYPE):
    """A tar of {name: content}."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, "elsewhere"
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


PETS = {f"{pet}/{seed}.png": encoded(picture(seed=seed)) for pet in ("cat", "dog") for seed in range(3)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pets.zip", zipped(PETS)),
        ("pets.tar", tarred(PETS)),
        ("pets.tar.gz", tarred(PETS, "w:gz")),
        ("pets.TGZ", tarred(PETS, "w:gz")),
        ("pets.zip", zipped({f"pets/{name}": content for name, content in PETS.items()})),
        ("pets.zip", zipped({f"a/b/{name}": content for name, content in PETS.items()} | {"__MACOSX/a": b"x"})),
    ],
)
def test_an_archive_is_read_like_its_folder(write, name, content):
    examples = kd.load(write(name, content), required=("image", "label"))
    assert (len(examples), examples.labels) == (6, ("cat", "dog"))


def test_an_archive_may_have_parts(write):
    parts = {f"{part}/{name}": content for part in ("train", "val") for name, content in PETS.items()}
    path = write("pets.zip", zipped(parts))
    assert part_names(path, IMAGES) == ("train", "validation")
    assert len(kd.load_splits(path, required=("image", "label"))[1]) == 6


def test_what_is_wrong_in_an_archive_names_the_archive(write):
    path = write("pets.zip", zipped({"cat/1.png": "x", "dog/1.png": "x"}))
    with pytest.raises(ValueError, match=f"^{path} is one whole, it has no part 'train'"):
        read(path, Options("train"))


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_parts_may_be_archives(write, tmp_path, ending):
    content = {"zip": zipped(PETS), "tar.gz": tarred(PETS, "w:gz")}[ending]
    write(f"train.{ending}", content)
    write(f"validation.{ending}", content)
    assert [len(part) for part in kd.load_splits(tmp_path, required=("image", "label"))] == [6, 6]


def test_texts_may_be_in_an_archive(write):
    assert len(kd.load(write("a.zip", zipped({"good/1.txt": "fine", "bad/1.txt": "awful"})))) == 2


def test_one_file_in_an_archive_is_read_as_that_file(write):
    path = write("a.zip", zipped({"reviews.csv": "text,label\na b,x\nc d,y\n"}))
    assert read(path, Options()).table.num_rows == 2
    assert read(path, Options()).file == str(path)


def test_paths_in_a_table_begin_in_the_archive(write):
    path = write("a.zip", zipped({"train.csv": "path,label\ncat/0.png,a\ndog/1.png,b\n", **PETS}))
    assert kd.load(path, required=("image", "label")).values("image")[0].endswith("/cat/0.png")


def test_an_archive_is_unpacked_once_by_its_content(write):
    folder = unpack(write("a.zip", zipped(PETS)))
    (folder / "cat/0.png").unlink()
    assert unpack(write("copy.zip", zipped(PETS))) == folder
    assert not (folder / "cat/0.png").exists()
    assert unpack(write("a.zip", zipped(PETS | {"more.txt": b"x"}))) != folder


def link(kind):
    info = zipfile.ZipInfo("cat/link.png")
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "content", "entry", "reason"),
    [
        ("a.zip", zipped(PETS | {"../evil.png": b"x"}), "../evil.png", "would be written outside"),
        ("a.zip", zipped(PETS | {"cat/../../evil.png": b"x"}), "cat/../../evil.png", "would be written outside"),
        ("a.zip", zipped({"/tmp/evil.png": b"x"}), "/tmp/evil.png", "would be written outside"),
        ("a.zip", zipped({"..\\evil.png": b"x"}), "..\\\\evil.png", "would be written outside"),
        ("a.zip", zipped({"C:\\evil.png": b"x"}), "C:\\\\evil.png", "would be written outside"),
        ("a.zip", zipped({link(stat.S_IFLNK): b"/etc/passwd"}), "cat/link.png", "is a link or a device"),
        ("a.tar", tarred({"../evil.png": b"x"}), "../evil.png", "would be written outside"),
        ("a.tar", tarred({"/tmp/evil.png": b"x"}), "/tmp/evil.png", "would be written outside"),
        ("a.tar", tarred({"evil.png": b""}, kind=tarfile.SYMTYPE), "evil.png", "is a link or a device"),
        ("a.tar", tarred({"evil.png": b""}, kind=tarfile.LNKTYPE), "evil.png", "is a link or a device"),
        ("a.tar", tarred({"evil.png": b""}, kind=tarfile.CHRTYPE), "evil.png", "is a link or a device"),
        ("a.tar", tarred({"evil.png": b""}, kind=tarfile.FIFOTYPE), "evil.png", "is a link or a device"),
    ],
)
def test_an_entry_that_would_leave_the_folder_is_refused_by_name(write, tmp_path, name, content, entry, reason):
    with pytest.raises(ValueError) as error:
        read(write(name, content), IMAGES)
    assert f"{name}: the entry '{entry}' {reason}" in str(error.value)
    assert "Nothing was unpacked: pack it again with files and folders alone." in str(error.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]
    assert list((cache_folder() / "archives").iterdir()) == []


def test_a_bomb_is_refused_by_the_entry_at_which_it_went_too_far(write, monkeypatch):
    monkeypatch.setattr("kformer.data.sources.archives._ALWAYS_ALLOWED", 2**20)
    path = write("a.zip", zipped({"cat/1.png": b"x", "cat/2.png": bytes(2**23)}))
    with pytest.raises(ValueError, match=r"unpacks to more than 1,\d\d\d,\d\d\d bytes at 'cat/2.png', and it has .* i"):
        read(path, IMAGES)
    assert list((cache_folder() / "archives").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.zip", b"no zip", "a.zip cannot be unpacked .File is not a zip file.. Pack it again without password"),
        ("a.tar.gz", b"no tar", "a.tar.gz cannot be unpacked "),
        ("a.tar.gz", tarred({"a": bytes(range(256)) * 400}, "w:gz")[:300], "a.tar.gz cannot be unpacked "),
        ("a.zip", zipped({}), "a.zip is empty. Give an archive of a folder with examples"),
    ],
)
def test_what_cannot_be_unpacked_says_so(write, name, content, message):
    with pytest.raises(ValueError, match=message):
        read(write(name, content), IMAGES)


def test_real_archives_are_read_as_parts(shared_data):
    train, validation = kd.load_splits(shared_data / "cifar10", required=("image", "label"))
    assert (len(train), len(validation), len(train.labels)) == (6000, 1000, 10)
    assert train.rejected == validation.rejected == ()
