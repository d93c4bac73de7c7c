// SPDX-License-Identifier: Apache-2.0
#include "sinks/assignments/assignment_file_posix.hpp"

#include <fmt/format.h>

#include <utility>

#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "sinks/state/gone_cursors_posix.hpp"

namespace weir {

assignment_file::assignment_file(std::string cursor_directory, std::uint32_t log_identity,
                                 file_system& files)
    : directory_(std::move(cursor_directory)),
      path_(directory_ + "/assignments"),
      log_identity_(log_identity),
      files_(files) {}

result<assignment_book> assignment_file::load() {
  if (directory_.empty()) {
    return assignment_book{};
  }
  result<std::optional<std::string>> text = read_small_file(path_, files_);
  if (!text.ok()) {
    return text.error();
  }
  if (!text.value()) {
    return assignment_book{};
  }
  result<assignment_book> book = decode_assignments(*text.value(), log_identity_);
  if (!book.ok()) {
    const std::string aside = path_ + ".damaged";
    if (outcome moved = rename_file(path_, aside, files_); !moved) {
      return moved.error();
    }
    journal(journal_level::error,
            fmt::format("the file {} is damaged ({}) and is now {}: sinks with addresses = "
                        "\"shard\" deliver what is pending to each of their addresses, and what "
                        "addresses still owed that were taken out is lost",
                        path_, book.error().message, aside));
    return assignment_book{};
  }
  kept_ = std::move(*text.value());
  return book;
}

outcome assignment_file::save(const assignment_book& book) {
  if (directory_.empty() || (book.empty() && kept_.empty())) {
    return nothing{};
  }
  std::string text = encode_assignments(book, log_identity_);
  if (text == kept_) {
    return nothing{};
  }
  if (outcome made = make_directories(directory_, files_); !made) {
    return made;
  }
  auto file = replacement_file::create(path_, files_);
  if (!file) {
    return file.error();
  }
  if (outcome written = file.value().append(text); !written) {
    return written;
  }
  // Its bytes are on stable storage before it has the name.
  if (auto handle = file.value().take_place(durability::power); !handle) {
    return handle.error();
  }
  kept_ = std::move(text);
  // It has the name, whatever the directory says: to fail here would be to go on with the book
  // before while the file has the next one.
  if (outcome synced = sync_directory_of(path_, files_); !synced) {
    journal(journal_level::warning, synced.error().message +
                                        "; a loss of power may bring back which address had which "
                                        "series before");
  }
  return nothing{};
}

std::optional<member_standing> standing_on_disk(const std::string& cursor_directory,
                                                const std::string& sink_name,
                                                std::uint32_t log_identity) {
  for (const std::string& place :
       {cursor_directory, cursor_directory + "/" + std::string(gone_cursors)}) {
    result<std::optional<cursor_state>> kept = cursor_file(place, sink_name).load();
    if (!kept.ok() || !kept.value()) {
      continue;
    }
    if (are_different_logs(kept.value()->log_identity, log_identity)) {
      return std::nullopt;
    }
    return standing_of(*kept.value());
  }
  return std::nullopt;
}

}  // namespace weir
