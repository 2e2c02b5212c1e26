"""What a trained network is used for.

measurement.py  what is known of an image: some pixels, a small version, random sums
invert.py       search the z whose image fits what is known: one engine for three inverse problems
generator.py    what a search needs of a trained model
restore.py      inpainting, super-resolution and compressed sensing of many images at once
poisson.py      fill a hole without an edge
interpolate.py  from one code to another, along the sphere
video.py        new clips, of any length
arithmetic.py   add an attribute, such as a beard, to any image

Start with invert.py.
"""
