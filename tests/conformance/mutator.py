# SPDX-License-Identifier: Apache-2.0
"""Cases by the thousand: seed lines, changed a little, from a seed number. Nothing random that the
number does not decide."""

import random
import sys

# `@` becomes a name of the case's own, so that the stored points can be told apart.
SEEDS = [
    b"@ f=1",
    b"@ f=1 1600000000000000000",
    b"@,t=a f=1 1600000000000000000",
    b"@,host=server01,region=eu-west usage_idle=97.5,usage_user=1.25 1600000000000000000",
    b"@,b=2,a=1,c=3 x=1i,y=2i,z=3i 1600000000000000000",
    b"@,t=a i=9223372036854775807i,j=-9223372036854775808i 1600000000000000001",
    b"@,t=a i=9223372036854775808i 1",
    b"@,t=a u=18446744073709551615u 1",
    b"@,t=a u=1u,v=0u 1",
    b'@,t=a s="hello world" 1600000000000000000',
    b'@,t=a s="a,b=c d",n=1 1600000000000000000',
    b'@,t=a s="say \\"hi\\"",p="C:\\\\dir\\\\" 1600000000000000000',
    b'@ s="two\nlines",n=2i 7',
    b'@ s="",e="=",c=",",q="\\"" 7',
    b"@ a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE 8",
    b"@\\ with\\ space,ta\\ g=va\\ lue fi\\ eld=1 9",
    b"@\\,comma,ta\\,g=va\\,lue fi\\,eld=1 9",
    b"@\\=equals,ta\\=g=va\\=lue fi\\=eld=1 9",
    b"@=bare,t==a f=1 9",
    b'@\\"q,t="q" f\\"=1,"g"=2 9',
    b"@back\\slash,t=C:\\x f\\x=1 9",
    b"@b\\\\x,t=a\\\\b f\\\\g=1 9",
    b"@,two\\\\ words=two\\\\ words,a\\\\,b=c\\\\=d f=1 9",
    b'@,a=q\\\\ r,b=x\\\\,y,c=z\\\\="q f="s t=u" 9',
    b"  @,t=a  f=1   5  ",
    b"\t@,t=a \tf=1 \t5",
    b"@,t=a f=1.5e10,g=1E-5,h=1.e3,i=.5,j=-.5,k=-0,l=007,m=5. 6",
    b"@ f=1e308,g=1e309 6",
    b"@ f=2.2250738585072011e-308,g=5e-324,h=1e-400 6",
    b"@ f=0.1000000000000000055511151231257827,g=123456789012345678901234567890 6",
    b"@ f=9007199254740993,g=1.7976931348623157e308 6",
    b"@ f=nan,g=inf,h=null 6",
    b"@,t=a f=1 9223372036854775806",
    b"@,t=a f=1 -9223372036854775806",
    b"@,t=a f=1 9223372036854775807",
    b"@,t=a f=1 -1",
    b"@,t=a f=1 0",
    b"@,t=a f=1 1600000000.5",
    b"@,t=\xc3\xa4\xe2\x82\xac,\xf0\x9f\x98\x80=1 \xc3\xb6=\"\xe6\xbc\xa2\xe5\xad\x97\" 3",
    b"@,t=\xff f=\"\xc3(\" 3",
    b"# a comment about @\n@ f=1 1",
    b"@ f=1 1\n\n@ f=2 2\r\n@ f=3 3",
    b'@ s="open\n@ f=1 2',
    b'@ s="a"b 2',
    b"@,t=a f=1,f=2,g=3 2",
    b"@,a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11,l=12 v=1 2",
    b"@,t=a time=1,f=2 2",
    b"@,time=a f=2 2",
]

PIECES = [
    b",", b"=", b" ", b'"', b"\\", b"\n", b"\r", b"\t", b"\0", b"\r\n", b"#", b"\\\\", b"\\\"",
    b"\\,", b"\\ ", b"\\=", b"\\\n", b"  ", b",,", b"==", b'""', b"=,", b",=", b" =", b"= ", b" ,",
    b", ", b'="', b'",', b'" ', b"i", b"u", b"e", b"E", b"+", b"-", b".", b"0", b"9", b"t", b"n",
    b"_", b"'", b"\x7f", b"\x01", b"\x0b", b"\x80", b"\xff", b"\xc3", b"\xc3\xa9", b"\xe2\x82",
    b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"time",
]  # fmt: skip

NUMBERS = [
    b"0", b"-0", b"00", b"1", b"-1", b"+1", b"1.", b".1", b".", b"-", b"-.", b"1e", b"1e+", b"1e5",
    b"1E-5", b"1e400", b"-1e400", b"1e-400", b"1.1.1", b"1ee5", b"1e5.5", b"0x1F", b"1_000",
    b"1i", b"-1i", b"007i", b"-i", b"i", b"1.0i", b"1e2i", b"1ii", b"9223372036854775807i",
    b"9223372036854775808i", b"-9223372036854775808i", b"-9223372036854775809i",
    b"000000000000000000000000000001i", b"99999999999999999999999i", b"1u", b"-1u", b"0u", b"u",
    b"18446744073709551615u", b"18446744073709551616u", b"9223372036854775808u", b"1.5u",
    b"%d" % int(sys.float_info.max),
    b"1" + b"0" * 309, b"0." + b"0" * 340 + b"1", b"1" * 25, b"0.1e1", b"4.35", b"123456.789e3",
    b"9007199254740993", b"2.2250738585072014e-308", b"4.9e-324", b"2.4e-324", b"8.41e21",
    b"9.5367431640625e-07", b"t", b"T", b"true", b"True", b"TRUE", b"tRUE", b"f", b"F", b"false",
    b"False", b"FALSE", b"tru", b"truee", b"yes", b"no", b"n", b"N", b"nan", b"NaN", b"inf",
    b"-inf", b"Infinity", b"null", b"hello", b"1f", b"1L", b"1,5", b"'a'", b'"a"', b'"a', b'a"',
    b'""', b'"\\"', b'"\\\\"', b'"a\nb"', b'"a\\\nb"', b"",
]  # fmt: skip

TIMES = [
    b"", b"0", b"-0", b"1", b"-1", b"+1", b"-", b"--1", b"1-", b"1.5", b"1e9", b"1i", b"now",
    b"1 2", b"1 # c", b"1\t", b"1  ", b"\t1", b"\x001", b"0001", b"-0001", b"9223372036854775806",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775806",
    b"-9223372036854775807", b"-9223372036854775808", b"-9223372036854775809",
    b"99999999999999999999", b"00000000000000000000000001", b"1600000000", b"1600000000000",
    b"1600000000000000", b"9223372036854775", b"9223372036854776", b"9223372036", b"9223372037",
    b"-9223372037", b"2562047", b"2562048", b"153722867", b"153722868", b"1\r", b"\r", b"1\\",
    b"0x10", b"\xef\xbc\x91", b"1600000000000000000 1", b"1,2", b"1=2",
]  # fmt: skip

# Short texts of few letters: where scanners disagree, they do it over these.
SOUP = [b"a", b"a", b",", b",", b"=", b"=", b"=", b'"', b'"', b'"', b"\\", b"\\", b" ", b"1", b"t",
        b"1i", b'="', b'=",', b"a=1", b"\t", b"\n"]  # fmt: skip

PRECISIONS = ["ns"] * 12 + ["u", "ms", "s", "m", "h"]


class Mutator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = 0

    def case(self):
        """A body and its precision."""
        chance = self.random.random()
        lines = 1 if chance < 0.75 else 2 if chance < 0.95 else 3
        body = b"\n".join(self.line() for _ in range(lines))
        if self.random.random() < 0.1:
            body += self.random.choice([b"\n", b"\r\n", b"\r", b" ", b"\\", b"\n\n"])
        return body, self.random.choice(PRECISIONS)

    def line(self):
        if self.random.random() < 0.1:
            return self.numbered(self.soup())
        line = self.random.choice(SEEDS)
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3, 4])):
            line = self.random.choice(self.MUTATIONS)(self, line)
        return self.numbered(line)

    def numbered(self, line):
        self.made += 1
        return line.replace(b"@", b"m%d" % self.made)

    def soup(self):
        text = b"".join(self.random.choices(SOUP, k=self.random.randint(1, 14)))
        before = self.random.choice([b"@ ", b"@ ", b"@ a=1,", b"@ a,", b"@,", b"@", b"@,t=a", b""])
        return before + text + self.random.choice([b"", b" f=1", b" 1", b'"', b'" 1', b"=1", b"=t"])

    def place(self, line):
        """Anywhere, but more often beside a byte that means something."""
        marks = [i for i, c in enumerate(line) if c in b',= "\\\n']
        if marks and self.random.random() < 0.6:
            return self.random.choice(marks) + self.random.choice([0, 1])
        return self.random.randint(0, len(line))

    def span(self, line):
        begin = self.place(line)
        return begin, min(len(line), begin + self.random.choice([1, 1, 1, 2, 3, 5, 9]))

    def insert(self, line):
        at = self.place(line)
        return line[:at] + self.random.choice(PIECES) + line[at:]

    def insert_byte(self, line):
        at = self.place(line)
        return line[:at] + bytes([self.random.randrange(256)]) + line[at:]

    def replace(self, line):
        begin, end = self.span(line)
        return line[:begin] + self.random.choice(PIECES) + line[end:]

    def flip(self, line):
        if not line:
            return line
        at = self.random.randrange(len(line))
        return line[:at] + bytes([line[at] ^ 1 << self.random.randrange(8)]) + line[at + 1 :]

    def remove(self, line):
        begin, end = self.span(line)
        return line[:begin] + line[end:]

    def double(self, line):
        begin, end = self.span(line)
        return line[:end] + line[begin:end] * self.random.choice([1, 1, 2]) + line[end:]

    def swap(self, line):
        begin, middle = self.span(line)
        _, end = self.span(line)
        end = max(middle, end)
        return line[:begin] + line[middle:end] + line[begin:middle] + line[end:]

    def cut(self, line):
        return line[: self.place(line)]

    def value(self, line):
        """Another value after an equals sign, which may be one of a tag."""
        marks = [i for i, c in enumerate(line) if c == 0x3D]
        if not marks:
            return line + b" f=" + self.random.choice(NUMBERS)
        begin = self.random.choice(marks) + 1
        end = begin
        while end < len(line) and line[end] not in b", \n":
            end += 1
        return line[:begin] + self.random.choice(NUMBERS) + line[end:]

    def number(self, line):
        """A number of its own making, near the edges of what is one."""
        choice = self.random.choice
        digits = "".join(self.random.choices("0123456789", k=choice([1, 3, 17, 19, 20, 26])))
        at = self.random.randint(0, len(digits))
        exponent = choice(["", "", "e", "E+", "e-"])
        if exponent and self.random.random() < 0.9:
            exponent += str(self.random.randint(0, 330))
        number = choice(["", "-"]) + digits[:at] + choice(["", "", ".", ".."]) + digits[at:]
        text = number + exponent + choice(["", "", "", "i", "i", "u", "x"])
        return line + b"\n@ v=" + text.encode() + b" 4"

    def time(self, line):
        return line.rstrip(b"-0123456789") + self.random.choice(TIMES)

    def tag(self, line):
        """A tag more: one that is there already, or a new one."""
        at = line.find(b" ", 1)
        at = len(line) if at < 0 else at
        tags = [b"t=a", b"t=b", b"a=1", b"T=a", b"a-=1", b"a\\,=2", b"\xc3\xa4=1"]
        return line[:at] + b"," + self.random.choice(tags) + line[at:]

    def many_tags(self, line):
        at = line.find(b" ", 1)
        at = len(line) if at < 0 else at
        count = self.random.choice([20, 40, 64, 99, 100, 101, 130])
        tags = [b"k%d=v" % i for i in range(count)]
        self.random.shuffle(tags)
        return line[:at] + b"," + b",".join(tags) + line[at:]

    def join(self, line):
        between = self.random.choice([b"\n", b" ", b",", b"", b"\\\n"])
        return line + between + self.random.choice(SEEDS)

    MUTATIONS = (
        [insert] * 6 + [replace] * 4 + [remove] * 4 + [double] * 2 + [swap] * 2 + [value] * 5
        + [number] * 2 + [time] * 3 + [insert_byte, flip, cut, tag, tag, join]
    )  # fmt: skip
    MUTATIONS = MUTATIONS * 4 + [many_tags]
