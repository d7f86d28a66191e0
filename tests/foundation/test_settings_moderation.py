"""What moderation is told, and what it is not told to do."""

from datetime import timedelta

import pytest


@pytest.mark.parametrize(("text", "days"), [("30", 30), ("7 * 52", 364)])
def test_the_trail_is_kept_as_long_as_is_told(build, text, days):
    assert build(TRAIL_RETENTION_DAYS=text).moderation.trail_retention == timedelta(days=days)


@pytest.mark.parametrize("days", ["29", "0", "-30"])
def test_the_trail_is_not_kept_for_less_than_a_month(problems, days):
    (problem,) = problems(TRAIL_RETENTION_DAYS=days)

    assert problem.startswith("TRAIL_RETENTION_DAYS ")
