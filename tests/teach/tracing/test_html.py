"""The page of a trace: valid HTML that fetches nothing, one <details> per layer, embedded pictures."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan.layers import Dense, Layer, Tanh
from minigan.penalties import r1
from minigan.teach.tracing.html import fragment, page

from .pairs import conditional, images, network, plane, random

pytestmark = pytest.mark.slow

VOID = {"meta", "br", "img"}


class Reader(HTMLParser):
    """Fails on a tag that is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("build", [plane, images, conditional])
def test_it_parses_and_fetches_nothing(build):
    found = minigan.trace(*build(), penalties=[r1])
    text = page(found)
    reader = Reader(text)
    assert "http" not in text
    assert not {"script", "link", "iframe", "object"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    sources = [attributes["src"] for tag, attributes in reader.attributes if tag == "img"]
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    rows = [row for stage in found.stages for row in stage.walk() if row.place]
    assert reader.tags.count("details") == len(found.stages) + len(rows)  # each opens separately
    assert reader.tags.count("td") == 8 * sum(len(row.quantities) for stage in found.stages for row in stage.walk())
    assert not any("open" in attributes for _, attributes in reader.attributes)
    assert text.startswith("<!doctype html>")
    assert found._repr_html_() == fragment(found)
    assert fragment(found) in text


def test_the_pictures_are_those_of_the_rows():
    found = minigan.trace(*images())
    pictures = [picture for stage in found.stages for row in stage.walk() for _, picture in row.pictures]
    data = re.findall(r'src="data:image/png;base64,([^"]+)"', fragment(found))
    assert len(data) == len(pictures) > 10
    for text, picture in zip(data, pictures, strict=True):
        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            np.testing.assert_array_equal(np.asarray(image).reshape(picture.shape), picture)


def test_a_failed_check_starts_open(monkeypatch):
    monkeypatch.setattr(Tanh, "df", lambda self, y: 1 - y)
    text = fragment(minigan.trace(*plane()))
    Reader(text)
    opened = re.findall(r"<details[^>]* open><summary>(.*?)</summary>", text)
    assert len(opened) == 2
    assert "G(z): backward" in opened[0]
    assert "1 Tanh()" in opened[1]
    assert text.count("WRONG") == 3  # the stage, the layer, the number
    assert "1 FAILED" in text


def test_names_are_escaped():
    class Odd(Layer):
        def forward(self, x):
            return x, x

        def backward(self, dy, x):
            return dy

        def __repr__(self):
            return '<b onclick="x">&'

    found = minigan.trace(network(Dense(2, 2)), network(Odd(), Dense(2, 1)), random(3, 2), random(3, 2))
    assert "<b onclick" not in fragment(found)
    assert "&lt;b onclick=&quot;x&quot;&gt;&amp;" in fragment(found)
    Reader(fragment(found))
