"""What teaches: the lessons' helpers, their exercises, the equations, and a training step taken apart.

lessons/    live source, figures, planted bugs          minigan notebooks
exercises/  what the lessons ask, and what is wrong with an answer
formulas/   every equation, and where it is computed    minigan explain
tracing/    one training step, layer by layer           minigan trace
"""
