// SPDX-License-Identifier: Apache-2.0
//
// HOT. The algorithm of the two-pass kernels, once for all instruction sets. It is included into
// the target region of each kernel_*.cpp, behind its `block`, `key_image` and `write_marks`, and
// nowhere else (hence neither includes nor a guard).
//
// First pass, a window of some KiB at a time: which bytes are delimiters, as bitmaps of 64 bytes,
// then as a list of offsets, the marks.
//
//   bytes      cpu,host=a\ b text="x, y",n=1i 15\n
//   marks         ^    ^    ^    ^^    ^^ ^  ^  ^     escaped ones and those in strings are left
//   out
//
// A line feed ends every string and every escape here, so that marks depend on nothing before
// their line: a line that the walk gives up costs no other line anything.
//
// Second pass, a line at a time: between two marks lies a name or a value. Where a byte is not the
// one that must stand there the walk gives up, and the exact reader judges the line. A backslash
// that is escaped itself, which 1.x's scanners read differently, is marked so that the walk gives
// up.

// ---- first pass ---------------------------------------------------------------------------------

struct mark_state {
  std::uint64_t escape = 0;  // 1: the block before ended in a backslash that escapes
  std::uint64_t quoted = 0;  // all ones: the block begins inside a string
  std::uint64_t high = 0;
  std::uint32_t quoted_blocks = 0;  // those with a quote
};

// The bytes that a backslash escapes: those behind a run of backslashes of odd length, and every
// second backslash of a run. A subtraction's borrow runs through each run of backslashes and leaves
// the parity of its length at its end.
WEIR_INLINE std::uint64_t find_escaped(std::uint64_t backslashes, std::uint64_t& escape) noexcept {
  constexpr std::uint64_t odd = 0xaaaaaaaaaaaaaaaaU;
  const std::uint64_t starts = backslashes & ~escape;
  const std::uint64_t alternating = (((starts << 1) | odd) - starts) ^ odd;
  const std::uint64_t escaped = alternating ^ (backslashes | escape);
  escape = (alternating & backslashes) >> 63;
  return escaped;
}

// Ones from each quote up to the next one.
WEIR_INLINE std::uint64_t between_quotes(std::uint64_t quotes) noexcept {
  const __m128i bits = _mm_set_epi64x(0, static_cast<long long>(quotes));
  return static_cast<std::uint64_t>(
      _mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, _mm_set1_epi8(-1), 0)));
}

// Blocks that have neither a backslash nor a quote need not come here.
template <bool has_backslashes>
WEIR_INLINE std::uint64_t mark_with_quotes(const block& bytes, std::uint64_t marks,
                                           std::uint64_t quotes, std::uint64_t backslashes,
                                           mark_state& state) noexcept {
  const std::uint64_t line_feeds = bytes.equal('\n');
  if (has_backslashes) {
    const std::uint64_t escaped = find_escaped(backslashes, state.escape);
    marks = (marks & ~escaped) | line_feeds | (escaped & backslashes);
    quotes &= ~escaped;
  }
  std::uint64_t strings = between_quotes(quotes) ^ state.quoted;
  for (std::uint64_t cut = line_feeds & strings; cut != 0; cut = line_feeds & strings) {
    strings ^= ~((cut & (0 - cut)) - 1);  // a line feed inside a string: it ends there
  }
  state.quoted = 0 - (strings >> 63);
  return (marks & ~strings) | quotes;
}

// Where neither every block nor hardly any has a quote, a branch on it is a coin's toss that costs
// more than doing without.
enum class quote_blocks { predictable, mixed };

template <quote_blocks are>
WEIR_INLINE std::uint64_t find_marks(const block& bytes, mark_state& state) noexcept {
  const std::uint64_t marks = bytes.delimiters();
  const std::uint64_t quotes = bytes.equal('"');
  const std::uint64_t backslashes = bytes.equal('\\');
  state.high |= bytes.high_bits();
  if (are == quote_blocks::mixed) {
    state.quoted_blocks += quotes != 0 ? 1 : 0;
    if ((backslashes | state.escape) != 0) {
      return mark_with_quotes<true>(bytes, marks, quotes, backslashes, state);
    }
    return mark_with_quotes<false>(bytes, marks, quotes, 0, state);
  }
  if ((quotes | backslashes | state.quoted | state.escape) == 0) {
    return marks;
  }
  state.quoted_blocks += quotes != 0 ? 1 : 0;
  return mark_with_quotes<true>(bytes, marks, quotes, backslashes, state);
}

template <quote_blocks are>
WEIR_INLINE std::uint32_t* write_block(const char* bytes, std::size_t offset, mark_state& state,
                                       std::uint32_t* out) noexcept {
  return write_marks(find_marks<are>(block{bytes}, state), static_cast<std::uint32_t>(offset), out);
}

// Marks whole blocks up to `size` bytes, or as many as there is room for; `at` is left behind the
// last.
template <quote_blocks are>
[[gnu::noinline]] inline std::uint32_t* write_blocks(const char* base, std::size_t size,
                                                     std::uint32_t* const first, std::size_t& at,
                                                     mark_state& result) noexcept {
  mark_state state;
  std::uint32_t* out = first;
  std::size_t offset = 0;
  for (; offset + 64 <= size && out <= first + marks_max; offset += 64) {
    out = write_block<are>(base + offset, offset, state, out);
  }
  at = offset;
  result = state;
  return out;
}

// Marks the lines from `window.line` on. False: the line there is for the scalar kernel.
[[gnu::noinline]] inline bool mark_lines(const line_window& window, line_marks& marks) {
  const char* const base = window.line;
  if (base - window.begin < static_cast<std::ptrdiff_t>(bytes_before_line)) {
    marks.plain_end = base + 1;
    return false;
  }
  marks.prepare();
  const auto left = static_cast<std::size_t>(window.end - base);
  const std::size_t size = left < marked_bytes_max ? left : marked_bytes_max;
  std::uint32_t* const first = marks.storage->at;
  std::size_t at = 0;
  mark_state state;
  std::uint32_t* out = marks.quotes_mixed
                           ? write_blocks<quote_blocks::mixed>(base, size, first, at, state)
                           : write_blocks<quote_blocks::predictable>(base, size, first, at, state);
  marks.quotes_mixed = state.quoted_blocks > at / 64 / 16 && state.quoted_blocks < at / 64 * 3 / 4;
  if (at + 64 > size && at < size) {
    char rest[64] = {};
    std::memcpy(rest, base + at, size - at);
    out = write_block<quote_blocks::predictable>(rest, at, state, out);
    at = size;
  }
  while (out > first && (base[out[-1]] != '\n' || left - out[-1] <= bytes_behind_line)) {
    --out;
  }
  if (out == first) {
    marks.plain_end = at == left ? window.end : base + 1;
    return false;
  }
  for (int i = 0; i < 8; ++i) {
    out[i] = out[-1];  // the walk may look beyond the end of the last line
  }
  marks.base = base;
  marks.lines_end = base + out[-1] + 1;
  marks.next = first;
  marks.ascii = state.high == 0;
  return true;
}

// ---- other values -------------------------------------------------------------------------------

WEIR_INLINE std::uint32_t load4(const char* bytes) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// t T true True TRUE f F false False FALSE
WEIR_INLINE bool read_boolean(const char* begin, const char* end, field_view& field) noexcept {
  const auto length = end - begin;
  const std::uint32_t word = load4(end - 4);  // its last four letters
  // Sums, not branches: which of the words it is cannot be predicted.
  const auto is = [](std::uint32_t a, std::uint32_t b) noexcept { return a == b ? 1U : 0U; };
  const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(*begin));
  const std::uint32_t one = length == 1 ? 1 : 0;
  const std::uint32_t is_true =
      is(word, load4("true")) + is(word, load4("True")) + is(word, load4("TRUE"));
  const std::uint32_t is_false = is(word, load4("alse")) * (is(first, 'f') + is(first, 'F')) +
                                 is(word, load4("ALSE")) * is(first, 'F');
  const std::uint32_t yes = one * (is(first, 't') + is(first, 'T')) + (length == 4 ? is_true : 0);
  const std::uint32_t no = one * (is(first, 'f') + is(first, 'F')) + (length == 5 ? is_false : 0);
  field.type = field_type::boolean;
  field.uint_value = 0;
  field.bool_value = yes != 0;
  return yes + no != 0;
}

[[gnu::noinline]] inline bool read_other_value(const char* begin, const char* end,
                                               field_view& field) noexcept {
  if (end[-1] == 'u') {
    field.type = field_type::uint64;
    return parse_uint64(between(begin, end - 1), field.uint_value) == number_error::none;
  }
  return read_boolean(begin, end, field);
}

// ---- second pass --------------------------------------------------------------------------------
//
// `mark` is the next mark and moves on. State is passed as single locals, not as an object: only so
// do the compilers keep it in registers.

// A carriage return belongs to the line feed behind it.
WEIR_INLINE const char* without_return(const char* end) noexcept {
  return end - (*end == '\n' && end[-1] == '\r' ? 1 : 0);
}

// Lines of one measurement mostly have the same tag keys. Its last bytes choose where they are
// remembered; two that choose the same only cost each other time.
WEIR_INLINE tag_layout& layout_of(const char* begin, const char* end,
                                  line_marks::memory& memory) noexcept {
  const auto length = static_cast<unsigned>(end - begin);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, end - sizeof bytes, sizeof bytes);
  bytes = length < 8 ? bytes >> (64 - 8 * length) : bytes;
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  return memory.layouts[(bytes * odd) >> (64 - line_marks::layouts_bits)];
}

// At the comma before a tag; moves to the mark behind it.
WEIR_INLINE bool read_tag(const char* const base, const char*& at, const std::uint32_t*& mark,
                          tag_view& tag, const char*& equals) noexcept {
  const char* const key = at + 1;
  equals = base + mark[0];
  at = base + mark[1];
  mark += 2;
  tag.key = between(key, equals);
  tag.value = between(equals + 1, at);
  return *equals == '=' && equals != key && at != equals + 1;
}

// At the mark behind the measurement. Returns the mark that ends the series, and `tag` behind the
// last. A single tag is in order; further ones are compared with those of a line before.
WEIR_INLINE const char* read_tags(const char* const base, const char* const line, const char* at,
                                  const std::uint32_t*& mark, line_marks::memory& memory,
                                  line_scratch& scratch, tag_view*& tag, std::uint8_t* order,
                                  point_view& point) {
  tag_view* const first = tag;
  tag_view* const last = scratch.tags.data() + scratch.tags.size();
  if (tag == last) {
    return nullptr;
  }
  const char* const name_end = at;
  const char* key = at + 1;
  const char* equals = nullptr;
  if (!read_tag(base, at, mark, *tag++, equals)) {
    return nullptr;
  }
  if (*at != ',') {
    return at;
  }
  tag_layout& layout = layout_of(line, name_end, memory);
  std::size_t image = 0;
  key_difference difference = no_difference();
  for (;;) {
    // A key too long for an image has no '=' where the image has its own.
    add_difference(difference, key, static_cast<std::size_t>(equals + 1 - key),
                   layout.images + image);
    // More tags than an image has are compared with something, to no harm: the count differs.
    image = (image + tag_layout::image_bytes) % sizeof layout.images;
    if (*at != ',') {
      break;
    }
    if (tag == last) {
      return nullptr;
    }
    key = at + 1;
    if (!read_tag(base, at, mark, *tag++, equals)) {
      return nullptr;
    }
  }
  const auto count = static_cast<std::size_t>(tag - first);
  bool known = true;
  if (count != layout.count || !is_none(difference)) {
    if (!layout.learn({first, count}, scratch.order, point.tags_sorted)) {
      return nullptr;
    }
    known = layout.count == count;
  } else {
    point.tags_sorted = layout.sorted;
  }
  if (!point.tags_sorted && known) {
    // A copy: another line that is read together with this one may change the layout.
    std::memcpy(order, layout.order, sizeof layout.order);
    point.tag_order = {order, count};
  }
  return at;
}

WEIR_INLINE bool has_leading_zero(const char* digits) noexcept {
  return *digits == '0' && is_digit(digits[1]);
}

// None, or so many digits that they may not fit.
[[gnu::noinline]] inline bool read_long_integer(const char* begin, const char* end,
                                                field_view& field) noexcept {
  field.type = field_type::int64;
  return parse_int64(between(begin, end), field.int_value) == number_error::none;
}

WEIR_INLINE bool read_integer(const char* begin, const char* end, field_view& field, __m128i& wrong,
                              bool& odd_spelling) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto count = static_cast<std::size_t>(end - digits);
  odd_spelling |= has_leading_zero(digits);
  if (count - 1 >= 16) {
    return read_long_integer(begin, end, field);
  }
  const std::uint64_t value = combine_digits(digits_of(load16(end - 16), count, wrong));
  field.type = field_type::int64;
  field.int_value = static_cast<std::int64_t>(negative ? 0 - value : value);
  return true;
}

// Digits of which the sum fits 53 bits, divided by a power of ten that a double holds exactly,
// round once and therefore correctly.
WEIR_INLINE bool read_float(const char* begin, const char* end, field_view& field,
                            bool& odd_spelling) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto length = static_cast<std::size_t>(end - digits);
  field.type = field_type::float64;
  odd_spelling |= has_leading_zero(digits);
  if (length - 1 < 16) {
    const std::uint32_t points = points_in(end) & (0xffff0000U >> length);
    const int point = points != 0 ? __builtin_ctz(points) : -1;
    const std::size_t count = length - (points != 0 ? 1 : 0);
    __m128i wrong = _mm_setzero_si128();
    const std::uint64_t sum = combine_digits(digits_of(without_point(end, point), count, wrong));
    if (_mm_testz_si128(wrong, wrong) != 0 && sum <= exact_integer_max && is_digit(*digits)) {
      const auto whole = static_cast<double>(static_cast<std::int64_t>(sum));
      const double value = whole / powers_of_ten[points != 0 ? 15 - point : 0];
      field.float_value = negative ? -value : value;
      return true;
    }
  } else if (length - 17 < long_float_max - 16) {
    return read_long_float(begin, digits, end, field);
  }
  return read_float_slow(begin, end, field);
}

// At the space that ends the series. Returns the mark that ends the field set, and `field` behind
// the last. Or nullptr: then `field` is behind the last that is good, and its key, unless there is
// no room for it, is where the exact reader can go on.
WEIR_INLINE const char* read_fields(const char* const base, const char* at,
                                    const std::uint32_t*& mark, const field_view* last,
                                    field_view*& field, __m128i& wrong,
                                    bool& odd_spelling) noexcept {
  do {
    if (field == last) {
      return nullptr;
    }
    const char* const key = at + 1;
    const char* const equals = base + mark[0];
    at = base + mark[1];
    mark += 2;
    field->key = between(key, equals);
    if (*equals != '=' || equals == key) {
      return nullptr;
    }
    const char* const begin = equals + 1;
    if (*at == '"') {
      const char* const quote = base + mark[0];
      const bool is_string = at == begin && *quote == '"';
      field->text = between(begin, quote + 1);
      field->type = field_type::string;
      field->uint_value = 0;
      at = base + mark[1];
      mark += 2;
      if (!is_string || without_return(at) != quote + 1) {
        return nullptr;
      }
    } else {
      const char* const end = without_return(at);
      field->text = between(begin, end);
      const char kind = end[-1];
      const bool good = kind == 'i'      ? read_integer(begin, end - 1, *field, wrong, odd_spelling)
                        : is_digit(kind) ? read_float(begin, end, *field, odd_spelling)
                                         : read_other_value(begin, end, *field);
      if (!good) {
        return nullptr;
      }
    }
    ++field;
  } while (*at == ',');
  if (*at != ' ' && *at != '\n') {
    --field;  // what follows it makes it another
    return nullptr;
  }
  return at;
}

// At the space before the timestamp, which ends at `end`.
WEIR_INLINE bool read_time(const char* at, const char* end, std::int64_t unit_ns,
                           std::uint64_t units_max, __m128i& wrong,
                           std::optional<std::int64_t>& result) noexcept {
  const char* const begin = at + 1;
  const bool negative = *begin == '-';
  const auto count = static_cast<std::size_t>(end - begin) - (negative ? 1 : 0);
  if (count - 1 >= 19) {
    return false;
  }
  const std::uint64_t units = read_digits(end, count, wrong);
  // Of too many units the product wraps, and is not used.
  result = static_cast<std::int64_t>((negative ? 0 - units : units) *
                                     static_cast<std::uint64_t>(unit_ns));
  return units <= units_max;
}

// The last of the run of spaces that begins at the mark `at`: each of them is a mark.
WEIR_INLINE const char* skip_spaces(const char* const base, const char* at,
                                    const std::uint32_t*& mark) noexcept {
  while (at[1] == ' ') {
    at = base + *mark++;
  }
  return at;
}

// What a walk needs beside the line.
struct walk_context {
  line_marks& marks;
  line_scratch& scratch;
  std::int64_t unit_ns;
  std::uint64_t units_max;  // a time of more would not fit
  std::size_t line_bytes_max;
};

// Remembers what the walk had read when it gave up at `at`: tags and fields before `tag` and
// `field`. Only of use if the line is the first of those that are read together.
[[gnu::noinline]] inline const char* give_up(const walk_context& context, line_progress::part done,
                                             const char* at, const tag_view* tag,
                                             const field_view* field,
                                             bool fields_canonical) noexcept {
  line_scratch& scratch = context.scratch;
  scratch.tag_count = static_cast<std::size_t>(tag - scratch.tags.data());
  scratch.field_count = static_cast<std::size_t>(field - scratch.fields.data());
  context.marks.progress = {done, at, scratch.field_count, fields_canonical};
  return nullptr;
}

// The line whose first mark is `mark`, which is left at the mark behind the line, as `tag` and
// `field` are behind its last ones.
WEIR_INLINE const char* walk_line(const char* const base, const char* const line,
                                  const std::uint32_t*& mark, const walk_context& context,
                                  tag_view*& tag, field_view*& field, std::uint8_t* order,
                                  point_view& point, std::uint64_t& carriage_returns) {
  using part = line_progress::part;
  const char first = *line;
  const char* const name_end = base + *mark++;
  if (name_end == line || first == '#' || first == '\t' || first == '\0') {
    return nullptr;
  }
  const tag_view* const first_tag = tag;
  const field_view* const first_field = field;
  const char* at = name_end;
  point.tags_sorted = true;
  point.tag_order = {};
  if (*at == ',') {
    at =
        read_tags(base, line, at, mark, *context.marks.storage, context.scratch, tag, order, point);
  }
  if (at == nullptr || *at != ' ') {
    return nullptr;
  }
  const char* const series_end = at;
  point.series = between(line, at);
  point.measurement = between(line, name_end);
  at = skip_spaces(base, at, mark);
  __m128i wrong = _mm_setzero_si128();
  bool odd_spelling = at != series_end;
  const field_view* const last_field =
      context.scratch.fields.data() + context.scratch.fields.size();
  at = is_white_space(at[1]) ? nullptr
                             : read_fields(base, at, mark, last_field, field, wrong, odd_spelling);
  if (at == nullptr) {
    const bool some =
        field != first_field && field != last_field && _mm_testz_si128(wrong, wrong) != 0;
    return some ? give_up(context, part::fields, field->key.data(), tag, field, !odd_spelling)
                : give_up(context, part::series, series_end, tag, first_field, true);
  }
  const char* end = without_return(at);
  const char* const fields_end = end;
  const __m128i wrong_fields = wrong;
  bool good = true;
  if (*at == ' ') {
    const char* const space = at;
    at = base + *mark++;
    end = without_return(at);
    good = read_time(space, end, context.unit_ns, context.units_max, wrong, point.time);
    if (*at == ' ') {
      at = skip_spaces(base, at, mark);
      const char* const next = base + *mark;
      if (*at == ' ' && *next == '\n' && without_return(next) == at + 1) {
        at = next;
        ++mark;
      }
      end = without_return(at);
    }
  } else {
    point.time.reset();
  }
  if (!good || *at != '\n' || _mm_testz_si128(wrong, wrong) == 0 ||
      static_cast<std::size_t>(at - line) > context.line_bytes_max) {
    return _mm_testz_si128(wrong_fields, wrong_fields) != 0
               ? give_up(context, part::all, fields_end, tag, field, !odd_spelling)
               : give_up(context, part::series, series_end, tag, first_field, true);
  }
  point.text = between(line, end);
  point.series_and_fields = between(line, fields_end);
  point.tags = {first_tag, tag};
  point.fields = {first_field, field};
  point.fields_canonical = !odd_spelling;
  point.canonical = point.tags_sorted && !odd_spelling;
  carriage_returns += static_cast<std::uint64_t>(at - end);
  point.carriage_return = at != end;
  return at + 1;
}

inline lines_read read_lines(const line_window& window, const parse_options& options,
                             line_marks& marks, line_scratch& scratch, point_view* points,
                             std::size_t max) {
  marks.progress.done = line_progress::part::nothing;
  if (window.line >= marks.lines_end &&
      (window.line < marks.plain_end || !mark_lines(window, marks))) {
    return scalar_kernel.read_lines(window, options, marks, scratch, points, max);
  }
  const char* const base = marks.base;
  const std::uint32_t* mark = marks.next;
  while (base + *mark < window.line) {
    ++mark;  // over what the exact reader has read
  }
  const walk_context context{marks, scratch, options.unit_ns,
                             static_cast<std::uint64_t>(time_max / options.unit_ns),
                             options.line_bytes_max};
  const tag_view* const last_tag = scratch.tags.data() + scratch.tags.size();
  const field_view* const last_field = scratch.fields.data() + scratch.fields.size();
  tag_view* tag = scratch.tags.data();
  field_view* field = scratch.fields.data();
  std::uint8_t* order = scratch.orders.data();
  const char* line = window.line;
  std::size_t count = 0;
  std::uint64_t carriage_returns = 0;
  for (;;) {
    const tag_view* const first_tag = tag;
    const field_view* const first_field = field;
    marks.next = mark;
    point_view& point = points[count];
    const char* const after =
        walk_line(base, line, mark, context, tag, field, order, point, carriage_returns);
    if (after == nullptr) {
      break;
    }
    point.line = window.number + count;
    line = after;
    ++count;
    order += tag_layout::tags_max;
    // Another line of this shape must have room.
    if (count == max || line >= marks.lines_end || last_tag - tag < tag - first_tag ||
        last_field - field < field - first_field) {
      marks.next = mark;
      break;
    }
  }
  return count > 0 ? lines_read{line, count, carriage_returns} : lines_read{};
}
