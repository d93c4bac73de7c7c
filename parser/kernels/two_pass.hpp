// SPDX-License-Identifier: Apache-2.0
//
// HOT. The algorithm of the two-pass kernels, once for all instruction sets. It is included into
// the target region of each kernel_*.cpp, behind the kernel's `block`, `key_difference` and
// `write_marks`, and nowhere else (hence neither a guard nor includes but of its own parts).
//
//   the lines of a piece, up to 16 KiB of them at a time
//     |
//     |  first pass (two_pass_marks.hpp): 64 bytes at a time
//     |    block          loads 64 bytes into registers
//     |    find_marks     one bit for each byte: is it a mark?
//     |    write_marks    the offsets of the bits that are set
//     v
//   the marks: where each line has its delimiters
//     |
//     |  second pass (two_pass_walk.hpp): a line at a time, from mark to mark
//     |    read_tags      between two marks lies a name or a value
//     |    read_fields    numbers are decoded in registers, backwards from the mark that ends them
//     |    read_line_end  (two_pass_values.hpp, two_pass_numbers.hpp)
//     v
//   points, up to 16 at a time; or a line that the walk gives up, for the exact reader
//
// A mark is a byte that delimits: a comma, an equals sign, a space or a quote that is neither
// escaped nor inside a string, and every line feed. Two things are marks so that the second pass
// meets them where no mark may stand, and gives the line up: an escaped backslash outside strings,
// which 1.x's scanners read differently, and a quote inside a name. A line feed ends every string
// and every escape, so that no line's marks depend on the lines before it: a line that is given up
// costs the others nothing.
//
// An example line in the first pass. Below each byte stands its bit (`.` for 0), so that the first
// byte's bit, which is the lowest, stands at the left; $ is the line feed.
//
//   bytes         cpu,host=a\ b text="x, \"y\"",n=1i 15$
//   delimiters    ...1....1..1.1....11.11.1..111.1..1..1   block::delimiters: , = space quote $
//   quotes        ...................1....1..11.........   block::equal('"')
//   backslashes   ..........1............1..1...........   block::equal('\\')
//   escaped       ...........1............1..1..........   find_escaped: behind each backslash
//   quotes        ...................1........1.........   those that are not escaped
//   strings       ...................111111111..........   between_quotes: not the closing one
//   marks         ...1....1....1....11........11.1..1..1   delimiters that are neither escaped nor
//                    3    8    13  18 19    28 29 31 34 37  in a string, and the quotes
//
// The same line in the second pass: which marks each step takes, and what it reads between them.
//
//   read_series    3 ,             measurement `cpu`; tags follow
//   read_tag       8 =  13 space   tag `host`, value `a\ b`; the series ends
//   read_fields   18 =  19 "       field `text`; a quote directly behind the = opens a string
//     read_string 28 "  29 ,       value `"x, \"y\""`; another field follows
//   read_fields   31 =  34 space   field `n`, integer `1i`; the field set ends
//   read_line_end 37 $             timestamp `15`
//
// Names and strings are views of the line as it is written: nothing is copied and no escape undone.
//
// Sources. Two passes, the quote mask by a multiplication without carries, and marks written eight
// at a time without asking how many there are (marks_in_eights.hpp): Langdale and Lemire, "Parsing
// Gigabytes of JSON per Second", The VLDB Journal 28 (6), 2019. Escaped bytes by a subtraction, and
// bytes that find themselves in a table (lane_constants::delimiters): simdjson, the library of that
// paper, after it. What is ours: the line feed that ends strings, the second pass, and the layouts
// of tag keys.
#include "parser/kernels/two_pass_marks.hpp"
#include "parser/kernels/two_pass_values.hpp"
#include "parser/kernels/two_pass_walk.hpp"

// Finds the mark with which the line at `window.line` begins, marking more lines where none is
// left. Null: the line is for the scalar kernel.
WEIR_INLINE const std::uint32_t* find_first_mark(const line_window& window, line_marks& marks) {
  if (window.line >= marks.lines_end &&
      (window.line < marks.plain_end || !mark_lines(window, marks))) {
    return nullptr;
  }
  const std::uint32_t* mark = marks.next;
  while (marks.base + *mark < window.line) {
    ++mark;  // over what the exact reader has read
  }
  return mark;
}

// See kernel::read_lines.
inline lines_read read_lines(const line_window& window, const parse_options& options,
                             line_marks& marks, line_scratch& scratch, point_view* points,
                             std::size_t max) {
  marks.progress.done = line_progress::part::nothing;
  const std::uint32_t* const first_mark = find_first_mark(window, marks);
  if (first_mark == nullptr) {
    return scalar_kernel.read_lines(window, options, marks, scratch, points, max);
  }
  const walk_context context{marks,
                             scratch,
                             scratch.tags.data() + scratch.tags.size(),
                             scratch.fields.data() + scratch.fields.size(),
                             options.unit_ns,
                             static_cast<std::uint64_t>(time_max / options.unit_ns),
                             options.line_bytes_max};
  walk_position walk{marks.base, first_mark, scratch.tags.data(), scratch.fields.data()};
  std::uint8_t* order = scratch.orders.data();
  const char* line = window.line;
  std::size_t count = 0;
  std::uint64_t carriage_returns = 0;
  for (;;) {
    const tag_view* const first_tag = walk.tag;
    const field_view* const first_field = walk.field;
    marks.next = walk.mark;
    walk_result result{points[count], order, carriage_returns};
    const char* const after = walk_line(context, walk, line, result);
    if (after == nullptr) {
      break;
    }
    carriage_returns = result.carriage_returns;
    result.point.line = window.number + count;
    line = after;
    ++count;
    order += tag_layout::tags_max;
    // Another line of this shape must have room.
    if (count == max || line >= marks.lines_end ||
        context.tags_end - walk.tag < walk.tag - first_tag ||
        context.fields_end - walk.field < walk.field - first_field) {
      marks.next = walk.mark;
      break;
    }
  }
  return count > 0 ? lines_read{line, count, carriage_returns} : lines_read{};
}
