// SPDX-License-Identifier: Apache-2.0
//
// The text of the book, as docs/cursor_format.md has it. Names and urls hold no spaces and no
// control characters: the configuration's checks see to that.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "sinks/assignments/assignment_book.hpp"
#include "sinks/state/text_lines.hpp"

namespace weir {
namespace {

constexpr std::string_view file_word = "weir-assignments";
constexpr std::string_view version = "1";

/// Lines up to the checksum, group by group.
class text_reader {
 public:
  /// False: a line is not as it has to be.
  bool read(const std::vector<std::string_view>& words);
  /// Closes the last group.
  bool finish();
  assignment_book book;

 private:
  std::string group_;
  assignment_history history_;
  std::map<std::string, std::string> urls_;
};

bool text_reader::finish() {
  if (group_.empty()) {
    return true;
  }
  if (history_.entries().empty()) {
    return false;
  }
  auto history = std::make_shared<const assignment_history>(std::exchange(history_, {}));
  return book
      .emplace(std::exchange(group_, {}),
               assignment_group{std::move(history), std::exchange(urls_, {})})
      .second;
}

bool text_reader::read(const std::vector<std::string_view>& words) {
  if (words.empty()) {
    return false;
  }
  if (words[0] == "group" && words.size() == 2 && !words[1].empty()) {
    const bool whole = finish();
    group_ = words[1];
    return whole;
  }
  if (group_.empty()) {
    return false;
  }
  if (words[0] == "address" && words.size() == 3) {
    return urls_.emplace(words[1], words[2]).second;
  }
  log_position from;
  if (words[0] != "from" || words.size() < 2 || !read_number(words[1], from)) {
    return false;
  }
  const auto& known = history_.entries();
  return (known.empty() || known.back().from < from) &&
         history_.add(from, {words.begin() + 2, words.end()});
}

}  // namespace

std::string encode_assignments(const assignment_book& book, std::uint32_t log_identity) {
  std::string text = fmt::format("{} {}\nlog {}\n", file_word, version, log_identity);
  for (const auto& [name, group] : book) {
    text += fmt::format("group {}\n", name);
    for (const auto& [address, url] : group.urls) {
      text += fmt::format("address {} {}\n", address, url);
    }
    for (const assignment& each : group.history->entries()) {
      text += fmt::format("from {}{}{}\n", each.from.number(), each.to_all() ? "" : " ",
                          fmt::join(each.addresses, " "));
    }
  }
  return text + checksum_line(text);
}

result<assignment_book> decode_assignments(std::string_view text, std::uint32_t log_identity) {
  const std::size_t end = text.rfind("checksum ");
  if (end == std::string_view::npos || text.substr(end) != checksum_line(text.substr(0, end))) {
    return failure{"its checksum is wrong"};
  }
  text = text.substr(0, end);
  const failure wrong{"its checksum is right, but its lines are not those of version 1"};
  const auto head = next_words(text);
  if (head.size() != 2 || head[0] != file_word || head[1] != version) {
    return wrong;
  }
  const auto log = next_words(text);
  std::uint64_t identity = 0;
  if (log.size() != 2 || log[0] != "log" || !read_number(log[1], identity)) {
    return wrong;
  }
  text_reader reader;
  while (!text.empty()) {
    if (!reader.read(next_words(text))) {
      return wrong;
    }
  }
  if (!reader.finish()) {
    return wrong;
  }
  return are_different_logs(identity, log_identity) ? assignment_book{} : std::move(reader.book);
}

}  // namespace weir
