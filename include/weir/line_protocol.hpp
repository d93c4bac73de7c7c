// SPDX-License-Identifier: Apache-2.0
//
// The public face of weir's parser: InfluxDB line protocol in, views out.
//
// It stands alone: a program that only wants to parse line protocol includes this file and links
// `weir_parser`. It does no I/O, reads no clock and allocates nothing per line. What it accepts and
// refuses is what InfluxDB 1.x accepts and refuses, but for the differences that
// docs/line_protocol.md lists; codes of lines that 1.x takes and weir refuses begin with `shield_`.
//
//   weir::line_reader reader{weir::parse_options{}};
//   reader.feed(piece);            // any split of the body, as it arrives
//   for (;;) {
//     switch (reader.next()) {
//       case weir::line_event::point: use(reader.point()); continue;
//       case weir::line_event::error: tell(reader.error()); continue;
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

/// Why a line was refused. One closed list; the words of each come from `reason()`.
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
  timestamp_syntax,        // "-" alone: InfluxDB answers in strconv.ParseInt's words
  timestamp_out_of_range,  // does not fit 64 bits
  time_outside_range,      // fits, but not after the precision is applied
  point_is_invalid,        // text after the timestamp
  // Lines that InfluxDB 1.x takes and weir refuses (docs/line_protocol.md says why).
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
/// exactly 100, 200, 400, ... tags costs its whole request. The reader refuses those
/// (shield_tag_count) unless its options pass them; code that changes a point's tags must not make
/// one.
inline constexpr std::size_t harmful_tag_count_least = 100;
[[nodiscard]] constexpr bool is_harmful_tag_count(std::size_t count) noexcept {
  return count >= harmful_tag_count_least && count % harmful_tag_count_least == 0 &&
         std::has_single_bit(count / harmful_tag_count_least);
}

/// The code's stable name in snake case, for metrics and JSON ("missing_tag_key").
[[nodiscard]] std::string_view name_of(parse_code code) noexcept;

/// The type of a field's value, in InfluxDB's words.
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
  /// 1-based number of the line's first byte's line in the body.
  std::uint64_t line = 0;
  /// The tags are in ascending order of their raw key bytes (InfluxDB's own order).
  bool tags_sorted = true;
  /// The tags' numbers in ascending order of their keys, where the reader knows it anyway and
  /// `tags_sorted` is false; else empty. Whoever changes tags clears it: it also says that they lie
  /// in `text` as views into it, each behind its comma.
  std::span<const std::uint8_t> tag_order;
  /// `series_and_fields` is canonical as it lies: tags sorted, exactly one space before the fields,
  /// and every number spelled as every server reads it.
  bool canonical = true;
  /// The same but for the order of the tags: exactly one space and the field set may be copied.
  bool fields_canonical = true;
  /// A carriage return was taken off the line's end.
  bool carriage_return = false;
};

/// One refused line. Valid as long as a `point_view`. Words are made only when somebody asks.
struct parse_error {
  parse_code code = parse_code::none;
  /// A carriage return was taken off the line's end.
  bool carriage_return = false;
  /// 1-based line number in the body.
  std::uint64_t line = 0;
  /// 1-based byte column, in `text`'s first line, at which the mistake was noticed. For a line that
  /// begins with white space the column counts that white space too.
  std::uint64_t column = 0;
  /// The refused text as InfluxDB quotes it: from the first byte that is not white space.
  std::string_view text;
  /// The offending bytes inside `text` (a number, a key); may be empty.
  std::string_view span;
};

/// InfluxDB's own reason ("missing tag value"), with the numbers it names.
[[nodiscard]] std::string reason(const parse_error& error);

/// What it means and what to do about it, for a person: the explanation and the remedy of
/// `diagnose` in one text.
[[nodiscard]] std::string explanation(const parse_error& error);

/// A mistake told to a person who has never read the specification. The texts may quote up to
/// `quote_bytes_max` bytes of the line as they are, control bytes included: whoever prints them
/// makes those visible.
struct diagnosis {
  static constexpr std::size_t quote_bytes_max = 40;

  /// The mistake's stable name in snake case: one that people are known to make
  /// ("space_after_comma"), or else the name of the error's code. Never empty.
  std::string_view kind;
  /// What is wrong, in a few words without a full stop, for a headline or a count of mistakes.
  std::string_view title;
  /// InfluxDB's own words, as `reason` gives them; empty for a line that is accepted.
  std::string message;
  std::string explanation;
  std::string remedy;
  /// Where the mistake lies in the line's `text`: never longer than the text; `at` may be its end.
  std::size_t at = 0;
  std::size_t length = 1;
  /// `at` as a 1-based byte column, counted as in `parse_error`. The caret's place: often not the
  /// error's own column, which says where a reader noticed.
  std::uint64_t column = 0;
};

/// Explains a refused line. Cold: reads the line again and allocates. Requires: `error` is one that
/// a reader with that `unit_ns` gave, and its line still lies in memory.
[[nodiscard]] diagnosis diagnose(const parse_error& error, std::int64_t unit_ns = 1);

/// A line as it was probably meant.
struct repaired_line {
  /// Longer lines are not repaired.
  static constexpr std::size_t line_bytes_max = 4096;

  /// Continues "If " where something else can be meant ("the space belongs to the tag's value");
  /// empty where that is hardly possible.
  std::string condition;
  /// One or several lines, separated by line feeds; a reader of the same unit takes all of them.
  std::string text;
};

/// What could be written instead of a refused line: at most two lines, the likeliest first; none
/// where what was meant cannot be told. Colder still: reads the line once for each mistake in it.
/// Requires as `diagnose`.
[[nodiscard]] std::vector<repaired_line> repair(const parse_error& error, std::int64_t unit_ns = 1);

/// What is known about an accepted line beyond its bytes.
struct line_circumstances {
  /// `parse_options::unit_ns` that it was read with.
  std::int64_t unit_ns = 1;
  /// A byte order mark was taken off before the line.
  bool byte_order_mark = false;
};

/// What an accepted line probably does not mean to say (a timestamp in seconds that was read as
/// nanoseconds, a quoted tag value): one diagnosis each, without `message`. Costs a fraction of
/// parsing the line where there is nothing to say.
[[nodiscard]] std::vector<diagnosis> advise(const point_view& point,
                                            const line_circumstances& circumstances);

/// The accepted line without what `advise` told as number `index`; none where that has no repair.
[[nodiscard]] std::vector<repaired_line> repair(const point_view& point,
                                                const line_circumstances& circumstances,
                                                std::size_t index);

/// Whether bytes that are not UTF-8 cost their line (`reject`) or are passed on as 1.x does.
enum class utf8_policy : std::uint8_t { reject, pass };

/// What becomes of a line with a number of tags that `is_harmful_tag_count`.
enum class tag_count_policy : std::uint8_t { reject, pass };

struct parse_options {
  /// Nanoseconds in one unit of the timestamps' precision: 1, 1'000, 1'000'000, 1'000'000'000,
  /// 60'000'000'000 or 3'600'000'000'000. The product is checked for overflow.
  std::int64_t unit_ns = 1;
  utf8_policy utf8 = utf8_policy::reject;
  tag_count_policy tag_count = tag_count_policy::reject;
  /// Longer lines are refused (shield_line_too_long), in bytes without the line feed.
  std::size_t line_bytes_max = std::size_t{1} << 20;
  /// A byte order mark (EF BB BF) at the very beginning of the body is taken off and counted. Off
  /// for lines that are no body of their own, whose first name may begin so.
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
  /// Carriage returns taken off before a line feed; of some lines before `next` has returned them.
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
  /// their end is read. A line that is not complete is copied and kept.
  void feed(std::string_view piece);

  /// Says that the body is complete; then `next` yields what is left.
  void finish();

  /// The next point or error, or `more` when the pieces so far hold no further complete line.
  [[nodiscard]] line_event next();

  /// Requires: `next` returned `point` (`error`).
  [[nodiscard]] const point_view& point() const noexcept;
  /// `point()`, and behind it those that were read with it and that `next` will return next: for
  /// whoever works on some at a time. Requires and is valid as `point`.
  [[nodiscard]] std::span<const point_view> upcoming() const noexcept;
  /// As if `next` were called so many times. Requires: count < upcoming().size().
  void skip(std::size_t count) noexcept;
  [[nodiscard]] const parse_error& error() const noexcept;

  [[nodiscard]] const line_counts& counts() const noexcept;

  /// Bytes of an incomplete line kept at the moment: what a memory budget should count.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  /// Gives up buffers larger than `bytes`, so that one huge line is not remembered for ever.
  void shrink(std::size_t bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Append the bytes that a name or value stands for. 1.x's rules: measurement and field key undo
/// `\,` `\ ` `\=` `\"`; tag keys and values undo `\,` `\ ` `\=`; strings undo `\"` and `\\`; every
/// other backslash stays.
void unescape_measurement(std::string_view raw, std::string& out);
void unescape_tag(std::string_view raw, std::string& out);
void unescape_field_key(std::string_view raw, std::string& out);
void unescape_string(std::string_view raw, std::string& out);

/// Appends the point's canonical series and field set (docs/line_protocol.md): tags sorted by raw
/// key, one space, escapes untouched, numbers respelled only where some server would refuse them.
/// No timestamp and no line feed are written.
void append_canonical(const point_view& point, std::string& out);

/// The same in two parts, series and field set, into a buffer of the caller's with `canonical_room`
/// bytes for both: more than they have, because some are written twice. They return the end.
[[nodiscard]] std::size_t canonical_room(const point_view& point) noexcept;
[[nodiscard]] char* write_canonical_series(const point_view& point, char* to);
[[nodiscard]] char* write_canonical_fields(const point_view& point, char* to) noexcept;

/// The kernel in use: the one that the environment variable WEIR_KERNEL names, if this machine can
/// run it, or else the fastest. All kernels give the same answers.
[[nodiscard]] std::string_view kernel_name() noexcept;

/// Those that this machine can run, fastest first: "avx512", "avx2", "sse42" (x86-64) and always
/// "scalar".
[[nodiscard]] std::vector<std::string_view> kernel_names();

}  // namespace weir
