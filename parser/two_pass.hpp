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

// Most blocks do not come here: they have neither a backslash nor a quote.
WEIR_INLINE std::uint64_t mark_with_quotes(const block& bytes, std::uint64_t marks,
                                           std::uint64_t quotes, std::uint64_t backslashes,
                                           mark_state& state) noexcept {
  const std::uint64_t line_feeds = bytes.equal('\n');
  const std::uint64_t escaped = find_escaped(backslashes, state.escape);
  marks = (marks & ~escaped) | line_feeds | (escaped & backslashes);
  quotes &= ~escaped;
  std::uint64_t strings = between_quotes(quotes) ^ state.quoted;
  for (std::uint64_t cut = line_feeds & strings; cut != 0; cut = line_feeds & strings) {
    strings ^= ~((cut & (0 - cut)) - 1);  // a line feed inside a string: it ends there
  }
  state.quoted = 0 - (strings >> 63);
  return (marks & ~strings) | quotes;
}

WEIR_INLINE std::uint64_t find_marks(const block& bytes, mark_state& state) noexcept {
  const std::uint64_t marks = bytes.delimiters();
  const std::uint64_t quotes = bytes.equal('"');
  const std::uint64_t backslashes = bytes.equal('\\');
  state.high |= bytes.high_bits();
  if ((quotes | backslashes | state.quoted | state.escape) == 0) {
    return marks;
  }
  return mark_with_quotes(bytes, marks, quotes, backslashes, state);
}

inline std::uint32_t* write_block(const char* bytes, std::size_t offset, mark_state& state,
                                  std::uint32_t* out) noexcept {
  return write_marks(find_marks(block{bytes}, state), static_cast<std::uint32_t>(offset), out);
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
  std::uint32_t* out = first;
  std::size_t at = 0;
  mark_state state;
  for (; at + 64 <= size && out <= first + marks_max; at += 64) {
    out = write_block(base + at, at, state, out);
  }
  if (at + 64 > size && at < size) {
    char rest[64] = {};
    std::memcpy(rest, base + at, size - at);
    out = write_block(rest, at, state, out);
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

// ---- numbers ------------------------------------------------------------------------------------

WEIR_INLINE bool is_digit(char byte) noexcept {
  return static_cast<unsigned char>(byte - '0') < 10;
}

// The number that 16 digits (0 to 9, the most significant first) make: pairs, fours, eights.
WEIR_INLINE std::uint64_t combine_digits(__m128i digits) noexcept {
  const __m128i pairs = _mm_maddubs_epi16(digits, load16(lanes.tens));
  const __m128i fours = _mm_madd_epi16(pairs, load16(lanes.hundreds));
  const __m128i packed = _mm_packus_epi32(fours, fours);
  const __m128i eights = _mm_madd_epi16(packed, load16(lanes.ten_thousands));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xffffffffU) * 100000000U + (both >> 32);
}

// The last `count` (0 to 16) of these characters as digits, zeros before them. What is no digit
// leaves a bit in `wrong`.
WEIR_INLINE __m128i digits_of(__m128i characters, std::size_t count, __m128i& wrong) noexcept {
  const __m128i digits = _mm_and_si128(_mm_sub_epi8(characters, load16(lanes.zero_characters)),
                                       load16(suffix_masks + count));
  wrong = _mm_or_si128(wrong, _mm_subs_epu8(digits, load16(lanes.nines)));
  return digits;
}

// The number of 1 to 19 digits that ends at `end`.
WEIR_INLINE std::uint64_t read_digits(const char* end, std::size_t count, __m128i& wrong) noexcept {
  if (count <= 16) {
    return combine_digits(digits_of(load16(end - 16), count, wrong));
  }
  const std::uint64_t low = combine_digits(digits_of(load16(end - 16), 16, wrong));
  const std::uint64_t high = combine_digits(digits_of(load16(end - 32), count - 16, wrong));
  return high * 10'000'000'000'000'000U + low;
}

WEIR_INLINE std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

[[gnu::noinline]] inline bool read_float_slow(const char* begin, const char* end,
                                              field_view& field) noexcept {
  const char* const digits = begin + (*begin == '-' ? 1 : 0);
  const char* point = digits;
  while (point < end && *point != '.') {
    ++point;
  }
  // ".5" and "1.e5" are for the exact reader.
  const bool is_plain = is_digit(*digits) && (point == end || is_digit(point[1]));
  return is_plain && parse_double(between(begin, end), field.float_value) == number_error::none;
}

// 16 characters of a number of which the point is lane `point` (negative: it is none of these):
// those up to it are taken one byte further left, so that the point disappears.
WEIR_INLINE __m128i without_point(const char* end, int point) noexcept {
  const __m128i near = load16(end - 16);
  const __m128i far = load16(end - 17);
  const __m128i is_behind =
      _mm_cmpgt_epi8(load16(lanes.numbers), _mm_set1_epi8(static_cast<char>(point)));
  return _mm_blendv_epi8(far, near, is_behind);
}

WEIR_INLINE std::uint32_t points_in(const char* end) noexcept {
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(load16(end - 16), load16(lanes.points))));
}

// 17 to 20 characters, among them a point.
[[gnu::noinline]] inline bool read_long_float(const char* begin, const char* digits,
                                              const char* end, field_view& field) noexcept {
  const auto length = static_cast<unsigned>(end - digits);
  const std::uint32_t points =
      (points_in(end) << 16 | points_in(end - 16)) & (~std::uint32_t{0} << (32 - length));
  if (points == 0 || !is_digit(*digits)) {
    return read_float_slow(begin, end, field);
  }
  const int point = __builtin_ctz(points);
  __m128i wrong = _mm_setzero_si128();
  const unsigned count = length - 1;
  const __m128i low = digits_of(without_point(end, point - 16), 16, wrong);
  const __m128i high =
      digits_of(without_point(end - 16, point < 16 ? point : 15), count - 16, wrong);
  const std::uint64_t sum = combine_digits(high) * 10'000'000'000'000'000U + combine_digits(low);
  const auto decimals = static_cast<unsigned>(31 - point);
  double value = 0;
  if (_mm_testz_si128(wrong, wrong) == 0 || !scale_digits(sum, decimals, value)) {
    return read_float_slow(begin, end, field);
  }
  field.float_value = digits != begin ? -value : value;
  return true;
}

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

// At the comma before a tag. Returns the mark behind it, or nullptr.
WEIR_INLINE const char* read_tag(const char* const base, const char* at, const std::uint32_t*& mark,
                                 tag_view& tag, const char*& equals) noexcept {
  const char* const key = at + 1;
  equals = base + mark[0];
  at = base + mark[1];
  mark += 2;
  tag.key = between(key, equals);
  tag.value = between(equals + 1, at);
  return *equals != '=' || equals == key || at == equals + 1 ? nullptr : at;
}

// At the mark behind the measurement. Returns the mark that ends the series. A single tag is in
// order; further ones are compared with those of a line before.
WEIR_INLINE const char* read_tags(const char* const base, const char* const line, const char* at,
                                  const std::uint32_t*& mark, line_marks::memory& memory,
                                  line_scratch& scratch, point_view& point) {
  tag_view* const first = scratch.tags.data();
  tag_view* const last = first + scratch.tags.size();
  tag_view* tag = first;
  if (tag == last) {
    return nullptr;
  }
  const char* const name_end = at;
  const char* key = at + 1;
  const char* equals = nullptr;
  at = read_tag(base, at, mark, *tag++, equals);
  scratch.tag_count = 1;
  if (at == nullptr || *at != ',') {
    return at;
  }
  tag_layout& layout = layout_of(line, name_end, memory);
  const char* image = layout.images;
  key_difference difference = no_difference();
  bool fits = true;
  for (;;) {
    const auto bytes = static_cast<std::size_t>(equals + 1 - key);
    if (bytes > tag_layout::image_bytes) {
      fits = false;
    } else {
      add_difference(difference, key, bytes, image);
    }
    image += tag_layout::image_bytes;
    // More tags than an image has are compared with something, to no harm: the count differs.
    image = image == layout.images + sizeof layout.images ? layout.images : image;
    if (*at != ',') {
      break;
    }
    if (tag == last) {
      return nullptr;
    }
    key = at + 1;
    at = read_tag(base, at, mark, *tag++, equals);
    if (at == nullptr) {
      return nullptr;
    }
  }
  const auto count = static_cast<std::size_t>(tag - first);
  scratch.tag_count = count;
  if (count != layout.count || !fits || !is_none(difference)) {
    bool sorted = true;
    if (!layout.learn({first, count}, scratch.order, sorted)) {
      return nullptr;
    }
    point.tags_sorted = sorted;
    point.tag_order = {layout.order, !sorted && layout.count == count ? count : 0};
  } else if (!layout.sorted) {
    point.tags_sorted = false;
    point.tag_order = {layout.order, count};
  }
  return at;
}

WEIR_INLINE bool has_leading_zero(const char* digits) noexcept {
  return *digits == '0' && is_digit(digits[1]);
}

WEIR_INLINE bool read_integer(const char* begin, const char* end, field_view& field, __m128i& wrong,
                              bool& odd_spelling) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto count = static_cast<std::size_t>(end - digits);
  if (count - 1 >= 18) {
    return false;  // none, or so many that they may not fit
  }
  odd_spelling |= has_leading_zero(digits);
  const std::uint64_t value = read_digits(end, count, wrong);
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
  } else if (length - 17 < 4) {
    return read_long_float(begin, digits, end, field);
  }
  return read_float_slow(begin, end, field);
}

// The fields before `field` are good; its key is where the exact reader goes on.
[[gnu::noinline]] inline const char* give_up_field(line_scratch& scratch, const field_view* field,
                                                   const char* key, const char*& at) noexcept {
  scratch.field_count = static_cast<std::size_t>(field - scratch.fields.data());
  if (scratch.field_count > 0) {
    at = key;
  }
  return nullptr;
}

// At the space that ends the series. Returns the mark that ends the field set.
WEIR_INLINE const char* read_fields(const char* const base, const char* at,
                                    const std::uint32_t*& mark, line_scratch& scratch,
                                    __m128i& wrong, bool& odd_spelling,
                                    const char*& gave_up_at) noexcept {
  field_view* const first = scratch.fields.data();
  field_view* const last = first + scratch.fields.size();
  field_view* field = first;
  do {
    const char* const key = at + 1;
    const char* const equals = base + mark[0];
    at = base + mark[1];
    mark += 2;
    if (*equals != '=' || equals == key || field == last) {
      return give_up_field(scratch, field, key, gave_up_at);
    }
    field->key = between(key, equals);
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
        return give_up_field(scratch, field, key, gave_up_at);
      }
    } else {
      const char* const end = without_return(at);
      field->text = between(begin, end);
      const char kind = end[-1];
      const bool good = kind == 'i'      ? read_integer(begin, end - 1, *field, wrong, odd_spelling)
                        : is_digit(kind) ? read_float(begin, end, *field, odd_spelling)
                                         : read_other_value(begin, end, *field);
      if (!good) {
        return give_up_field(scratch, field, key, gave_up_at);
      }
    }
    ++field;
  } while (*at == ',');
  if (*at != ' ' && *at != '\n') {
    --field;  // what follows it makes it another
    return give_up_field(scratch, field, field->key.data(), gave_up_at);
  }
  scratch.field_count = static_cast<std::size_t>(field - first);
  return at;
}

// At the space before the timestamp, which ends at `end`.
WEIR_INLINE bool read_time(const char* at, const char* end, const parse_options& options,
                           __m128i& wrong, std::optional<std::int64_t>& result) noexcept {
  const char* const begin = at + 1;
  const bool negative = *begin == '-';
  const auto count = static_cast<std::size_t>(end - begin) - (negative ? 1 : 0);
  if (count - 1 >= 19) {
    return false;
  }
  const std::uint64_t value = read_digits(end, count, wrong);
  auto time = static_cast<std::int64_t>(negative ? 0 - value : value);
  if (value > static_cast<std::uint64_t>(time_max) ||
      __builtin_mul_overflow(time, options.unit_ns, &time) || time < time_min || time > time_max) {
    return false;
  }
  result = time;
  return true;
}

// Remembers what the walk had read when it gave up at `at`.
[[gnu::noinline]] inline const char* give_up(line_progress& progress, line_progress::part done,
                                             const char* at, std::size_t field_count,
                                             bool fields_canonical) noexcept {
  progress = {done, at, field_count, fields_canonical};
  return nullptr;
}

// The last of the run of spaces that begins at the mark `at`: each of them is a mark.
WEIR_INLINE const char* skip_spaces(const char* const base, const char* at,
                                    const std::uint32_t*& mark) noexcept {
  while (at[1] == ' ') {
    at = base + *mark++;
  }
  return at;
}

// The line whose first mark is `mark`, which is left at the mark behind the line.
WEIR_INLINE const char* walk_line(const char* const base, const char* const line,
                                  const std::uint32_t*& mark, const parse_options& options,
                                  line_marks& marks, line_scratch& scratch, point_view& point) {
  using part = line_progress::part;
  const char first = *line;
  const char* const name_end = base + *mark++;
  marks.progress.done = part::nothing;
  if (name_end == line || first == '#' || first == '\t' || first == '\0') {
    return nullptr;
  }
  const char* at = name_end;
  scratch.tag_count = 0;
  point.tags_sorted = true;
  point.tag_order = {};
  if (*at == ',') {
    at = read_tags(base, line, at, mark, *marks.storage, scratch, point);
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
  const char* gave_up_at = series_end;
  at = is_white_space(at[1])
           ? nullptr
           : read_fields(base, at, mark, scratch, wrong, odd_spelling, gave_up_at);
  if (at == nullptr) {
    const bool some = gave_up_at != series_end && _mm_testz_si128(wrong, wrong) != 0;
    return some ? give_up(marks.progress, part::fields, gave_up_at, scratch.field_count,
                          !odd_spelling)
                : give_up(marks.progress, part::series, series_end, 0, true);
  }
  const char* end = without_return(at);
  const char* const fields_end = end;
  const __m128i wrong_fields = wrong;
  point.time.reset();
  bool good = true;
  if (*at == ' ') {
    const char* const space = at;
    at = base + *mark++;
    end = without_return(at);
    good = read_time(space, end, options, wrong, point.time);
    if (*at == ' ') {
      at = skip_spaces(base, at, mark);
      const char* const next = base + *mark;
      if (*at == ' ' && *next == '\n' && without_return(next) == at + 1) {
        at = next;
        ++mark;
      }
      end = without_return(at);
    }
  }
  if (!good || *at != '\n' || _mm_testz_si128(wrong, wrong) == 0 ||
      static_cast<std::size_t>(at - line) > options.line_bytes_max) {
    return _mm_testz_si128(wrong_fields, wrong_fields) != 0
               ? give_up(marks.progress, part::all, fields_end, scratch.field_count, !odd_spelling)
               : give_up(marks.progress, part::series, series_end, 0, true);
  }
  point.text = between(line, end);
  point.series_and_fields = between(line, fields_end);
  point.tags = {scratch.tags.data(), scratch.tag_count};
  point.fields = {scratch.fields.data(), scratch.field_count};
  point.fields_canonical = !odd_spelling;
  point.canonical = point.tags_sorted && !odd_spelling;
  return at + 1;
}

inline const char* read_line(const line_window& window, const parse_options& options,
                             line_marks& marks, line_scratch& scratch, point_view& point) {
  if (window.line >= marks.lines_end &&
      (window.line < marks.plain_end || !mark_lines(window, marks))) {
    marks.progress = {};
    return scalar_kernel.read_line(window, options, marks, scratch, point);
  }
  const char* const base = marks.base;
  const std::uint32_t* mark = marks.next;
  while (base + *mark < window.line) {
    ++mark;  // over what the exact reader has read
  }
  marks.next = mark;
  const char* const after = walk_line(base, window.line, mark, options, marks, scratch, point);
  if (after != nullptr) {
    marks.next = mark;
  }
  return after;
}
