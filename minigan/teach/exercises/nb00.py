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
    a="every mistake of G costs it, and every improvement of D costs G; so neither stands still at once.",
    b="D is trained against G and G against D, with steps of the same size. Neither ever wins for good.",
    c="each step of one player changes what is best for the other. At a constant learning rate they keep circling around a good "
    "place, unless something slows D down: that is what the penalty does.",
)
