// SPDX-License-Identifier: Apache-2.0
//
// line_reader: takes a body in pieces, hands whole lines to the kernel and, where the kernel gives
// a line up, to the splitter and the exact reader. Lines that span pieces are put together in
// `held`; all others are read where they lie.
#include <simdjson.h>

#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/exact.hpp"
#include "parser/kernels/kernel.hpp"
#include "parser/line_splitter.hpp"

namespace weir {
namespace {

// UTF-8 is checked in blocks of about this size: they are still in the cache when they are read.
constexpr std::size_t utf8_block_bytes = 32768;
// Bytes behind a line feed that the splitter may need to decide whether it ends the line.
constexpr std::size_t lookahead = 2;

std::uint64_t count_line_feeds(std::string_view text) noexcept {
  std::uint64_t count = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

struct line_reader::state {
  parse_options options;
  const kernel* hot = &find_kernel({});
  line_marks marks;
  line_scratch scratch;
  line_splitter splitter;
  point_view point;                    // of a line that was read alone
  const point_view* current = &point;  // the one returned last
  parse_error error;
  line_counts counts;

  std::string_view piece;
  std::size_t piece_at = 0;       // of `piece`, where the next line begins; not used while holding
  std::size_t window_end = 0;     // of `piece`, behind its last line feed
  std::size_t utf8_good_end = 0;  // of `piece`, up to where it is known to be UTF-8
  std::size_t utf8_bad_end = 0;   // of `piece`, up to where lines are checked one by one

  // Of `scratch.points`, those that a kernel read together; `piece_at` is already behind all of
  // them.
  std::size_t together_at = 0;  // the next one to return
  std::size_t together_end = 0;

  std::string held;         // lines that did not lie in one piece
  std::size_t held_at = 0;  // of `held`, where the next line begins
  std::size_t taken = 0;    // bytes of `piece` that `held` ends in
  bool holding = false;

  std::uint64_t offset = 0;          // of the next line in the body
  std::uint64_t physical_until = 0;  // up to there a line feed ends a line even inside a string
  std::uint64_t line = 1;            // number of the next line
  std::size_t consumed = 0;          // bytes of the line last judged, with its line feed
  std::uint64_t consumed_feeds = 0;  // line feeds among them
  bool fresh = true;                 // the splitter has not begun with the next line
  bool skipping = false;             // the rest of a comment or of a line too long
  bool comment = false;              // what is skipped is a comment
  char skipped_last = '\0';
  bool finished = false;
  bool at_start = true;  // the body's first bytes have not been looked at

  const char* bad_utf8 = nullptr;  // behind a line that a kernel read but that is not UTF-8
  line_progress progress;          // with the next line, as far as a kernel read it
  line_window window;              // of `piece`; its `line` is set for each line

  line_event next();
  line_event next_apart();
  line_event next_slow(bool tried);
  line_event read_split_line(std::string_view all, bool complete, bool& done);
  line_event judge(std::string_view all, bool& done);
  bool read_plain_lines();
  void take_plain_line(const char* after);
  line_event reject_utf8(const char* after);
  line_event read_unusual_line(bool& blank);
  void begin_split(bool physical, std::string_view all);
  bool is_utf8(const char* after);
  bool is_utf8_slow(const char* after);
  void check_utf8_block(std::size_t line_end);
  void set_error(std::string_view all, const line_verdict& verdict, std::string_view text);
  void release();
  void skip(std::size_t bytes);
  void skip_held(std::size_t bytes);
  bool skip_rest();
  bool take_more();
  void take_byte_order_mark();
  void drop_piece();
  void restart_physical(std::uint64_t until, std::string_view all);
  [[nodiscard]] std::string_view view() const noexcept {
    return holding ? std::string_view{held}.substr(held_at) : piece.substr(piece_at);
  }
};

// Moves past `bytes` bytes. Leaves the held bytes once the next line begins in the piece.
inline void line_reader::state::skip(std::size_t bytes) {
  offset += bytes;
  fresh = true;
  if (!holding) {
    piece_at += bytes;
  } else {
    skip_held(bytes);
  }
}

void line_reader::state::skip_held(std::size_t bytes) {
  held_at += bytes;
  if (held.size() - held_at <= taken) {
    piece_at = taken - (held.size() - held_at);
    holding = false;
    held.clear();
    held_at = 0;
    taken = 0;
  }
}

// Moves past the line last returned, whose views are no longer valid.
inline void line_reader::state::release() {
  if (consumed > 0) {
    line += consumed_feeds;
    skip(consumed);
    consumed = 0;
  }
}

// Skips the rest of a comment or of a line that is too long. False: it goes on in the next piece.
bool line_reader::state::skip_rest() {
  bool ended = false;
  while (!ended) {
    const std::string_view rest = view();
    if (rest.empty() && !finished) {
      return false;
    }
    const std::size_t feed = rest.find('\n');
    const std::size_t length = std::min(feed, rest.size());
    skipped_last = length > 0 ? rest[length - 1] : skipped_last;
    const bool has_feed = feed != std::string_view::npos;
    ended = has_feed || rest.empty();
    line += has_feed ? 1 : 0;
    skip(length + (has_feed ? 1 : 0));
  }
  counts.carriage_returns += comment && skipped_last == '\r' ? 1 : 0;
  skipping = false;
  return true;
}

// Appends the bytes that the splitter needs next to the held ones. False: the whole piece has been
// taken, and its bytes need not stay readable.
bool line_reader::state::take_more() {
  if (!holding) {
    progress = {};  // it points into the piece
    held.assign(piece.substr(piece_at));
    held_at = 0;
    holding = true;
    drop_piece();
    return false;
  }
  if (taken == piece.size()) {
    drop_piece();
    return false;
  }
  const std::size_t feed = piece.find('\n', taken);
  const std::size_t end =
      feed == std::string_view::npos ? piece.size() : std::min(piece.size(), feed + 1 + lookahead);
  held.append(piece.substr(taken, end - taken));
  taken = end;
  return true;
}

// Takes a byte order mark off the body's beginning. A part of one is held until more bytes arrive.
void line_reader::state::take_byte_order_mark() {
  const std::string_view rest = byte_order_mark_utf8.substr(held.size());
  if (options.take_byte_order_mark && piece.size() < rest.size() && rest.starts_with(piece)) {
    held.append(piece);
    holding = !held.empty();
    drop_piece();
    return;
  }
  at_start = false;
  if (options.take_byte_order_mark && piece.starts_with(rest)) {
    held.clear();
    holding = false;
    fresh = true;
    piece_at = rest.size();
    offset = byte_order_mark_utf8.size();
    ++counts.byte_order_marks;
  }
}

void line_reader::state::drop_piece() {
  bad_utf8 = nullptr;
  marks.forget();
  piece = {};
  piece_at = 0;
  window_end = 0;
  window = {};
  taken = 0;
}

void line_reader::state::check_utf8_block(std::size_t line_end) {
  std::size_t end = std::min(window_end, std::max(piece_at + utf8_block_bytes, line_end));
  end = piece.rfind('\n', end - 1) + 1;
  const bool good = simdjson::validate_utf8(piece.data() + piece_at, end - piece_at);
  (good ? utf8_good_end : utf8_bad_end) = end;
}

inline bool line_reader::state::is_utf8(const char* after) {
  return (marks.ascii && after <= marks.lines_end) || options.utf8 == utf8_policy::pass ||
         is_utf8_slow(after);
}

bool line_reader::state::is_utf8_slow(const char* after) {
  const std::size_t line_end = static_cast<std::size_t>(after - piece.data());
  if (line_end > utf8_good_end && line_end > utf8_bad_end) {
    check_utf8_block(line_end);
  }
  return line_end <= utf8_good_end ||
         simdjson::validate_utf8(piece.data() + piece_at, line_end - piece_at);
}

// The hot path: whole lines of the piece, of plain shape. At least one, or false.
bool line_reader::state::read_plain_lines() {
  point_view* const points = scratch.points.data();
  window.line = window.begin + piece_at;
  window.number = line;
  const std::size_t max = piece_at < utf8_bad_end ? 1 : lines_together_max;
  lines_read read = hot->read_lines(window, options, marks, scratch, points, max);
  bool good = read.count > 0 && is_utf8(read.after);
  if (!good && read.count > 1) {
    marks.rewind();
    read = hot->read_lines(window, options, marks, scratch, points, 1);
    good = is_utf8(read.after);
  }
  if (!good) {
    bad_utf8 = read.count > 0 ? read.after : nullptr;
    if (bad_utf8 != nullptr || marks.progress.done != line_progress::part::nothing) {
      point = *points;
    }
    return false;
  }
  const auto bytes = static_cast<std::size_t>(read.after - window.line);
  line += read.count;
  counts.carriage_returns += read.carriage_returns;
  offset += bytes;
  piece_at += bytes;
  together_at = 0;
  together_end = read.count;
  return true;
}

inline void line_reader::state::take_plain_line(const char* after) {
  point.line = line;
  current = &point;
  consumed = static_cast<std::size_t>(after - window.begin) - piece_at;
  consumed_feeds = 1;
  counts.carriage_returns += point.carriage_return ? 1 : 0;
  ++counts.points;
}

// Rejects a line that is accepted but for its UTF-8.
line_event line_reader::state::reject_utf8(const char* after) {
  const char* const begin = window.begin + piece_at;
  take_plain_line(after);
  --counts.points;
  set_error({begin, consumed}, utf8_verdict(point.text), point.text);
  error.carriage_return = point.carriage_return;
  return line_event::error;
}

// The remaining cheap cases of a line that lies whole in the piece and that the kernel gave up:
// blank, indented, or good but for its UTF-8. Returns `more` for a blank line, and sets `blank`; or
// for none of these cases, and the splitter has to read the line.
line_event line_reader::state::read_unusual_line(bool& blank) {
  if (bad_utf8 != nullptr) {
    return reject_utf8(bad_utf8);
  }
  const char* const line_begin = window.begin + piece_at;
  const char* begin = line_begin;
  while (is_white_space(*begin)) {
    ++begin;
  }
  const bool has_return = *begin == '\r' && begin[1] == '\n';
  const auto indent = static_cast<std::size_t>(begin - line_begin);
  if ((has_return || *begin == '\n') && indent + (has_return ? 1 : 0) <= options.line_bytes_max) {
    counts.carriage_returns += has_return ? 1 : 0;
    ++counts.blank;
    consumed = indent + (has_return ? 2 : 1);
    consumed_feeds = 1;
    release();
    blank = true;
    return line_event::more;
  }
  const char* after = nullptr;
  window.line = begin;
  if (indent > 0) {
    after = hot->read_lines(window, options, marks, scratch, &point, 1).after;
  }
  // The scalar kernel reads some lines that the others give up, such as those with quotes in names.
  if (after == nullptr && marks.progress.done == line_progress::part::nothing &&
      hot != &scalar_kernel) {
    after = scalar_kernel.read_lines(window, options, marks, scratch, &point, 1).after;
  }
  if (after == nullptr) {
    progress =
        marks.progress.done != line_progress::part::nothing ? marks.progress : line_progress{};
    return line_event::more;
  }
  if (static_cast<std::size_t>(after - 1 - line_begin) > options.line_bytes_max) {
    return line_event::more;  // too long: the splitter reports it
  }
  if (!is_utf8(after)) {
    return reject_utf8(after);
  }
  take_plain_line(after);
  return line_event::point;
}

// The splitter begins with a line, or behind the part of it that a kernel has read.
void line_reader::state::begin_split(bool physical, std::string_view all) {
  using part = line_progress::part;
  splitter.begin(options.line_bytes_max, physical);
  if (progress.done != part::nothing) {
    const auto at = static_cast<std::size_t>(progress.at - all.data());
    splitter.resume(at, progress.done == part::all ? 1 : 0, progress.done != part::series);
  }
}

void line_reader::state::restart_physical(std::uint64_t until, std::string_view all) {
  physical_until = until;
  begin_split(true, all);
}

void line_reader::state::set_error(std::string_view all, const line_verdict& verdict,
                                   std::string_view text) {
  const std::size_t before = static_cast<std::size_t>(text.data() - all.data());
  const std::size_t first_line = std::min(text.find('\n'), text.size());
  error.code = verdict.code;
  error.line = line;
  error.column = before + std::min(verdict.at, first_line) + 1;
  error.text = text;
  error.span = verdict.span;
  ++counts.errors;
}

// The splitter has found the end of a line: the exact reader judges it. `done` stays false for a
// line that is neither a point nor an error.
line_event line_reader::state::judge(std::string_view all, bool& done) {
  const std::size_t end = splitter.end();
  const std::size_t length = std::min(end + 1, all.size());
  std::string_view text = all.substr(0, end);
  const bool has_return = !text.empty() && text.back() == '\r';
  text.remove_suffix(has_return ? 1 : 0);
  if (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);  // escaped by a backslash; 1.x cuts it off all the same
  }
  while (!text.empty() && is_white_space(text.front())) {
    text.remove_prefix(1);
  }
  line_verdict verdict;
  if (!text.empty()) {
    verdict = read_exact(text, options, progress, scratch, point);
    // Unbalanced quotes must not take the lines behind the first line feed along.
    if (verdict.code == parse_code::unbalanced_quotes && !splitter.physical() &&
        text.find('\n') != std::string_view::npos) {
      restart_physical(offset + length, all);
      return line_event::more;
    }
  }
  counts.carriage_returns += has_return ? 1 : 0;
  consumed = length;
  consumed_feeds = count_line_feeds(all.substr(0, length));
  if (text.empty()) {
    ++counts.blank;
    release();
    return line_event::more;
  }
  done = true;
  if (verdict.code != parse_code::none) {
    set_error(all, verdict, text);
    error.carriage_return = has_return;
    return line_event::error;
  }
  point.line = line;
  point.carriage_return = has_return;
  current = &point;
  ++counts.points;
  return line_event::point;
}

line_event line_reader::state::read_split_line(std::string_view all, bool complete, bool& done) {
  if (fresh) {
    fresh = false;
    begin_split(offset < physical_until, all);
  }
  switch (splitter.advance(all, complete)) {
    case line_splitter::outcome::line:
      return judge(all, done);
    case line_splitter::outcome::comment:
      ++counts.comments;
      comment = true;
      skipping = true;
      skipped_last = '\0';
      return line_event::more;
    case line_splitter::outcome::needs_more:
      done = !take_more();
      return line_event::more;
    case line_splitter::outcome::unclosed:
      restart_physical(offset + all.size(), all);
      return line_event::more;
    case line_splitter::outcome::too_long:
      break;
  }
  if (!splitter.physical()) {
    restart_physical(offset + options.line_bytes_max + 1, all);
    return line_event::more;
  }
  consumed = options.line_bytes_max;
  consumed_feeds = count_line_feeds(all.substr(0, consumed));
  comment = false;
  skipping = true;
  std::string_view text = all.substr(0, consumed);
  while (!text.empty() && is_white_space(text.front())) {
    text.remove_prefix(1);
  }
  set_error(all, {parse_code::shield_line_too_long, text.size(), {}}, text);
  error.carriage_return = false;  // what follows is not read
  done = true;
  return line_event::error;
}

inline line_event line_reader::state::next() {
  if (together_at != together_end) {
    current = &scratch.points[together_at++];
    ++counts.points;
    return line_event::point;
  }
  return next_apart();
}

line_event line_reader::state::next_apart() {
  release();
  const bool try_plain = !holding && piece_at < window_end && fresh && !skipping;
  if (try_plain && read_plain_lines()) {
    return next();
  }
  return next_slow(try_plain);
}

line_event line_reader::state::next_slow(bool tried) {
  for (;; tried = false) {
    if (skipping && !skip_rest()) {
      return line_event::more;
    }
    bool done = false;
    line_event event = line_event::more;
    if (!holding && piece_at < window_end && fresh) {
      if (!tried && read_plain_lines()) {
        return next();
      }
      progress = {};
      bool blank = false;
      event = read_unusual_line(blank);
      if (event != line_event::more) {
        return event;
      }
      if (blank) {
        continue;
      }
    } else if (fresh) {
      progress = {};
    }
    const std::string_view rest = view();
    if (rest.empty()) {
      return line_event::more;
    }
    const bool complete = finished && (!holding || taken == piece.size());
    event = read_split_line(rest, complete, done);
    if (done) {
      return event;
    }
  }
}

line_reader::line_reader(const parse_options& options) : state_(std::make_unique<state>()) {
  state_->options = options;
  state_->hot = &find_kernel(options.kernel);
}

line_reader::~line_reader() = default;
line_reader::line_reader(line_reader&&) noexcept = default;
line_reader& line_reader::operator=(line_reader&&) noexcept = default;

void line_reader::reset(const parse_options& options) {
  line_scratch scratch = std::move(state_->scratch);
  std::string held = std::move(state_->held);
  line_marks marks = std::move(state_->marks);
  marks.forget();
  *state_ = state{};
  state_->current = &state_->point;
  state_->options = options;
  state_->hot = &find_kernel(options.kernel);
  state_->marks = std::move(marks);
  state_->scratch = std::move(scratch);
  state_->held = std::move(held);
  state_->held.clear();
}

void line_reader::feed(std::string_view piece) {
  state& s = *state_;
  s.release();
  s.together_at = 0;
  s.together_end = 0;
  s.marks.forget();
  s.scratch.prepare();
  s.piece = piece;
  s.piece_at = 0;
  s.utf8_good_end = 0;
  s.utf8_bad_end = 0;
  s.taken = 0;
  s.held.erase(0, s.held_at);
  s.held_at = 0;
  const std::size_t feed = piece.rfind('\n');
  s.window_end = feed == std::string_view::npos ? 0 : feed + 1;
  s.window = {piece.data(), piece.data(), piece.data() + s.window_end};
  if (s.at_start) {
    s.take_byte_order_mark();
  }
}

void line_reader::finish() {
  state_->finished = true;
}

line_event line_reader::next() {
  return state_->next();
}

const point_view& line_reader::point() const noexcept {
  return *state_->current;
}
std::span<const point_view> line_reader::upcoming() const noexcept {
  const state& s = *state_;
  return {s.current, s.current == &s.point ? 1 : 1 + s.together_end - s.together_at};
}

void line_reader::skip(std::size_t count) noexcept {
  state& s = *state_;
  s.current += count;
  s.together_at += count;
  s.counts.points += count;
}

const parse_error& line_reader::error() const noexcept {
  return state_->error;
}
const line_counts& line_reader::counts() const noexcept {
  return state_->counts;
}

std::size_t line_reader::held_bytes() const noexcept {
  return state_->holding ? state_->held.size() - state_->held_at : 0;
}

bool line_reader::skipping() const noexcept {
  return state_->skipping;
}

void line_reader::shrink(std::size_t bytes) {
  state& s = *state_;
  if (!s.holding && s.held.capacity() > bytes) {
    s.held = std::string{};
  }
  const bool returned_all = s.together_at == s.together_end;
  if (returned_all && (s.scratch.tags.capacity() * sizeof(tag_view) > bytes ||
                       s.scratch.fields.capacity() * sizeof(field_view) > bytes ||
                       s.scratch.order.capacity() * sizeof(std::uint32_t) > bytes)) {
    s.scratch = line_scratch{};
    s.current = &s.point;
    if (s.piece_at < s.window_end) {
      s.scratch.prepare();
    }
  }
  if (sizeof(line_marks::memory) > bytes) {
    s.marks.storage.reset();
    s.marks.forget();
  }
}

}  // namespace weir
