# SPDX-License-Identifier: Apache-2.0
"""Faults of accessibility in what a browser shows, as axe-core finds them."""

RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(found.violations.flatMap((each) => each.nodes.map(
    (node) => `${each.id}: ${node.target.join(" ")}: ${node.failureSummary}`))),
  (error) => done([String(error)]));
"""


def faults(browser, axe):
    browser.run(axe)
    return browser.run_async(RUN)
