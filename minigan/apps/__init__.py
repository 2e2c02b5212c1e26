"""What a trained network is used for.

measurement.py  what is known of an image: some pixels, a small version, random sums
invert.py       search the z whose image fits what is known: one engine for three inverse problems
mask.py         which pixels are hidden, by name or from a picture
poisson.py      fill a hole without an edge

Start with invert.py.
"""
