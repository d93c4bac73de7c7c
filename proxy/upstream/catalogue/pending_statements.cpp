// SPDX-License-Identifier: Apache-2.0
#include "upstream/catalogue/pending_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/query/query_parser.hpp"
#include "base/percent_escape.hpp"

namespace weir {
namespace {

// First line of the text; then a line for each statement: the log's end, a space, and the statement
// as servers are sent it, percent-escaped.
constexpr std::string_view text_head = "weir statements 1\n";

std::string line_of(const pending_statement& one) {
  return fmt::format("{} {}\n", one.log_end, percent_escape(api::spell(one.what)));
}

std::optional<pending_statement> read_line(std::string_view line) {
  pending_statement out;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out.log_end);
  if (error != std::errc{} || end == line.data() + line.size() || *end != ' ') {
    return std::nullopt;
  }
  const auto text = percent_unescape(line.substr(static_cast<std::size_t>(end - line.data()) + 1));
  if (!text) {
    return std::nullopt;
  }
  auto parsed = api::parse_query(*text);
  if (!parsed || parsed.value().size() != 1 || !parsed.value().front().administers()) {
    return std::nullopt;
  }
  out.what = std::move(parsed.value().front());
  return out;
}

}  // namespace

bool pending_statements::about(std::string_view database) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const pending_statement& one) { return one.what.database == database; });
}

bool pending_statements::repeats(const api::statement& what) const {
  const auto last = std::find_if(
      waiting_.rbegin(), waiting_.rend(),
      [&](const pending_statement& one) { return one.what.database == what.database; });
  return last != waiting_.rend() && api::spell(last->what) == api::spell(what);
}

bool pending_statements::add(pending_statement one) {
  const std::size_t bytes = line_of(one).size();
  if (waiting_.size() == statements_max || bytes_ + bytes > bytes_max) {
    return false;
  }
  bytes_ += bytes;
  waiting_.push_back(std::move(one));
  return true;
}

void pending_statements::take_back_last() {
  bytes_ -= line_of(waiting_.back()).size();
  waiting_.pop_back();
}

void pending_statements::clamp(std::uint64_t log_end) {
  bytes_ = 0;
  for (pending_statement& one : waiting_) {
    one.log_end = std::min(one.log_end, log_end);
    bytes_ += line_of(one).size();
  }
}

void pending_statements::pop() {
  bytes_ -= line_of(waiting_.front()).size();
  waiting_.pop_front();
}

std::string pending_statements::text() const {
  std::string out(text_head);
  for (const pending_statement& one : waiting_) {
    out += line_of(one);
  }
  return out;
}

std::optional<pending_statements> pending_statements::read(std::string_view text) {
  if (!text.starts_with(text_head)) {
    return std::nullopt;
  }
  text.remove_prefix(text_head.size());
  pending_statements out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    auto one = end == std::string_view::npos ? std::nullopt : read_line(text.substr(0, end));
    if (!one || !out.add(std::move(*one))) {
      return std::nullopt;
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace weir
