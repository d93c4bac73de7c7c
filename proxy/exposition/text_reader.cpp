// SPDX-License-Identifier: Apache-2.0
#include "exposition/text_reader.hpp"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"
#include "exposition/line_scanner.hpp"
#include "exposition/numbers.hpp"

namespace weir::exposition {
namespace {

/// Of a family, what its lines have said.
struct said_of_family {
  bool help = false;
  bool type = false;
  bool samples = false;
};

/// Capital letters are as good as small ones, as for Prometheus' own reader in Go.
std::optional<metric_type> type_named(std::string_view name) noexcept {
  for (const metric_type each : {metric_type::untyped, metric_type::counter, metric_type::gauge,
                                 metric_type::summary, metric_type::histogram}) {
    if (equal_ignoring_case(name_of(each), name)) {
      return each;
    }
  }
  return std::nullopt;
}

class text_reader {
 public:
  explicit text_reader(document& into) : into_(into), scan_(into, fault_, dialect::classic) {}

  [[nodiscard]] std::optional<mistake> read(std::string_view body);

 private:
  [[nodiscard]] bool read_line(std::string_view line);
  [[nodiscard]] bool read_comment();
  [[nodiscard]] bool read_help(std::uint32_t index, std::size_t place);
  [[nodiscard]] bool read_type(std::uint32_t index, std::size_t place);
  [[nodiscard]] bool read_sample();
  [[nodiscard]] bool read_value(sample& one);
  [[nodiscard]] bool check_bound(const sample& one, std::size_t place);
  [[nodiscard]] std::uint32_t family_named(std::string_view name);
  [[nodiscard]] std::uint32_t family_of(std::string_view sample_name);

  document& into_;
  mistake fault_;
  line_scanner scan_;
  std::vector<said_of_family> said_;
  std::uint64_t line_ = 0;
  /// Of the sample before: most samples follow others of their name.
  std::string_view last_name_;
  std::uint32_t last_family_ = 0;
};

std::optional<mistake> text_reader::read(std::string_view body) {
  while (!body.empty()) {
    ++line_;
    const std::size_t feed = body.find('\n');
    const std::string_view line = body.substr(0, feed);
    if (feed == std::string_view::npos) {
      return mistake{.line = line_,
                     .column = line.size() + 1,
                     .message =
                         "unexpected end of input stream: the last line does not end with "
                         "a line feed"};
    }
    if (!read_line(line)) {
      return fault_;
    }
    body.remove_prefix(feed + 1);
  }
  return std::nullopt;
}

bool text_reader::read_line(std::string_view line) {
  scan_.begin(line, line_);
  scan_.skip_blanks();
  if (scan_.at_end()) {
    return true;
  }
  if (line.ends_with('\r')) {
    return scan_.fail_at(line.size() - 1,
                         "the line ends with a carriage return: lines end with a line feed alone");
  }
  return scan_.take('#') ? read_comment() : read_sample();
}

bool text_reader::read_comment() {
  scan_.skip_blanks();
  const std::string_view keyword = scan_.token();
  if (keyword != "HELP" && keyword != "TYPE") {
    return true;
  }
  if (!scan_.separator() || scan_.at_end()) {
    return scan_.fail("the name of a metric is missing behind " + std::string(keyword));
  }
  const std::size_t place = scan_.at();
  const auto name = scan_.metric_name();
  if (!name) {
    return false;
  }
  const std::uint32_t index = family_named(*name);
  if (into_.is_full()) {
    return scan_.fail_at(0, std::string(too_many_samples));
  }
  if (!scan_.separator() && !scan_.at_end()) {
    return scan_.fail("unexpected " + shown(scan_.rest()) + " behind the name of the metric");
  }
  return keyword == "HELP" ? read_help(index, place) : read_type(index, place);
}

bool text_reader::read_help(std::uint32_t index, std::size_t place) {
  if (std::exchange(said_[index].help, true)) {
    return scan_.fail_at(place,
                         "a second HELP of the metric " + shown(into_.family_at(index).name));
  }
  const auto text = scan_.help();
  if (!text) {
    return false;
  }
  into_.family_at(index).help = *text;
  return true;
}

bool text_reader::read_type(std::uint32_t index, std::size_t place) {
  family& named = into_.family_at(index);
  if (said_[index].type || said_[index].samples) {
    return scan_.fail_at(place, said_[index].type
                                    ? "a second TYPE of the metric " + shown(named.name)
                                    : "TYPE of the metric " + shown(named.name) +
                                          " stands behind its samples: it stands before them");
  }
  const std::size_t type_place = scan_.at();
  const std::string_view word = scan_.rest();
  const auto type = type_named(word);
  if (!type) {
    return scan_.fail_at(type_place,
                         "unknown type " + shown(word) +
                             ": it is one of counter, gauge, summary, histogram and untyped");
  }
  said_[index].type = true;
  named.type = *type;
  return true;
}

bool text_reader::read_sample() {
  sample one{.line = line_};
  one.first_label = static_cast<std::uint32_t>(into_.labels().size());
  const std::size_t place = scan_.at();
  if (scan_.rest().front() != '{') {
    const auto name = scan_.metric_name();
    if (!name) {
      return false;
    }
    one.name = *name;
    if (!scan_.separator() && scan_.rest().substr(0, 1) != "{") {
      return scan_.at_end()
                 ? scan_.fail("the value of the sample is missing")
                 : scan_.fail("the name of a metric has no " + shown(scan_.rest().substr(0, 1)) +
                              " in it: its labels or a blank follow it");
    }
  }
  if (scan_.take('{')) {
    if (!scan_.labels(one.name)) {
      return false;
    }
    if (one.name.empty()) {
      return scan_.fail_at(place, "the name of the metric is missing before its labels");
    }
  }
  one.label_count = static_cast<std::uint32_t>(into_.labels().size()) - one.first_label;
  one.family = family_of(one.name);
  if (!read_value(one) || !check_bound(one, place)) {
    return false;
  }
  said_[one.family].samples = true;
  into_.samples().push_back(one);
  return !into_.is_full() || scan_.fail_at(0, std::string(too_many_samples));
}

bool text_reader::read_value(sample& one) {
  scan_.skip_blanks();
  const std::size_t place = scan_.at();
  const std::string_view word = scan_.token();
  const auto value = read_number(word);
  if (!value) {
    return scan_.fail_at(place, word.empty() ? "the value of the sample is missing"
                                             : "expected float as value, got " + shown(word));
  }
  one.value = *value;
  scan_.skip_blanks();
  if (scan_.at_end()) {
    return true;
  }
  const std::size_t time_place = scan_.at();
  const std::string_view time = scan_.token();
  one.time_ms = read_integer(time);
  if (!one.time_ms) {
    return scan_.fail_at(time_place,
                         "expected a timestamp in whole milliseconds, got " + shown(time));
  }
  scan_.skip_blanks();
  return scan_.at_end() ||
         scan_.fail("unexpected " + shown(scan_.rest()) + " behind the timestamp");
}

/// `le` of a bucket and `quantile` of a summary are numbers.
bool text_reader::check_bound(const sample& one, std::size_t place) {
  const family& of = into_.family_at(one.family);
  const bool is_bucket = of.type == metric_type::histogram && one.name.ends_with("_bucket");
  if (!is_bucket && !(of.type == metric_type::summary && one.name == of.name)) {
    return true;
  }
  const std::string_view wanted = is_bucket ? "le" : "quantile";
  for (const label& each : into_.labels_of(one)) {
    if (each.name == wanted && !read_number(each.value)) {
      return scan_.fail_at(place, "expected float as value for '" + std::string(wanted) +
                                      "' label, got " + shown(each.value));
    }
  }
  return true;
}

std::uint32_t text_reader::family_named(std::string_view name) {
  if (const auto known = into_.find_family(name)) {
    return *known;
  }
  last_name_ = {};
  said_.emplace_back();
  return into_.add_family(name);
}

/// `x_count` belongs to x where that is a summary or a histogram.
std::uint32_t text_reader::family_of(std::string_view sample_name) {
  static constexpr std::array<std::string_view, 3> suffixes{"_count", "_sum", "_bucket"};
  if (sample_name == last_name_) {
    return last_family_;
  }
  std::optional<std::uint32_t> found = into_.find_family(sample_name);
  for (const std::string_view suffix : suffixes) {
    if (found || !sample_name.ends_with(suffix)) {
      continue;
    }
    const auto base = into_.find_family(sample_name.substr(0, sample_name.size() - suffix.size()));
    const metric_type type = base ? into_.family_at(*base).type : metric_type::untyped;
    if (type == metric_type::histogram || (type == metric_type::summary && suffix != "_bucket")) {
      found = base;
    }
  }
  last_family_ = found ? *found : family_named(sample_name);
  last_name_ = sample_name;
  return last_family_;
}

}  // namespace

std::optional<mistake> read_text(std::string_view body, document& into) {
  if (auto bad = find_bad_utf8(body)) {
    return bad;
  }
  return text_reader(into).read(body);
}

std::optional<mistake> find_bad_utf8(std::string_view body) {
  if (is_utf8(body)) {
    return std::nullopt;
  }
  mistake found{.line = 1, .column = 1, .message = "this byte is not valid UTF-8"};
  while (!body.empty()) {
    const utf8_character next = first_character(body);
    if (next.bytes == 0) {
      return found;
    }
    found.column = body.front() == '\n' ? 1 : found.column + next.bytes;
    found.line += body.front() == '\n' ? 1 : 0;
    body.remove_prefix(next.bytes);
  }
  return found;
}

}  // namespace weir::exposition
