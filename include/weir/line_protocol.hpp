// SPDX-License-Identifier: Apache-2.0
//
// The public face of weir's parser: InfluxDB line protocol in, views out.
//
// It stands alone: a program that only wants to parse line protocol includes this file and links
// `weir_parser`. It does no I/O, reads no clock and allocates nothing per line. It judges lines as
// InfluxDB 1.x does, but for the differences that docs/line_protocol.md lists; codes of lines that
// 1.x accepts and weir rejects begin with `shield_`. A reader belongs to one thread at a time.
//
//   weir::line_reader reader{weir::parse_options{}};
//   reader.feed(piece);            // any split of the body, as it arrives
//   for (;;) {
//     switch (reader.next()) {
//       case weir::line_event::point: use(reader.point()); continue;
//       case weir::line_event::error: report(reader.error()); continue;
//       case weir::line_event::more:  break;                 // feed the next piece, or finish()
//     }
//     break;
//   }
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Why a line was rejected. A closed list; `reason()` gives the message of each.
enum class parse_code : std::uint8_t {
  none,
  missing_measurement,
  missing_fields,
  missing_tag_key,
  missing_tag_value,
  invalid_tag_format,
  duplicate_tags,
  key_too_long,
  missing_field_key,
  missing_field_value,
  invalid_field_format,
  unbalanced_quotes,
  invalid_number,
  invalid_float,
  invalid_boolean,
  integer_out_of_range,
  unsigned_out_of_range,
  invalid_field_value,
  bad_timestamp,
  timestamp_syntax,        // "-" alone: InfluxDB answers with strconv.ParseInt's message
  timestamp_out_of_range,  // does not fit 64 bits
  time_outside_range,      // fits, but not after the precision is applied
  point_is_invalid,        // text after the timestamp
  // Lines that InfluxDB 1.x accepts and weir rejects (docs/line_protocol.md says why).
  shield_empty_field_key,
  shield_ambiguous_backslash,
  shield_text_after_quote,
  shield_invalid_utf8,
  shield_line_too_long,
  shield_tag_count,
};

/// Number of codes, `none` included.
inline constexpr std::size_t parse_code_count =
    static_cast<std::size_t>(parse_code::shield_tag_count) + 1;

/// InfluxDB 1.6 and 1.7 write past the end of a list of tags that doubles from 100: a line with
/// exactly 100, 200, 400, ... tags costs its whole request. The reader rejects such lines
/// (shield_tag_count) unless its options pass them; code that adds or removes a point's tags must
/// not produce one.
inline constexpr std::size_t harmful_tag_count_least = 100;
[[nodiscard]] constexpr bool is_harmful_tag_count(std::size_t count) noexcept {
  return count >= harmful_tag_count_least && count % harmful_tag_count_least == 0 &&
         std::has_single_bit(count / harmful_tag_count_least);
}

/// The code's stable name in snake case, for metrics and JSON ("missing_tag_key").
[[nodiscard]] std::string_view name_of(parse_code code) noexcept;

/// The type of a field's value, as InfluxDB knows it.
enum class field_type : std::uint8_t { float64, int64, uint64, boolean, string };

/// "float", "integer", "unsigned", "boolean", "string", as SHOW FIELD KEYS prints them.
[[nodiscard]] std::string_view name_of(field_type type) noexcept;

/// One tag as written: escapes are untouched, neither side is empty.
struct tag_view {
  std::string_view key;
  std::string_view value;
};

/// One field. `key` and `text` are as written; the value is decoded.
struct field_view {
  std::string_view key;
  /// The value's own bytes: quotes and the `i` or `u` suffix included.
  std::string_view text;
  field_type type = field_type::float64;
  /// The decoded value of every type but string.
  union {
    double float_value = 0;
    std::int64_t int_value;
    std::uint64_t uint_value;
    bool bool_value;
  };

  /// A string's bytes between its quotes, escapes untouched. Requires: type == string.
  [[nodiscard]] std::string_view string_text() const noexcept {
    return text.substr(1, text.size() - 2);
  }
};

/// One accepted point. Valid until the next call of `next`, `feed`, `finish` or `reset`.
struct point_view {
  /// The line as written, from its first byte that is not white space, without its line feed (and
  /// without a carriage return before it).
  std::string_view text;
  /// Measurement and tags as written: `text` up to the space that ends them.
  std::string_view series;
  std::string_view measurement;
  /// `text` from its first byte to the end of the field set.
  std::string_view series_and_fields;
  /// In the order written.
  std::span<const tag_view> tags;
  std::span<const field_view> fields;
  /// Nanoseconds since the epoch, after the precision was applied; nothing if the line has no time.
  /// Range: -9223372036854775806 ... 9223372036854775806.
  std::optional<std::int64_t> time;
  /// 1-based number, in the body, of the line that holds the first byte of `text`.
  std::uint64_t line = 0;
  /// The tags are in ascending order of their raw key bytes (InfluxDB's own order).
  bool tags_sorted = true;
  /// Indices into `tags` in ascending order of their keys, where `tags_sorted` is false and the
  /// reader knows the order anyway; else empty. Code that changes `tags` must clear it: it also
  /// promises that each tag is a view into `text`, behind its comma.
  std::span<const std::uint8_t> tag_order;
  /// `series_and_fields` is canonical as it is: tags sorted, exactly one space before the fields,
  /// and every number in a spelling that every server reads.
  bool canonical = true;
  /// `canonical` but for the order of the tags: the space and the field set may be copied.
  bool fields_canonical = true;
  /// A carriage return was taken off the line's end.
  bool carriage_return = false;
};

/// One rejected line. Valid as long as a `point_view`. `reason` makes its message on request.
struct parse_error {
  parse_code code = parse_code::none;
  /// A carriage return was taken off the line's end.
  bool carriage_return = false;
  /// 1-based line number in the body.
  std::uint64_t line = 0;
  /// 1-based byte column, in `text`'s first line, at which the mistake was noticed. For a line that
  /// begins with white space the column counts that white space too.
  std::uint64_t column = 0;
  /// The rejected text as InfluxDB quotes it: from the first byte that is not white space.
  std::string_view text;
  /// The offending bytes inside `text` (a number, a key); may be empty.
  std::string_view span;
};

/// InfluxDB's own message ("missing tag value"), with the numbers that it names. Allocates.
[[nodiscard]] std::string reason(const parse_error& error);

/// What the error means and how to fix the line, for a person: the explanation and the remedy of
/// `diagnose` in one text. Allocates.
[[nodiscard]] std::string explanation(const parse_error& error);

/// A mistake explained to a person who has never read the specification. The texts may quote up to
/// `quote_bytes_max` bytes of the line as they are, control bytes included: the code that prints
/// them has to make those visible. Owns its texts but for `kind` and `title`, which live for ever.
struct diagnosis {
  static constexpr std::size_t quote_bytes_max = 40;

  /// The mistake's stable name in snake case: a mistake that is known to happen
  /// ("space_after_comma"), or else the name of the error's code. Never empty.
  std::string_view kind;
  /// What is wrong, in a few words without a full stop, for a headline or a count of mistakes.
  std::string_view title;
  /// InfluxDB's own message, as `reason` gives it; empty for a line that is accepted.
  std::string message;
  std::string explanation;
  std::string remedy;
  /// The wrong bytes of the line's `text`: never more than the text has; `at` may be its end.
  std::size_t at = 0;
  std::size_t length = 1;
  /// `at` as a 1-based byte column, counted as in `parse_error`: where a caret belongs. Often not
  /// the error's own column, which says where the reader noticed the mistake.
  std::uint64_t column = 0;
};

/// Explains a rejected line. Cold: reads the line again and allocates. Requires: a reader with this
/// `unit_ns` (`parse_options::unit_ns`) returned `error`, and its line is still in memory.
[[nodiscard]] diagnosis diagnose(const parse_error& error, std::int64_t unit_ns = 1);

/// A line as it was probably meant.
struct repaired_line {
  /// Longer lines are not repaired.
  static constexpr std::size_t line_bytes_max = 4096;

  /// Continues "If " where the line may mean something else ("the space belongs to the tag's
  /// value"); empty where that is hardly possible.
  std::string condition;
  /// One or several lines, separated by line feeds; a reader of the same unit accepts all of them.
  std::string text;
};

/// What could be written instead of a rejected line: at most two ways, the likeliest first; none
/// where the meaning cannot be guessed. Colder than `diagnose`: reads the line once for each
/// mistake in it. Requires the same.
[[nodiscard]] std::vector<repaired_line> repair(const parse_error& error, std::int64_t unit_ns = 1);

/// What is known about an accepted line beyond its bytes.
struct line_circumstances {
  /// `parse_options::unit_ns` that it was read with.
  std::int64_t unit_ns = 1;
  /// A byte order mark was taken off before the line.
  bool byte_order_mark = false;
};

/// Finds what an accepted line says but probably does not mean (a timestamp in seconds that was
/// read as nanoseconds, a quoted tag value): one diagnosis each, without `message`. Where there is
/// nothing to find, it costs a fraction of parsing the line.
[[nodiscard]] std::vector<diagnosis> advise(const point_view& point,
                                            const line_circumstances& circumstances);

/// The accepted line without the mistake that `advise` returns at `index`, if it has a repair.
[[nodiscard]] std::vector<repaired_line> repair(const point_view& point,
                                                const line_circumstances& circumstances,
                                                std::size_t index);

/// Whether a line that is not UTF-8 is rejected or passed on, as 1.x does.
enum class utf8_policy : std::uint8_t { reject, pass };

/// Whether a line whose number of tags `is_harmful_tag_count` is rejected or passed on.
enum class tag_count_policy : std::uint8_t { reject, pass };

struct parse_options {
  /// Nanoseconds in one unit of the timestamps' precision: 1, 1'000, 1'000'000, 1'000'000'000,
  /// 60'000'000'000 or 3'600'000'000'000. The product is checked for overflow.
  std::int64_t unit_ns = 1;
  utf8_policy utf8 = utf8_policy::reject;
  tag_count_policy tag_count = tag_count_policy::reject;
  /// Longer lines are rejected (shield_line_too_long). In bytes, without the line feed.
  std::size_t line_bytes_max = std::size_t{1} << 20;
  /// Whether a byte order mark (EF BB BF) at the very beginning of the body is taken off and
  /// counted. Switch it off for lines from the middle of a body, whose first name may begin so.
  bool take_byte_order_mark = true;
  /// One of `kernel_names()`. Empty, or not among them: the one that `kernel_name` names.
  std::string_view kernel = {};
};

/// What `line_reader::next` found.
enum class line_event : std::uint8_t { point, error, more };

/// What a reader has passed over so far.
struct line_counts {
  std::uint64_t points = 0;
  std::uint64_t errors = 0;
  std::uint64_t comments = 0;
  std::uint64_t blank = 0;
  /// Carriage returns taken off before a line feed; may be ahead of the lines returned by `next`.
  std::uint64_t carriage_returns = 0;
  /// 1 if one was taken off the beginning of the body.
  std::uint64_t byte_order_marks = 0;
};

/// Reads the lines of one body that arrives in pieces of any size. Cost is linear in the body,
/// whatever the input and however it is split. Not thread-safe; movable; reusable by `reset`.
class line_reader {
 public:
  explicit line_reader(const parse_options& options = {});
  ~line_reader();
  line_reader(line_reader&&) noexcept;
  line_reader& operator=(line_reader&&) noexcept;

  /// Forgets all input and counts and begins a new body. Keeps its buffers.
  void reset(const parse_options& options);

  /// Hands over the next piece. Requires: `next` returned `more` since the last `feed` (or none was
  /// fed). The bytes must stay readable and unchanged until `next` returns `more`; no byte past
  /// their end is read. A line that is not complete at their end is copied and held.
  void feed(std::string_view piece);

  /// Says that the body is complete: `next` returns what is left, then `more` for ever.
  void finish();

  /// The next point or error, or `more` when the pieces so far hold no further complete line.
  [[nodiscard]] line_event next();

  /// Requires: `next` returned `point` (`error`).
  [[nodiscard]] const point_view& point() const noexcept;
  /// `point()`, and behind it the points that were read with it and that `next` will return next:
  /// for batch consumers. Same precondition and lifetime as `point`.
  [[nodiscard]] std::span<const point_view> upcoming() const noexcept;
  /// As if `next` were called so many times. Requires: count < upcoming().size().
  void skip(std::size_t count) noexcept;
  [[nodiscard]] const parse_error& error() const noexcept;

  [[nodiscard]] const line_counts& counts() const noexcept;

  /// Bytes of an incomplete line held at the moment: what a memory budget should count.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  /// Whether the pieces so far end in the rest of a line that needs no reading: a comment, or one
  /// that was rejected as too long. Requires: `next` returned `more`.
  [[nodiscard]] bool skipping() const noexcept;

  /// Frees buffers larger than `bytes`, so that one huge line does not occupy memory for ever.
  void shrink(std::size_t bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Append what a name or value stands for. 1.x's rules: measurement and field key undo `\,` `\ `
/// `\=` `\"`; tag keys and values undo `\,` `\ ` `\=`; strings undo `\"` and `\\`; every other
/// backslash stays.
void unescape_measurement(std::string_view raw, std::string& out);
void unescape_tag(std::string_view raw, std::string& out);
void unescape_field_key(std::string_view raw, std::string& out);
void unescape_string(std::string_view raw, std::string& out);

/// Appends the point's canonical series and field set (docs/line_protocol.md): tags sorted by raw
/// key, one space, escapes untouched, numbers respelled only where some server would refuse them.
/// No timestamp and no line feed are written.
void append_canonical(const point_view& point, std::string& out);

/// The same in two parts, series and field set, into a buffer of the caller's with `canonical_room`
/// bytes for both: copies of a fixed size write beyond their end. They return the end of the text.
[[nodiscard]] std::size_t canonical_room(const point_view& point) noexcept;
[[nodiscard]] char* write_canonical_series(const point_view& point, char* to);
[[nodiscard]] char* write_canonical_fields(const point_view& point, char* to) noexcept;

/// The kernel in use: the one that the environment variable WEIR_KERNEL names, if this machine can
/// run it, or else the fastest. All kernels give the same answers.
[[nodiscard]] std::string_view kernel_name() noexcept;

/// The kernels that this machine can run, fastest first: "avx512", "avx2", "sse42" (x86-64) and
/// always "scalar".
[[nodiscard]] std::vector<std::string_view> kernel_names();

}  // namespace weir
