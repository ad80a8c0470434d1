"""docs/slips.md: each slip of the slides, typed as printed, is found and explained."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "slips.md"


def test_the_page_says_what_the_check_says():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried > 20
    assert not failed
