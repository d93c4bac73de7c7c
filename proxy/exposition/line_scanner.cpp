// SPDX-License-Identifier: Apache-2.0
#include "exposition/line_scanner.hpp"

#include <array>
#include <span>
#include <utility>

#include "base/text/ascii.hpp"

namespace weir::exposition {
namespace {

constexpr std::uint8_t name_start = 1;
constexpr std::uint8_t name_part = 2;

constexpr std::array<std::uint8_t, 256> name_classes = [] {
  std::array<std::uint8_t, 256> made{};
  for (int c = 0; c < 128; ++c) {
    const char character = static_cast<char>(c);
    if (is_letter(character) || character == '_') {
      made[static_cast<std::size_t>(c)] = name_start | name_part;
    } else if (is_digit(character)) {
      made[static_cast<std::size_t>(c)] = name_part;
    }
  }
  return made;
}();

}  // namespace

bool line_scanner::fail_at(std::size_t at, std::string message) {
  fault_ = {.line = number_, .column = at + 1, .message = std::move(message)};
  return false;
}

void line_scanner::skip_blanks() noexcept {
  if (form_ == dialect::classic) {
    while (!at_end() && (line_[at_] == ' ' || line_[at_] == '\t')) {
      ++at_;
    }
  }
}

bool line_scanner::separator() noexcept {
  if (form_ == dialect::open_metrics) {
    return take(' ');
  }
  const std::size_t before = at_;
  skip_blanks();
  return at_ > before;
}

std::string_view line_scanner::token() noexcept {
  const std::size_t first = at_;
  while (!at_end() && line_[at_] != ' ' && line_[at_] != '\t') {
    ++at_;
  }
  return line_.substr(first, at_ - first);
}

std::string_view line_scanner::plain_name(bool with_colon) noexcept {
  const std::size_t first = at_;
  std::uint8_t wanted = name_start;
  while (!at_end() && ((name_classes[static_cast<std::uint8_t>(line_[at_])] & wanted) != 0 ||
                       (with_colon && line_[at_] == ':'))) {
    wanted = name_part;
    ++at_;
  }
  return line_.substr(first, at_ - first);
}

std::optional<std::string_view> line_scanner::metric_name() {
  const std::size_t place = at_;
  if (take('"')) {
    const auto quoted = quoted_text();
    if (quoted && quoted->empty()) {
      fail_at(place, "the name of a metric is empty: write one between the quotes");
      return std::nullopt;
    }
    return quoted;
  }
  const std::string_view name = plain_name(/*with_colon=*/true);
  if (name.empty()) {
    fail(at_end() ? "the name of a metric is missing"
                  : "no name of a metric begins with " + shown(line_.substr(at_, 1)) +
                        ": names are letters, digits, '_' and ':', and begin with no digit; others "
                        "stand in quotes, as in {\"my.name\"}");
    return std::nullopt;
  }
  return name;
}

bool line_scanner::labels(std::string_view& name) {
  const std::size_t first = into_.labels().size();
  skip_blanks();
  if (take('}')) {
    return true;
  }
  for (;;) {
    skip_blanks();
    if (!label_or_name(first, name)) {
      return false;
    }
    skip_blanks();
    if (take('}')) {
      return true;
    }
    if (!between_labels()) {
      return false;
    }
    skip_blanks();
    if (form_ == dialect::classic && take('}')) {
      return true;
    }
  }
}

bool line_scanner::between_labels() {
  if (take(',')) {
    return true;
  }
  return fail(at_end()
                  ? "the labels do not end: write '}' behind the last one"
                  : "expected ',' or '}' behind a label, found " + shown(line_.substr(at_, 1)));
}

/// `name="value"`, `"name"="value"`, or the name of the metric in quotes.
bool line_scanner::label_or_name(std::size_t first, std::string_view& name) {
  const std::size_t place = at_;
  if (take('"')) {
    const auto quoted = quoted_text();
    if (!quoted) {
      return false;
    }
    skip_blanks();
    if (at_end() || line_[at_] != '=') {
      if (!name.empty() || quoted->empty() || into_.labels().size() != first) {
        return fail_at(place,
                       "a text in quotes without '=' names the metric: it stands first, once, and "
                       "not behind another name");
      }
      name = *quoted;
      return true;
    }
    return add_label(first, place, *quoted);
  }
  const std::string_view plain = plain_name(/*with_colon=*/false);
  if (plain.empty()) {
    return fail(at_end() ? "the labels do not end: write '}' behind the last one"
                         : "no name of a label begins with " + shown(line_.substr(at_, 1)) +
                               ": names are letters, digits and '_', and begin with no digit");
  }
  return add_label(first, place, plain);
}

bool line_scanner::add_label(std::size_t first, std::size_t place, std::string_view name) {
  if (name.empty()) {
    return fail_at(place, "the name of a label is empty: write one between the quotes");
  }
  if (name == "__name__") {
    return fail_at(place, "the label __name__ is reserved for the metric's own name");
  }
  if (into_.labels().size() - first >= labels_max) {
    return fail_at(place, std::string(too_many_labels));
  }
  for (const label& other : std::span(into_.labels()).subspan(first)) {
    if (other.name == name) {
      return fail_at(place, "the label " + shown(name) + " is there twice");
    }
  }
  skip_blanks();
  if (!take('=')) {
    return fail("expected '=' behind the label's name " + shown(name));
  }
  skip_blanks();
  if (!take('"')) {
    return fail("the value of the label " + shown(name) + " does not begin with a quote '\"'");
  }
  const auto value = quoted_text();
  if (!value) {
    return false;
  }
  into_.labels().push_back({.name = name, .value = *value});
  return true;
}

std::optional<std::string_view> line_scanner::quoted_text() {
  const std::size_t first = at_;
  bool escaped = false;
  while (!at_end() && line_[at_] != '"') {
    if (line_[at_] == '\\') {
      escaped = true;
      ++at_;
      if (at_end()) {
        break;
      }
    }
    ++at_;
  }
  if (at_end()) {
    fail_at(first - 1,
            "the quote that begins here is not closed on its line (a line feed inside is written "
            "\\n)");
    return std::nullopt;
  }
  const std::string_view text = line_.substr(first, at_ - first);
  ++at_;
  return escaped ? unescaped(text, first, /*quotes=*/true) : text;
}

std::optional<std::string_view> line_scanner::help() {
  const std::string_view text = rest();
  const std::size_t place = at_;
  at_ = line_.size();
  if (text.find('\\') == std::string_view::npos) {
    return text;
  }
  return unescaped(text, place, /*quotes=*/form_ == dialect::open_metrics);
}

std::optional<std::string_view> line_scanner::unescaped(std::string_view text, std::size_t place,
                                                        bool quotes) {
  scratch_.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      scratch_.push_back(text[i]);
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '\\' && next != 'n' && !(quotes && next == '"')) {
      fail_at(place + i, std::string("there is no escape ") + shown(text.substr(i, 2)) +
                             ": write \\\\ for a backslash, \\n for a line feed" +
                             (quotes ? ", \\\" for a quote" : ""));
      return std::nullopt;
    }
    scratch_.push_back(next == 'n' ? '\n' : next);
    ++i;
  }
  return into_.keep(scratch_);
}

}  // namespace weir::exposition
