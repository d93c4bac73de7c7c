# SPDX-License-Identifier: Apache-2.0
"""A smaller case that still differs, for a person to look at."""

import dataclasses


def shrink(case, still_differs, tries=400):
    """Leaves out ever smaller pieces, then makes bytes plain, as long as still_differs(case)."""
    budget = [tries]

    def holds(body):
        if body == case.body or budget[0] == 0:
            return False
        budget[0] -= 1
        return still_differs(dataclasses.replace(case, body=body))

    size = max(1, len(case.body) // 2)
    while size:
        at = 0
        while at < len(case.body):
            body = case.body[:at] + case.body[at + size :]
            if holds(body):
                case = dataclasses.replace(case, body=body)
            else:
                at += size
        size //= 2
    for at in range(len(case.body)):
        for plain in (b"a", b"1"):
            body = case.body[:at] + plain + case.body[at + 1 :]
            if case.body[at] not in b"a1" and holds(body):
                case = dataclasses.replace(case, body=body)
    for precision in ("ns",):
        other = dataclasses.replace(case, precision=precision)
        if case.precision != precision and still_differs(other):
            case = other
    return case
