"""Films in a notebook."""

import base64
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from minigan.teach.lessons import film


def test_images_become_a_gif_with_all_frames():
    frames = [np.full((4, 6, 1), level, np.uint8) for level in (0, 100, 200)]
    made = film("Grey that gets lighter", frames)
    data = re.search(r'src="data:image/gif;base64,([^"]+)"', made._repr_html_())[1]
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (picture.n_frames, picture.size) == (3, (6, 4))
    assert repr(made) == "[film: Grey that gets lighter]"


def test_points_move_through_all_frames_with_y_upward():
    made = film("One point that rises", [np.array([[0.5, 0.0]]), np.array([[0.5, 1.0]])], seconds=2)
    root = ET.fromstring(made._repr_html_())
    moves = {e.get("attributeName"): e.get("values") for e in root.iter() if e.tag.endswith("animate")}
    assert moves == {"cx": "0.50;0.50", "cy": "-0.00;-1.00"}


@pytest.mark.parametrize(
    ("frames", "said"), [([], "got none"), ([np.zeros((3, 2)), np.zeros((4, 2))], r"\(3, 2\) and \(4, 2\)")]
)
def test_frames_of_no_or_of_different_shapes_are_refused(frames, said):
    with pytest.raises(ValueError, match=f"a film needs frames of one shape, {said}" if not frames else said):
        film("Nothing", frames)


@pytest.mark.parametrize("frames", [[np.zeros((2, 2, 1), np.uint8)] * 2, [np.zeros((1, 2))] * 2])
def test_a_title_may_contain_quotes_and_angles(frames):
    title = 'G says "<b>" & D disagrees'
    page, found = film(title, frames)._repr_html_(), []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.extend(dict(attributes).values())
    parser.feed(page)
    assert title in found
