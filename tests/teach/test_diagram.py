"""The diagram of a GAN: its parts, what is lit, and that it is a well-formed picture."""

import xml.etree.ElementTree as ET

import pytest

from minigan.teach.diagram import PARTS, diagram


def groups(drawing):
    """{the name of a part: the classes of its group}"""
    root = ET.fromstring(drawing._repr_svg_())
    found = [element.get("class").split() for element in root.iter() if element.tag.endswith("}g")]
    return {name: classes for name, *classes in found}


def test_every_part_is_drawn_once_and_none_is_lit_by_default():
    drawn = groups(diagram())
    assert set(drawn) == set(PARTS)
    assert not [name for name, classes in drawn.items() if "lit" in classes]


@pytest.mark.parametrize("part", PARTS)
def test_only_the_named_parts_are_lit(part):
    lit = {name for name, classes in groups(diagram(part, "D")).items() if "lit" in classes}
    assert lit == {part, "D"}


def test_a_part_that_does_not_exist_is_refused_with_the_parts_that_do():
    with pytest.raises(ValueError, match=r"the diagram has no part 'loss_d'; it has z, G, fake, real, D, scores"):
        diagram("D", "loss_d")


def test_nothing_is_drawn_outside_of_the_frame():
    root = ET.fromstring(diagram(*PARTS).svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        if element.tag.endswith("}rect"):
            x, y, w, h = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height


def test_it_says_in_words_what_it_shows():
    assert repr(diagram("D", "loss_D")).endswith("lit: D, loss_D]")
    assert "Lit: nothing" in ET.fromstring(diagram().svg).get("aria-label")
