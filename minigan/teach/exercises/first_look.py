"""Lesson 0, a first look: what to expect before one knows anything."""

from minigan.teach.exercises.exercise import Prediction

p1 = Prediction(
    "b",
    a="it could be so, and sometimes a generator does neglect some of the modes: lesson 9. But D looks at all fakes at once, "
    "and where they crowd together it calls them fake.",
    b="first D notices only where the crowd is not, and G spreads out over the whole ring. Fine differences, such as the gaps "
    "between the modes, D learns last.",
    c="nobody tells a fake which mode is nearest: D does not know the modes either. It only knows where its scores rise.",
)
p2 = Prediction(
    "c",
    a="a D that is sure of itself has steep places and flat ones. On the flat ones a fake learns nothing, and nothing draws it to "
    "another mode.",
    b="D is trained against G and G against D, with steps of the same size. G does learn: some of the modes very well.",
    c="near the modes that G has found, D keeps correcting it; between them and the others D is flat, and no gradient leads across. "
    "The penalty makes D smooth, so that its scores also rise towards an empty mode.",
)
