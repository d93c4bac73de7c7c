// SPDX-License-Identifier: Apache-2.0
//
// The file of names.
#include "sinks/mapping/name_file_posix.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "observe/journal.hpp"
#include "sinks/mapping/name_metrics.hpp"

namespace weir {
namespace {

constexpr std::string_view head_words = "weir names ";

/// What was found in a file.
struct names_reading {
  std::uint64_t good = 0;
  std::uint64_t damaged = 0;
  /// The file ends in the middle of a record, as a process leaves it that was killed.
  bool torn = false;
  bool other_version = false;
  /// Records that the book did not take.
  std::uint64_t left_out = 0;
};

names_reading read_into(std::string_view text, name_book& book) {
  names_reading found;
  if (text.starts_with(names_file_head)) {
    text.remove_prefix(names_file_head.size());
  } else if (text.find('\n') == std::string_view::npos) {
    found.torn = !text.empty();
    return found;
  } else {
    const std::size_t end = text.find('\n');
    name_record record;
    const std::string_view rest = text.substr(end + 1);
    found.other_version =
        text.starts_with(head_words) && !read_name_record(rest.substr(0, rest.find('\n')), record);
    ++found.damaged;
    text = rest;
  }
  while (!text.empty() && !found.other_version) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      found.torn = true;
      break;
    }
    name_record record;
    if (!read_name_record(text.substr(0, end), record)) {
      ++found.damaged;
    } else {
      ++found.good;
      found.left_out += book.load(record) ? 0 : 1;
    }
    text.remove_prefix(end + 1);
  }
  return found;
}

/// The good records of `text`, as a file.
std::string good_records(std::string_view text) {
  std::string out(names_file_head);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      break;
    }
    name_record record;
    if (read_name_record(text.substr(0, end), record)) {
      out += text.substr(0, end + 1);
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

failure of_another_version(const std::string& path) {
  return failure{fmt::format(
      "{} was written by another version of weir; start that one, or move the file away: then "
      "names of series that were written alike are given anew",
      path)};
}

outcome set_aside(const std::string& path, std::string_view text, const names_reading& found,
                  file_system& files) {
  if (found.damaged > 0) {
    const std::string aside = path + ".damaged";
    if (outcome kept = replace_file(aside, text, durability::power, files); !kept) {
      return kept;
    }
    journal(journal_level::error,
            fmt::format("{} of the records in {} are damaged, and {} are good: the file as it was "
                        "is {}. Which of two names that are written alike has a suffix is "
                        "decided anew for those that were lost, so their series may go on under "
                        "another name: look for weir_series_names{{form=\"suffixed\"}}",
                        found.damaged, path, found.good, aside));
  }
  return replace_file(path, good_records(text), durability::power, files);
}

}  // namespace

bool name_file::append(std::string_view records) {
  const bool empty = file_bytes(path_, files_) == 0;
  const outcome done = append_to_file(path_, empty ? names_file_head : std::string_view{}, records,
                                      files_, durability::power);
  if (!done) {
    journal_limited("names file", journal_level::error,
                    fmt::format("names of series are not kept in {}: {}; after a restart, which of "
                                "two names that are written alike has a suffix may change",
                                path_, done.error().message));
  }
  return done.ok();
}

result<std::shared_ptr<name_book>> open_names(const std::string& path, std::uint64_t bytes_max,
                                              const std::string& before, file_system& files) {
  result<std::optional<std::string>> text = read_small_file(path, files);
  if (!text) {
    return text.error();
  }
  auto book = std::make_shared<name_book>(bytes_max, std::make_unique<name_file>(path, files));
  if (!before.empty()) {
    const result<std::optional<std::string>> others = read_small_file(before, files);
    if (!others) {
      return others.error();
    }
    if (others.value() && read_into(*others.value(), *book).other_version) {
      return of_another_version(before);
    }
  }
  const std::string_view content = text.value() ? std::string_view(*text.value()) : "";
  const names_reading found = read_into(content, *book);
  if (found.other_version) {
    return of_another_version(path);
  }
  if (found.damaged > 0 || found.torn) {
    if (const outcome done = set_aside(path, content, found, files); !done) {
      return done.error();
    }
  }
  if (found.left_out > 0) {
    journal(journal_level::warning,
            fmt::format("{} of the names in {} are beyond limits.names, or there twice: their "
                        "series have a suffix from now on; raise limits.names",
                        found.left_out, path));
  }
  return book;
}

result<std::shared_ptr<name_book>> shared_names::open() {
  const std::lock_guard lock(mutex_);
  if (book_ != nullptr) {
    return book_;
  }
  if (state_directory_.empty()) {
    book_ = std::make_shared<name_book>(bytes_max_, nullptr);
    return book_;
  }
  if (const outcome made = make_directories(state_directory_); !made) {
    return made.error();
  }
  auto opened =
      open_names(state_directory_ + "/" + std::string(state_entry::names), bytes_max_, before_);
  if (opened) {
    book_ = opened.value();
  }
  return opened;
}

void shared_names::collect(metric_collector& out) const {
  const std::lock_guard lock(mutex_);
  if (book_ != nullptr) {
    collect_names(*book_, out);
  }
}

result<std::shared_ptr<name_book>> read_names(const std::string& path, std::uint64_t bytes_max,
                                              file_system& files) {
  result<std::optional<std::string>> text = read_small_file(path, files);
  if (!text) {
    return text.error();
  }
  auto book = std::make_shared<name_book>(bytes_max, nullptr);
  if (text.value() && read_into(*text.value(), *book).other_version) {
    return of_another_version(path);
  }
  return book;
}

}  // namespace weir
