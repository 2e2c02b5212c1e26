import re

import pytest

from minigan.data import NAMES, load


def test_names():
    assert NAMES == ("mnist10k", "digits8", "emoji", "emoji_noto", "portraits", "mnist", "fashion_mnist", "folder:PATH")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnist1k", "Did you mean 'mnist10k'?"),
        ("fashion-mnist", "Did you mean 'fashion_mnist'?"),
        ("Emoji", "Did you mean 'emoji'?"),
        ("folder:", "Did you mean 'folder:PATH'?"),
        ("ring", "ring consists of points in the plane, not images: use data.ring(n, rng)"),
        ("grid", "use data.grid(n, rng)"),
        ("xyz", "the names are mnist10k, digits8, emoji, emoji_noto, portraits, mnist, fashion_mnist, folder:PATH"),
    ],
)
def test_a_wrong_name_lists_the_right_ones(name, hint):
    with pytest.raises(ValueError, match=re.escape(hint)) as caught:
        load(name)
    assert f"there is no data set {name!r}; the names are" in str(caught.value)


def test_a_path_without_the_prefix_gets_a_hint(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"Did you mean 'folder:{tmp_path}'?")):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        (3, {}, TypeError, "name must be a string, one of mnist10k"),
        ("mnist10k", {"split": "test"}, ValueError, "mnist10k has the split 'train', got 'test'"),
        ("mnist", {"split": "val"}, ValueError, "mnist has the splits 'train' and 'test', got 'val'"),
        ("emoji", {"size": 16}, ValueError, 'size and channels apply only to "folder:PATH"; emoji has a fixed size'),
        ("mnist", {"channels": 3}, ValueError, "size and channels apply only to"),
        (
            "digits8",
            {"download": True},
            ValueError,
            "download applies only to mnist and fashion_mnist; leave it out for digits8",
        ),
        ("folder:.", {"folder": "."}, ValueError, "folder applies only to mnist, fashion_mnist and the test portraits"),
        ("portraits", {"split": "val"}, ValueError, "portraits has the splits 'train' and 'test', got 'val'"),
    ],
)
def test_options_that_do_not_apply_are_refused(name, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        load(name, **options)
