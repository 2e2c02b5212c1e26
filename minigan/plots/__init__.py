"""Pictures of a training run.  Every function takes arrays and writes one file, atomically.

images.py    a network's output as pixels, a sheet of samples, PNG, JPEG
gif.py       a film of the training
film.py      clips or frames as a film, or as strips of frames
panel.py     what one panel of the curves shows: a title, names, reference levels
curves.py    losses, scores and measures of quality over the steps, panel by panel
plane.py     for data in the plane: real points, fake points and D's score
compare.py   generated images next to real ones: with D's scores, or with their nearest training images
checks.py    what is refused before anything is drawn
show.py      display images in a notebook or on the desktop

Start with images.py.
"""

from minigan.plots.compare import pairs, scored
from minigan.plots.curves import curves
from minigan.plots.film import FILMS, MOVING, check_film, save_film, save_frames
from minigan.plots.gif import save_gif
from minigan.plots.images import FORMATS, format_of, grid, save_image, save_png, to_image
from minigan.plots.panel import Panel
from minigan.plots.plane import scatter2d
from minigan.plots.show import show

__all__ = [
    "FILMS", "FORMATS", "MOVING", "Panel", "check_film", "curves", "format_of", "grid", "pairs", "save_film", "save_frames",
    "save_gif", "save_image", "save_png", "scatter2d", "scored", "show", "to_image",
]  # fmt: skip
