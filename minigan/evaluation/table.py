"""The numbers as a table: what each measure is called, which direction is better, and how many images it was measured on.

The terminal and the file get the same text, a Markdown table with aligned columns.
"""

from minigan.evaluation.measures import CONFIDENT

MEASURES = {  # name -> title, which way is better
    "frechet_distance": ("Frechet distance, {features}", "lower"),
    "kernel_distance": ("kernel distance, {features}", "lower"),
    "precision": ("precision, {features}", "higher"),
    "recall": ("recall, {features}", "higher"),
    "density": ("density, {features}", "higher"),
    "coverage": ("coverage, {features}", "higher"),
    "sliced_wasserstein": ("sliced Wasserstein distance, all pixels", "lower"),
    "inception_score": ("Inception score, {features}", "higher"),
    "class_entropy": ("entropy of the predicted classes, nats", "higher"),
    "confident": (f"share classified with p > {CONFIDENT}", "higher"),
    "as_asked": ("share classified as the requested label", "higher"),
    "nearest_training_image": ("distance to the nearest training image, median", "near real"),
    "readable": (f"share of attributes read with p > {CONFIDENT}", "higher"),
    "values_made": ("share of the attributes' values that occur", "higher"),
    "pairs_made": ("share of the pairs of values that occur", "higher"),
    "value_error": ("total variation of the values' frequencies", "lower"),
    "pair_error": ("total variation of the pairs' frequencies", "lower"),
    "new_combinations": ("share of combinations not in the training set", "near real"),
    "attributes_apart": ("attributes that differ from the nearest training image", "near real"),
    "apart": ("share of frames with the digits 8 pixels apart", "near real"),
    "identity": ("share of clips whose digits stay the same", "higher"),
    "smooth": ("share of steps that continue the step before", "near real"),
    "obeys": ("share of clips that obey the bounce", "higher"),
    "path_error": ("distance from a path that obeys, pixels, median", "lower"),
    "modes": ("modes with a point within 3 std", "higher"),
    "high_quality": ("share of points within 3 std of a mode", "higher"),
    "reverse_kl": ("KL of the modes' shares from uniform, nats", "lower"),
}
HEAD = ("measure", "generated", "real against real", "better")


def table(result: dict) -> str:
    """The result of `evaluate`, or of `compare_folders`, as Markdown, with a sentence on the numbers of samples below."""
    rows, folders = [HEAD], "fake" in result
    for name, found in result["measures"].items():
        title, better = MEASURES[name]
        value, floor = number(found["value"], found.get("error")), number(found["floor"], found.get("floor_error"))
        if folders:  # nobody knows what the images were trained on
            title = title.replace("training image", "real image")
        rows.append((title.format(features=result["features"]), value, floor, better))
    a, b, c, d = (max(map(len, column)) for column in zip(*rows))
    lines = [f"| {title:<{a}} | {value:>{b}} | {floor:>{c}} | {better:<{d}} |" for title, value, floor, better in rows]
    lines.insert(1, f"|{'-' * (a + 2)}|{'-' * (b + 1)}:|{'-' * (c + 1)}:|{'-' * (d + 2)}|")
    generated, real, floor = (result["samples"][name] for name in ("generated", "real", "floor"))
    note = f"{generated:,} generated against {real:,} real; real against real: {floor:,} against {floor:,}."
    if floor < real:
        equal = "compare it with tables of as many images" if folders else f"--n {floor} makes them equal"
        note += f" Most measures depend on these numbers; {equal}."
    return "\n".join([*lines, "", note])


def number(value: float, error: float | None = None) -> str:
    return f"{value:.4g}" + (f" +- {error:.1g}" if error is not None else "")
