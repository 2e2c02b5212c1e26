"""Write a run for other programs: its weights in one file, its generator as ONNX, its table as CSV or for TensorBoard, its film."""

import argparse

from minigan.cli.parser import CommandParser, add_model, output, path

EXAMPLE = "minigan export runs/digits --weights digits.safetensors --onnx digits.onnx --csv digits.csv"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan export`."""
    add_model(parser)
    parser.add_argument(
        "--weights",
        type=output(".safetensors"),
        metavar="FILE",
        help="the weights, *.safetensors: samples without the run's folder and without its data",
    )
    parser.add_argument(
        "--float16",
        action="store_true",
        help="weights half as large; samples then differ by about 1 %% of a grey level",
    )
    parser.add_argument(
        "--onnx",
        type=output(".onnx"),
        metavar="FILE",
        help="the generator as a graph, *.onnx: z (N, latent) and labels y (N,) -> images (N, H, W, C) in [-1, 1]",
    )
    parser.add_argument(
        "--evaluations", type=int, metavar="N",
        help="of the network for each sample in the graph, of a model that can choose (default: as it was trained)",
    )  # fmt: skip
    parser.add_argument("--csv", type=output(".csv"), metavar="FILE", help="the table of the run, *.csv")
    parser.add_argument("--tensorboard", type=path, metavar="DIR", help="the table of the run, as a log in this folder")
    parser.add_argument(
        "--film",
        type=output(".gif", ".apng", ".mp4"),
        metavar="FILE",
        help="the film of the training, .gif, .apng or .mp4",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print each file that was written, and what it holds."""
    from minigan.running import table, use, weights
    from minigan.running.model import open_model

    kinds = ("weights", "onnx", "csv", "tensorboard", "film")
    chosen = {kind: getattr(arguments, kind) for kind in kinds if getattr(arguments, kind) is not None}
    if not chosen:
        raise ValueError(f"say what to write: {', '.join(f'--{kind}' for kind in kinds)}")
    for option, kind in (("float16", "weights"), ("evaluations", "onnx")):
        if getattr(arguments, option) and kind not in chosen:
            raise ValueError(f"--{option} has no effect without --{kind}: leave it out")
    found = open_model(arguments.model)
    for kind, file in chosen.items():
        if kind == "weights":
            weights.write(found, file, "float16" if arguments.float16 else "float32")
            text = f"{', '.join(weights.networks(found.trainer.game))} after {found.trainer.t} steps"
        elif kind == "onnx":
            from minigan.running import onnx

            if arguments.evaluations is not None:
                use.set_evaluations(found, arguments.evaluations)
            shapes = onnx.write(found, file)
            text = ", ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in shapes.items())
        elif kind == "csv":
            text = f"{table.write_csv(found, file)} rows"
        elif kind == "tensorboard":
            file = table.write_tensorboard(found, file)
            text = f"the same rows; look at them with: tensorboard --logdir {arguments.tensorboard}"
        else:
            text = f"{use.film(found, file)} frames"
        print(f"{file}: {text}, {file.stat().st_size / 1e6:.2f} MB")
