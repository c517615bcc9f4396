"""What a report shows of a classifier's scores."""

from __future__ import annotations

from ..metrics.scores_file import Scores
from ..pages.parts import Section
from . import confusion, per_class, results


def classification_sections(
    scores: Scores, *, samples: Section | None = None
) -> dict[str, Section | None]:
    """Sections for `write_report`: results, samples, classes, and which are taken for others.

    Args:
        scores: What the trained model says of examples that it was not trained on.
        samples: Examples to look at, as the task draws them.

    Example:

    >>> probabilities = np.array([[0.75, 0.25], [0.5, 0.5]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> [section.heading for section in classification_sections(scores).values() if section]
    ['Results', 'Classes', 'Confusions']
    """
    return {
        "results": results.section(scores),
        "samples": samples,
        "per_class": per_class.section(scores),
        "confusion": confusion.section(scores),
    }
