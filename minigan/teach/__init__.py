"""The teaching tools: helpers for the lessons, their exercises, the equations, and a training step taken apart.

lessons/    live source, figures, planted bugs          minigan notebooks
exercises/  checks of the reader's answers; in a notebook, from minigan.teach import exercises as check
formulas/   every equation, and where it is computed    minigan explain
tracing/    one training step, layer by layer           minigan trace
diagram.py  the diagram at the beginning of the lessons

Start reading in lessons/__init__.py.
"""
