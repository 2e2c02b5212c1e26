"""The lessons use the words of the field; what those are is said in docs/glossary.md."""

import re

import pytest
from percent import LESSONS, read_percent

AVOID = {
    "slope": r"\bslopes?\b",  # gradient of a loss in an array, derivative of a function of one number
    "deviation": r"(?<!standard )\bdeviations?\b",
    "way back": r"\bway back\b",  # backward pass
    "bend": r"\bbends?\b",  # kink, nonlinearity
    "walks down": r"\bwalks? down\b",  # minimises
}
ALLOWED = r"test_\w+|straight line of slope|tangent with slope|straight line with the slope|slope \(s2/s1\)"  # slopes of lines


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_lessons_avoid_private_words(lesson):
    text = re.sub(ALLOWED, "", re.sub(r"\s+", " ", " ".join(cell.source for cell in read_percent(lesson))))
    for word, pattern in AVOID.items():
        found = [text[max(0, m.start() - 40) : m.end() + 40] for m in re.finditer(pattern, text)]
        assert not found, f"{word}: {found}"
