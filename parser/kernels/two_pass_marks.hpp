// SPDX-License-Identifier: Apache-2.0
//
// HOT. The first pass of the two-pass kernels: from bytes to marks. Included by two_pass.hpp, whose
// beginning draws it, into the target region of each kernel, behind the kernel's `block` and
// `write_marks`.

// What the first pass carries from one block of 64 bytes to the next.
struct mark_state {
  std::uint64_t escape = 0;         // 1: the block before ended in a backslash that escapes
  std::uint64_t quoted = 0;         // all ones: the block begins inside a string
  std::uint64_t high = 0;           // not 0: a byte so far had its high bit set
  std::uint32_t quoted_blocks = 0;  // blocks with a quote so far
};

// The bytes that a backslash escapes: the byte behind a run of backslashes of odd length, and every
// second backslash of a run. simdjson's json_escape_scanner finds them in this way, a shorter one
// than the additions in its authors' paper (two_pass.hpp names it). Drawn as in two_pass.hpp, the
// bit of the first byte at the left:
//
//   bytes                     a\,b\\,c\\\,d
//   starts                    .1..11..111..   backslashes that no backslash before the block
//   escapes starts << 1               ..1..11..111.   what they would escape if each stood alone
//   ... | odd                 .111.111.111.   odd: the bits 1, 3, 5, ...
//   ... - starts              ..1111.1111..
//   ... ^ odd = alternating   .11.1...1.11.   the escaping backslashes, and what they escape that
//                                             is no backslash
//   ... ^ backslashes         ..1..1...1.1.   the escaped bytes
//
// Where a run begins at an odd bit, that bit of `odd` is left over: the subtraction clears the run
// and sets the bit behind it. Where it begins at an even bit, the run stays as it is. The last
// exclusive or makes the same of both: every second bit of the run from its first on, and the bit
// behind the run if its length is odd. A backslash that ends the block and escapes makes `escape`
// 1: the first byte of the next block is escaped.
WEIR_INLINE std::uint64_t find_escaped(std::uint64_t backslashes, std::uint64_t& escape) noexcept {
  constexpr std::uint64_t odd = 0xaaaaaaaaaaaaaaaaU;
  const std::uint64_t starts = backslashes & ~escape;
  const std::uint64_t alternating = (((starts << 1) | odd) - starts) ^ odd;
  const std::uint64_t escaped = alternating ^ (backslashes | escape);
  escape = (alternating & backslashes) >> 63;
  return escaped;
}

// Ones from each opening quote up to the byte before its closing quote. Each bit of the result is
// the parity of the quotes up to it; a multiplication without carries by a number of all ones
// computes all of these parities at once (the paper's quote mask).
WEIR_INLINE std::uint64_t between_quotes(std::uint64_t quotes) noexcept {
  const __m128i bits = _mm_set_epi64x(0, static_cast<long long>(quotes));
  return static_cast<std::uint64_t>(
      _mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, _mm_set1_epi8(-1), 0)));
}

// The marks of a block: `delimiters` without those that are escaped or inside a string. Blocks that
// have neither a backslash nor a quote, outside a string, need not come here.
template <bool has_backslashes>
WEIR_INLINE std::uint64_t mark_with_quotes(const block& bytes, std::uint64_t delimiters,
                                           std::uint64_t quotes, std::uint64_t backslashes,
                                           mark_state& state) noexcept {
  std::uint64_t marks = delimiters;
  const std::uint64_t line_feeds = bytes.equal('\n');
  if (has_backslashes) {
    const std::uint64_t escaped = find_escaped(backslashes, state.escape);
    // An escaped line feed ends its line all the same. An escaped backslash is marked so that the
    // second pass gives the line up: 1.x's scanners disagree about it.
    marks = (marks & ~escaped) | line_feeds | (escaped & backslashes);
    quotes &= ~escaped;
  }
  std::uint64_t strings = between_quotes(quotes) ^ state.quoted;
  for (std::uint64_t cut = line_feeds & strings; cut != 0; cut = line_feeds & strings) {
    strings ^=
        ~((cut & (0 - cut)) - 1);  // the string ends at this line feed: all behind is flipped
  }
  state.quoted = 0 - (strings >> 63);
  return (marks & ~strings) | quotes;
}

// Whether a block has a quote. Where neither nearly all nor hardly any blocks have one, a branch on
// it is mispredicted so often that it costs more than the work that it saves.
enum class quote_blocks { predictable, mixed };

template <quote_blocks are>
WEIR_INLINE std::uint64_t find_marks(const block& bytes, mark_state& state) noexcept {
  const std::uint64_t delimiters = bytes.delimiters();
  const std::uint64_t quotes = bytes.equal('"');
  const std::uint64_t backslashes = bytes.equal('\\');
  state.high |= bytes.high_bits();
  if (are == quote_blocks::mixed) {
    state.quoted_blocks += quotes != 0 ? 1 : 0;
    if ((backslashes | state.escape) != 0) {
      return mark_with_quotes<true>(bytes, delimiters, quotes, backslashes, state);
    }
    return mark_with_quotes<false>(bytes, delimiters, quotes, 0, state);
  }
  if ((quotes | backslashes | state.quoted | state.escape) == 0) {
    return delimiters;
  }
  state.quoted_blocks += quotes != 0 ? 1 : 0;
  return mark_with_quotes<true>(bytes, delimiters, quotes, backslashes, state);
}

// Marks the 64 bytes at `bytes`, which lie `offset` bytes behind the first marked one.
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
  // Back to the last line feed behind which the second pass may read whole registers.
  while (out > first && (base[out[-1]] != '\n' || left - out[-1] <= bytes_behind_line)) {
    --out;
  }
  if (out == first) {
    marks.plain_end = at == left ? window.end : base + 1;
    return false;
  }
  for (int i = 0; i < 8; ++i) {
    out[i] = out[-1];  // the second pass may look beyond the last line's end
  }
  marks.base = base;
  marks.lines_end = base + out[-1] + 1;
  marks.next = first;
  marks.ascii = state.high == 0;
  return true;
}
