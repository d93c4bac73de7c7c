# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md is about the clients that the suite runs."""

import re

from suite import page
from suite.catalogue import BY_NAME, CLIENTS
from suite.notes import NOTES


def test_the_page_names_the_clients_of_the_suite():
    named = page.named_on(page.PAGE.read_text())
    assert named == [(client.title, client.version, client.registry) for client in CLIENTS]


def test_the_page_is_as_it_is_made_of_its_own_results():
    """Words around the table were not changed by hand, nor was a row left half."""
    text = page.PAGE.read_text()
    assert text.startswith(page.HEAD)
    results = {}
    for client, (_, _, _, *found) in zip(CLIENTS, page.rows_on(text), strict=True):
        skipped = re.fullmatch(r"skipped: (.*)", found[0])
        results[client.name] = (
            {"skipped": skipped.group(1)} if skipped else {"steps": dict(zip(page.STEPS, found, strict=True))}
        )
    assert page.render(results) == text


def test_notes_are_of_clients():
    assert set(NOTES) <= set(BY_NAME)


def test_the_same_results_give_the_same_page():
    seen = {client.name: {"steps": {step: "yes" for step in page.STEPS}} for client in CLIENTS}
    seen[CLIENTS[0].name] = {"skipped": "go | cc is not installed"}
    text = page.render(seen)
    assert text == page.render(dict(reversed(seen.items())))
    assert "skipped: go \\| cc is not installed" in text
    assert page.rows_on(text)[0][3] == "skipped: go | cc is not installed"
    assert page.named_on(text)[0] == (CLIENTS[0].title, CLIENTS[0].version, CLIENTS[0].registry)
