# SPDX-License-Identifier: Apache-2.0
"""What docs/line_protocol.md says about a body's bytes: where its lines end, and which of the
documented differences it calls for. Knows nothing of what weir or InfluxDB answered; no parser:
names, values and times are judged by those two."""

import re

BLANK = b" \t\0"
LINE_BYTES_MAX = 1 << 20

# Differences in where a line ends; each can be switched on by itself.
CARRIAGE_RETURN = "carriage_return"
OPEN_STRING = "open_string"
COMMENT = "comment"
BLANK_BEFORE = "blank_before"
LINE_TOO_LONG = "line_too_long"
BYTE_ORDER_MARK = "byte_order_mark"
SPLIT_RULES = frozenset(
    {CARRIAGE_RETURN, OPEN_STRING, COMMENT, BLANK_BEFORE, LINE_TOO_LONG, BYTE_ORDER_MARK}
)

# Differences in what a line means.
BACKSLASH = "ambiguous_backslash"
EMPTY_KEY = "empty_field_key"
AFTER_QUOTE = "text_after_quote"
BARE_COMMA = "bare_comma"
UTF8 = "invalid_utf8"
UNSIGNED = "unsigned"
TAG_COUNT = "tag_count"  # InfluxDB 1.6 and 1.7 fail on exactly 100 * 2^n tags

# With which code weir refuses a line of a kind.
SHIELDS = {
    BACKSLASH: {"shield_ambiguous_backslash"},
    EMPTY_KEY: {"shield_empty_field_key"},
    AFTER_QUOTE: {"shield_text_after_quote"},
    BARE_COMMA: {"shield_text_after_quote", "shield_empty_field_key"},
    UTF8: {"shield_invalid_utf8"},
    LINE_TOO_LONG: {"shield_line_too_long"},
    TAG_COUNT: {"shield_tag_count"},
}

MARK = re.compile(rb'[\\\n ,="]')
EVEN_BACKSLASHES = re.compile(rb"(?<!\\)(?:\\\\)+[,= ]")
MEASUREMENT = re.compile(rb"(?s).(?:[^, ]|(?<=\\)[, ])*")
KEPT_BACKSLASH = re.compile(rb'\\\\[,= "]')
UNSIGNED_VALUE = re.compile(rb"(?<==)(\d+)u(?=,|$)")


class Splitter:
    """A body's lines, under the rules switched on. With none of them it is InfluxDB 1.x.

    is_unbalanced(text): whether InfluxDB says `unbalanced quotes` of this text. It is asked only
    where a line's end depends on it."""

    def __init__(self, body, rules, is_unbalanced):
        self.body = body
        self.rules = rules
        self.is_unbalanced = is_unbalanced
        self.lenient_until = 0  # up to here every line feed ends its line

    def lines(self):
        """Each line's text without the white space before it; comments and blank lines left out."""
        marked = BYTE_ORDER_MARK in self.rules and self.body.startswith(b"\xef\xbb\xbf")
        at = 3 if marked else 0
        found = []
        while at < len(self.body):
            first = at
            while first < len(self.body) and self.body[first] in BLANK:
                first += 1
            if COMMENT in self.rules and self.body[first : first + 1] == b"#":
                at = self.feed_after(first) + 1
                continue
            text, end = self.line(at, first)
            if text and not text.startswith(b"#"):
                found.append(text)
            at = end + 1
        return found

    def line(self, at, first):
        lenient = at < self.lenient_until
        end, closed = self.end_of(at, first, lenient)
        if OPEN_STRING in self.rules and not closed and not lenient:
            self.lenient_until = min(len(self.body), at + LINE_BYTES_MAX + 1)
            lenient = True
            end, closed = self.end_of(at, first, lenient)
        if LINE_TOO_LONG in self.rules and end - at > LINE_BYTES_MAX:
            text = self.body[at : at + LINE_BYTES_MAX].lstrip(BLANK)
            return text, self.feed_after(at + LINE_BYTES_MAX)
        text = self.trimmed(at, end)
        if OPEN_STRING in self.rules and not lenient and b"\n" in text and ends_quoted(text):
            if self.is_unbalanced(text):
                self.lenient_until = end + 1
                end, closed = self.end_of(at, first, True)
                text = self.trimmed(at, end)
        return text, end

    def feed_after(self, at):
        found = self.body.find(b"\n", at)
        return len(self.body) if found < 0 else found

    def trimmed(self, at, end):
        text = self.body[at:end].lstrip(BLANK)
        if CARRIAGE_RETURN in self.rules and text.endswith(b"\r"):
            text = text[:-1]
        # One that stood behind a backslash or in an open string.
        return text[:-1] if text.endswith(b"\n") else text

    def end_of(self, at, first, lenient):
        """Where the line ends, and whether all its strings do."""
        body = self.body
        fields = quoted = False
        due = 0  # values opened by an equals sign and not yet ended by a comma
        i = first if BLANK_BEFORE in self.rules else at
        while found := MARK.search(body, i):
            i = found.start()
            c = body[i]
            if c == 0x5C and i + 2 < len(body):
                i += 1 if lenient and quoted and body[i + 1] == 0x0A else 2
                continue
            if c == 0x0A and (not quoted or lenient):
                return i, True
            if c == 0x20:
                fields = True
            elif fields and c == 0x22:
                quoted = not quoted if due > 0 else quoted
            elif fields and not quoted and c == 0x3D:
                due += 1
            elif fields and not quoted and c == 0x2C:
                due -= 1
            i += 1
        return len(body), not quoted


def series_end(text):
    """The first space that no backslash stands before: where the fields begin."""
    at = text.find(b" ", 1)
    while at > 0 and text[at - 1] == 0x5C:
        at = text.find(b" ", at + 1)
    return len(text) if at < 0 else at


def field_set(text):
    """The fields' bytes, with every byte of a string but its quotes replaced by `x`; whether the
    last string is open; and whether anything but a comma, a space or the end follows a string."""
    fields = text[series_end(text) :].lstrip(BLANK)
    out = bytearray()
    quoted = after_quote = False
    equals = commas = i = 0
    while i < len(fields):
        c = fields[i]
        if c == 0x5C and i + 1 < len(fields):
            out += b"xx" if quoted else fields[i : i + 2]
            i += 2
            continue
        if c == 0x22 and equals > commas:
            quoted = not quoted
            if not quoted and fields[i + 1 : i + 2] not in (b",", b" ", b""):
                after_quote = True
        elif not quoted:
            if c == 0x20:
                break
            equals += c == 0x3D
            commas += c == 0x2C
        out.append(0x78 if quoted and c != 0x22 else c)
        i += 1
    return bytes(out), quoted, after_quote


def ends_quoted(text):
    return field_set(text)[1]


def measurement(text):
    """Up to the first comma or space that no backslash stands before; escapes are untouched."""
    return MEASUREMENT.match(text).group(0)


def tag_count(text):
    return len(re.findall(rb"(?<!\\),", text[: series_end(text)]))


def is_utf8(text):
    try:
        text.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def harms_lines_behind(text, fields):
    """Whether a space behind an even number of backslashes in a tag makes InfluxDB's splitter
    count the line's quotes wrongly."""
    tags = text[len(measurement(text)) : series_end(text)]
    key_has_space = space = raised = lowered = False
    for separator, name in re.findall(rb"(?s)(?<!\\)([,=])((?:[^,=]|(?<=\\)[,=])*)", tags):
        after = {found.group(0)[-1:] for found in EVEN_BACKSLASHES.finditer(name)}
        space = space or b" " in after
        key_has_space = key_has_space or (separator == b"," and b" " in after)
        raised = raised or b"=" in after
        lowered = lowered or b"," in after
    quote_in_name = b'"' in tags or any(b'"' in key for key in field_keys(fields))
    string = b'="' in fields
    raised = raised or key_has_space
    return space and (raised and quote_in_name or lowered and (quote_in_name or string))


def field_keys(fields):
    """Of fields whose strings' bytes are replaced."""
    return [pair.split(b"=", 1)[0] for pair in re.split(rb"(?<!\\),", fields)]


def line_kinds(text, utf8="reject"):
    """The documented differences that one line calls for."""
    fields, _, after_quote = field_set(text)
    kinds = set()
    if EVEN_BACKSLASHES.search(fields) or harms_lines_behind(text, fields):
        kinds.add(BACKSLASH)
    if KEPT_BACKSLASH.search(measurement(text)):
        kinds.add(BACKSLASH)
    if re.match(rb"[=,]", fields) or re.search(rb"(?<!\\),[,=]", fields):
        kinds.add(EMPTY_KEY)
    if re.match(rb"(?s)(.*[^\\],)?([^=,\\]|\\.)+,", fields):
        kinds.add(BARE_COMMA)
    if after_quote:
        kinds.add(AFTER_QUOTE)
    if utf8 == "reject" and not is_utf8(text):
        kinds.add(UTF8)
    if UNSIGNED_VALUE.search(fields):
        kinds.add(UNSIGNED)
    count = tag_count(text)
    if count >= 100 and count % 100 == 0 and (count // 100).bit_count() == 1:
        kinds.add(TAG_COUNT)
    return kinds


def body_kinds(body, is_unbalanced):
    """weir's lines, and the differences by which InfluxDB's are others."""
    plain = Splitter(body, frozenset(), is_unbalanced).lines()
    ours = Splitter(body, SPLIT_RULES, is_unbalanced).lines()
    if plain == ours:
        return ours, set()
    kinds = {
        rule
        for rule in SPLIT_RULES
        if Splitter(body, SPLIT_RULES - {rule}, is_unbalanced).lines() != ours
        or Splitter(body, {rule}, is_unbalanced).lines() != plain
    }
    return ours, kinds


def stands_alone(body, is_unbalanced):
    """Whether the body means the same, to both, when others follow it after a line feed."""
    for rules in (frozenset(), SPLIT_RULES):
        lines = Splitter(body, rules, is_unbalanced).lines()
        for other in (b"x", b"xyz", b'"x'):  # a quote would close what was left open
            both = Splitter(body + b"\n" + other, rules, is_unbalanced).lines()
            if both != lines + [other]:
                return False
    return True


def as_signed(text):
    """The line with integers in the place of unsigned values. What does not fit a signed integer
    becomes 0; what does not fit an unsigned one stays too large."""
    at = series_end(text)
    at += len(text[at:]) - len(text[at:].lstrip(BLANK))
    fields = field_set(text)[0]
    out = bytearray(text[:at])
    last = 0
    for found in UNSIGNED_VALUE.finditer(fields):
        out += text[at + last : at + found.start()] + signed(found)
        last = found.end()
    return bytes(out + text[at + last :])


def signed(found):
    value = int(found.group(1))
    return (b"0" if 2**63 <= value < 2**64 else found.group(1)) + b"i"
