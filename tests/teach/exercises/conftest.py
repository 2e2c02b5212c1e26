import pytest


@pytest.fixture
def verdict(capsys):
    """verdict(exercise, answer) -> what the exercise prints."""

    def ask(exercise, answer) -> str:
        returned = exercise(answer)
        said = capsys.readouterr().out
        assert bool(returned) == said.startswith("✓"), said
        return said

    return ask
