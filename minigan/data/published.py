"""Where MNIST and Fashion-MNIST are published, and the checksums of their files.

A download is checked against the sha256 of the published .gz. Files found on the machine are checked against the md5 of the
uncompressed bytes, which stays the same when a file is compressed again, as Debian's are.
Sources: LeCun, Bottou, Bengio and Haffner (1998); Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST".
"""

from __future__ import annotations

from dataclasses import dataclass

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
PREFIX = {"train": "train", "test": "t10k"}  # split -> the prefix of its two files


@dataclass(frozen=True)
class Published:
    """One published data set.

    Parameters
    ----------
    classes
        The name of each label.
    megabytes
        The size of the four downloads together.
    mirrors
        URLs to which a file name is appended.
    sha256, md5
        Of the .gz and of the uncompressed bytes, in the order of FILES.
    sizes
        Of each .gz in bytes, in the order of FILES.
    debian
        The Debian package that contains the set, if there is one.
    """

    classes: tuple[str, ...]
    megabytes: int
    mirrors: tuple[str, str]
    sha256: tuple[str, str, str, str]
    md5: tuple[str, str, str, str]
    sizes: tuple[int, int, int, int]
    debian: str = ""


PUBLISHED = {
    "mnist": Published(
        classes=tuple("0123456789"),
        megabytes=12,
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        sha256=(
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
        md5=(
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
        sizes=(9_912_422, 28_881, 1_648_877, 4_542),
    ),
    "fashion_mnist": Published(
        classes=("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
        megabytes=31,
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # plain http is safe, because the sha256 is checked
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        sha256=(
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
        md5=(
            "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "9018921c3c673c538a1fc5bad174d6f9",
            "8181f5470baa50b63fa0f6fddb340f0a",
            "15d484375f8d13e6eb1aabb0c3f46965",
        ),
        sizes=(26_421_880, 29_515, 4_422_102, 5_148),
        debian="dataset-fashion-mnist",
    ),
}
