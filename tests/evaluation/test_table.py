"""The table says what each number is and what it was taken from."""

from minigan.evaluation import table
from minigan.evaluation.table import number


def test_a_table_by_hand():
    result = {
        "features": "DigitNet",
        "samples": {"generated": 10000, "real": 8000, "floor": 4000},
        "measures": {
            "frechet_distance": {"value": 12.3456, "floor": 0.5},
            "kernel_distance": {"value": 0.0123, "floor": -0.0004, "error": 0.00051, "floor_error": 0.0001},
        },
    }
    assert table(result).splitlines() == [
        "| measure                    |        generated | real against real | better |",
        "|----------------------------|-----------------:|------------------:|--------|",
        "| Frechet distance, DigitNet |            12.35 |               0.5 | lower  |",
        "| kernel distance, DigitNet  | 0.0123 +- 0.0005 | -0.0004 +- 0.0001 | lower  |",
        "",
        "10,000 generated against 8,000 real; real against real: 4,000 against 4,000. "
        "Most measures depend on these numbers; --n 4000 makes them equal.",
    ]


def test_equal_numbers_need_no_warning():
    result = {"features": "points", "samples": {"generated": 50, "real": 50, "floor": 50}, "measures": {}}
    assert table(result).splitlines()[-1] == "50 generated against 50 real; real against real: 50 against 50."


def test_of_two_folders_it_names_no_training_set_and_no_option_that_they_do_not_have():
    measures = {"nearest_training_image": {"value": 2.0, "floor": 3.0}}
    samples = {"generated": 50, "real": 50, "floor": 25}
    lines = table(
        {"features": "points", "samples": samples, "measures": measures, "real": "a", "fake": "b"}
    ).splitlines()
    assert lines[2].startswith("| distance to the nearest real image, median |")
    assert lines[-1].endswith("Most measures depend on these numbers; compare it with tables of as many images.")


def test_numbers_have_four_digits():
    assert [number(x) for x in (8.0, 0.98765, 123456.0, 0.000123456)] == ["8", "0.9877", "1.235e+05", "0.0001235"]
    assert number(1.0, 0.0234) == "1 +- 0.02"
