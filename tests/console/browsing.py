"""Debian's Chromium, driven by Playwright; where there is none a test says that it skips."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""What axe looks for: WCAG 2.2 to AA."""


def lacking() -> str:
    """What is not there of what a browser test needs; empty where all is."""
    if not any(map(shutil.which, NAMES)):
        return "there is no Chromium: apt-get install chromium"
    return "" if find_spec("playwright") else "there is no Playwright: make setup"


@contextmanager
def browsing() -> "Iterator[Browser]":
    """A browser without a window. Skips where there is none."""
    if lacking():
        pytest.skip(lacking())
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        machine = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield machine
        finally:
            machine.close()
