"""What D and G are given: too few images, labels of others, pixels that give the real images away."""

from minigan.running.doctor.rule import Seen, rule
from minigan.running.doctor.symptoms import Symptoms


@rule(
    "There are too few images",
    "D can learn so few images by heart, and then its scores say nothing about what the images have in common.",
    "Add images, or augment the few that there are, minigan train small.",
    lesson=6,
    hides=("no_gradient_at_G", "D_far_ahead", "diversity_gone"),
)
def few_images(s: Symptoms) -> Seen:
    if s.distinct < 100:
        return f"the training set has {s.distinct:.0f} different samples (usual: 1,000 and more)"
    return None


@rule(
    "The labels do not fit the images",
    "Images that look alike have different labels, so a label tells G nothing about what to draw.",
    "Check that images and labels are in the same order, minigan data PATH; or train without them, --no-labels.",
    lesson=19,
)
def labels_do_not_fit(s: Symptoms) -> Seen:
    if s.labelled < 0.05:
        return f"of two real images that look alike, {s.labelled:+.0%} more have the same label than by chance (usual: +20 % and more)"
    return None


@rule(
    "Constant pixels give the real images away",
    "Some pixels are exactly the same in all real images, and G only comes close to them, so D looks at these and not at the picture.",
    "Crop the border of the images before training, or copy the constant pixels into the fakes before D sees them.",
    lesson=6,
    hides=("no_gradient_at_G", "D_far_ahead", "diversity_gone"),
)
def constant_pixels(s: Symptoms) -> Seen:
    if s.constant > 0 and s.given_away > 0.3:
        return f"{s.given_away:.0%} of the gap between D's scores is due to the {s.constant:.0%} of pixels that never change in the data"
    return None


@rule(
    "The samples leave [-1, 1]",
    "The real images are in [-1, 1] and G's are not, so D can tell them apart without looking at the picture.",
    "End G with Tanh(), or scale the images to the range that G has.",
    lesson=13,
    hides=("no_gradient_at_G", "D_far_ahead"),
)
def outside_the_range(s: Symptoms) -> Seen:
    if s.outside > 0.01:
        return f"{s.outside:.1%} of the values of the samples are outside [-1, 1] (usual: 0 %)"
    return None
