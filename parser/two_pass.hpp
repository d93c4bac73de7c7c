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

// Not inlined where it need not be: most blocks have neither a backslash nor a quote.
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
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
  const __m128i packed = _mm_packus_epi32(fours, fours);
  const __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xffffffffU) * 100000000U + (both >> 32);
}

// The last `count` (0 to 16) of these characters as digits, zeros before them. What is no digit
// leaves a bit in `wrong`.
WEIR_INLINE __m128i digits_of(__m128i characters, std::size_t count, __m128i& wrong) noexcept {
  const __m128i digits =
      _mm_and_si128(_mm_sub_epi8(characters, _mm_set1_epi8('0')), load16(suffix_masks + count));
  wrong = _mm_or_si128(wrong, _mm_subs_epu8(digits, _mm_set1_epi8(9)));
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

// ---- second pass --------------------------------------------------------------------------------

class line_walk {
 public:
  WEIR_INLINE line_walk(const char* base, const char* line, const std::uint32_t* mark,
                        line_scratch& scratch, point_view& point) noexcept
      : base_(base), line_(line), mark_(mark), scratch_(scratch), point_(point) {}

  WEIR_INLINE const char* read(const parse_options& options, tag_layout& layout);

  [[nodiscard]] WEIR_INLINE const std::uint32_t* mark() const noexcept { return mark_; }

 private:
  [[nodiscard]] WEIR_INLINE const char* next_mark() noexcept { return base_ + *mark_++; }
  WEIR_INLINE const char* read_tags(const char* at, tag_layout& layout);
  WEIR_INLINE const char* read_fields(const char* at) noexcept;
  WEIR_INLINE bool read_value(const char* begin, const char* end, field_view& field) noexcept;
  WEIR_INLINE bool read_integer(const char* begin, const char* end, field_view& field) noexcept;
  WEIR_INLINE bool read_float(const char* begin, const char* end, field_view& field) noexcept;
  WEIR_INLINE const char* read_time(const char* at, const parse_options& options) noexcept;

  const char* base_;
  const char* line_;
  const std::uint32_t* mark_;
  line_scratch& scratch_;
  point_view& point_;
  __m128i wrong_ = _mm_setzero_si128();  // bits of what should have been digits
  bool odd_spelling_ = false;            // a number is not spelled canonically
  bool sorted_ = true;
};

WEIR_INLINE std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// A carriage return belongs to the line feed behind it.
WEIR_INLINE const char* without_return(const char* end) noexcept {
  return end - (*end == '\n' && end[-1] == '\r' ? 1 : 0);
}

// At the mark behind the measurement. Returns the mark that ends the series.
WEIR_INLINE const char* line_walk::read_tags(const char* at, tag_layout& layout) {
  tag_view* const tags = scratch_.tags.data();
  const std::size_t room = scratch_.tags.size();
  std::size_t count = 0;
  bool known = true;
  while (*at == ',') {
    const char* const key = at + 1;
    const char* const equals = next_mark();
    at = next_mark();
    if (*equals != '=' || equals == key || at == equals + 1 || count == room) {
      return nullptr;
    }
    tags[count].key = between(key, equals);
    tags[count].value = between(equals + 1, at);
    const auto bytes = static_cast<std::size_t>(equals + 1 - key);
    constexpr std::size_t most = tag_layout::image_bytes;
    const key_image image{key, bytes < most ? bytes : most};
    const std::size_t slot = count < tag_layout::tags_max ? count : tag_layout::tags_max - 1;
    known = known & (bytes <= most) & image.equals(key_image{layout.images[slot]});
    ++count;
  }
  scratch_.tag_count = count;
  point_.tag_order = {};
  if (count == 0) {
    return at;
  }
  if (known && count == layout.count) {
    sorted_ = layout.sorted;
  } else if (!layout.learn({tags, count}, scratch_.order, sorted_)) {
    return nullptr;
  }
  if (!sorted_ && layout.count == count) {
    point_.tag_order = {layout.order, count};
  }
  return at;
}

WEIR_INLINE bool line_walk::read_integer(const char* begin, const char* end,
                                         field_view& field) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto count = static_cast<std::size_t>(end - digits);
  if (count - 1 >= 18) {
    return false;  // none, or so many that they may not fit
  }
  odd_spelling_ |= *digits == '0' && is_digit(digits[1]);
  const auto value = static_cast<std::int64_t>(read_digits(end, count, wrong_));
  field.type = field_type::int64;
  field.int_value = negative ? -value : value;
  return true;
}

[[gnu::noinline]] inline bool read_float_slow(const char* begin, const char* end,
                                              field_view& field) noexcept {
  const char* const digits = begin + (*begin == '-' ? 1 : 0);
  const std::string_view text = between(begin, end);
  // "1.e5" is for the exact reader.
  return is_digit(*digits) && text.find(".e") == std::string_view::npos &&
         text.find(".E") == std::string_view::npos &&
         parse_double(text, field.float_value) == number_error::none;
}

// Ends in a digit. Up to 16 digits with a point among them: the digits before the point are taken
// one byte further left, so that the point disappears, and the sum is divided by a power of ten. Up
// to 2^53 both are exact, so the division rounds once and correctly.
WEIR_INLINE bool line_walk::read_float(const char* begin, const char* end,
                                       field_view& field) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto length = static_cast<std::size_t>(end - digits);
  field.type = field_type::float64;
  odd_spelling_ |= *digits == '0' && is_digit(digits[1]);
  if (length - 1 < 16) {
    const __m128i near = load16(end - 16);
    const __m128i far = load16(end - 17);
    const __m128i is_point = _mm_cmpeq_epi8(near, _mm_set1_epi8('.'));
    const auto points = static_cast<std::uint32_t>(_mm_movemask_epi8(is_point)) &
                        (0xffff0000U >> length);  // see below: bits of lanes 16-length ... 15
    const bool has_point = points != 0;
    const int lane = has_point ? __builtin_ctz(points) : -1;
    const __m128i lanes = load16(lane_numbers.at);
    const __m128i from_near = _mm_cmpgt_epi8(lanes, _mm_set1_epi8(static_cast<char>(lane)));
    const __m128i characters = _mm_blendv_epi8(far, near, from_near);
    __m128i wrong = _mm_setzero_si128();
    const __m128i all = digits_of(characters, length - (has_point ? 1 : 0), wrong);
    const std::uint64_t sum = combine_digits(all);
    if (_mm_testz_si128(wrong, wrong) != 0 && sum <= exact_integer_max && is_digit(*digits)) {
      const double value = static_cast<double>(static_cast<std::int64_t>(sum)) /
                           powers_of_ten[15 - (has_point ? lane : 15)];
      field.float_value = negative ? -value : value;
      return true;
    }
  }
  return read_float_slow(begin, end, field);
}

[[gnu::noinline]] inline bool read_boolean(std::string_view word, field_view& field) noexcept {
  const bool yes = word == "t" || word == "true" || word == "T" || word == "True" || word == "TRUE";
  const bool no =
      word == "f" || word == "false" || word == "F" || word == "False" || word == "FALSE";
  field.type = field_type::boolean;
  field.uint_value = 0;
  field.bool_value = yes;
  return yes || no;
}

[[gnu::noinline]] inline bool read_unsigned(std::string_view digits, field_view& field) noexcept {
  field.type = field_type::uint64;
  return parse_uint64(digits, field.uint_value) == number_error::none;
}

// Anything but a string.
WEIR_INLINE bool line_walk::read_value(const char* begin, const char* end,
                                       field_view& field) noexcept {
  const char last = end[-1];
  field.text = between(begin, end);
  if (last == 'i') {
    return read_integer(begin, end - 1, field);
  }
  if (is_digit(last)) {
    return read_float(begin, end, field);
  }
  if (last == 'u') {
    return read_unsigned(between(begin, end - 1), field);
  }
  return read_boolean(between(begin, end), field);
}

// At the space that ends the series. Returns the mark that ends the field set.
WEIR_INLINE const char* line_walk::read_fields(const char* at) noexcept {
  field_view* const fields = scratch_.fields.data();
  const std::size_t room = scratch_.fields.size();
  std::size_t count = 0;
  do {
    const char* const key = at + 1;
    const char* const equals = next_mark();
    at = next_mark();
    if (*equals != '=' || equals == key || count == room) {
      return nullptr;
    }
    field_view& field = fields[count++];
    field.key = between(key, equals);
    if (*at == '"') {
      const char* const quote = next_mark();
      const bool is_string = at == equals + 1 && *quote == '"';
      field.text = between(at, quote + 1);
      field.type = field_type::string;
      field.uint_value = 0;
      at = next_mark();
      if (!is_string || without_return(at) != quote + 1) {
        return nullptr;
      }
    } else if (!read_value(equals + 1, without_return(at), field)) {
      return nullptr;
    }
  } while (*at == ',');
  scratch_.field_count = count;
  return at;
}

// At the space before the timestamp. Returns the line feed.
WEIR_INLINE const char* line_walk::read_time(const char* at,
                                             const parse_options& options) noexcept {
  const char* const begin = at + 1;
  const char* const line_feed = next_mark();
  const char* const end = without_return(line_feed);
  const bool negative = *begin == '-';
  const auto count = static_cast<std::size_t>(end - begin) - (negative ? 1 : 0);
  if (count - 1 >= 19) {
    return nullptr;
  }
  const std::uint64_t value = read_digits(end, count, wrong_);
  std::int64_t time = static_cast<std::int64_t>(value);
  time = negative ? -time : time;
  if (value > static_cast<std::uint64_t>(time_max) ||
      __builtin_mul_overflow(time, options.unit_ns, &time) || time < time_min || time > time_max) {
    return nullptr;
  }
  point_.time = time;
  return line_feed;
}

WEIR_INLINE const char* line_walk::read(const parse_options& options, tag_layout& layout) {
  const char first = *line_;
  const char* const name_end = next_mark();
  if (name_end == line_ || first == '#' || first == '\t' || first == '\0') {
    return nullptr;
  }
  const char* const series_end = read_tags(name_end, layout);
  if (series_end == nullptr || *series_end != ' ' || is_white_space(series_end[1])) {
    return nullptr;
  }
  const char* at = read_fields(series_end);
  if (at == nullptr) {
    return nullptr;
  }
  const char* fields_end = without_return(at);
  point_.time.reset();
  if (*at == ' ') {
    at = read_time(at, options);
  }
  if (at == nullptr || *at != '\n' || _mm_testz_si128(wrong_, wrong_) == 0) {
    return nullptr;
  }
  const char* const end = without_return(at);
  if (static_cast<std::size_t>(at - line_) > options.line_bytes_max) {
    return nullptr;
  }
  point_.text = between(line_, end);
  point_.series = between(line_, series_end);
  point_.measurement = between(line_, name_end);
  point_.series_and_fields = between(line_, fields_end);
  point_.tags = {scratch_.tags.data(), scratch_.tag_count};
  point_.fields = {scratch_.fields.data(), scratch_.field_count};
  point_.tags_sorted = sorted_;
  point_.fields_canonical = !odd_spelling_;
  point_.canonical = sorted_ && !odd_spelling_;
  return at + 1;
}

inline const char* read_line(const line_window& window, const parse_options& options,
                             line_marks& marks, line_scratch& scratch, point_view& point) {
  if (window.line >= marks.lines_end &&
      (window.line < marks.plain_end || !mark_lines(window, marks))) {
    return scalar_kernel.read_line(window, options, marks, scratch, point);
  }
  const std::uint32_t* mark = marks.next;
  while (marks.base + *mark < window.line) {
    ++mark;  // over what the exact reader has read
  }
  line_walk walk{marks.base, window.line, mark, scratch, point};
  const char* const after = walk.read(options, marks.storage->layout);
  marks.next = after != nullptr ? walk.mark() : mark;
  return after;
}
