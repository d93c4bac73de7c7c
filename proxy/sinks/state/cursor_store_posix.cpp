// SPDX-License-Identifier: Apache-2.0
//
// The cursor file. A loss of power may bring an older cursor back, and then batches are delivered
// again: that is cheaper than to wait for the disk after each turn of a sink.
#include "sinks/state/cursor_store_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/percent_escape.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// A disk gives space in pieces of so many bytes: those of a small file, that it did not ask for,
/// are its own too.
constexpr std::uint64_t block_bytes = 4096;

/// A snapshot is written once for so many times its size of changes, and may double.
std::uint64_t area_bytes_for(std::uint64_t snapshot_bytes) {
  std::uint64_t bytes = cursor_file::area_bytes_least;
  while (bytes < snapshot_bytes * 4) {
    bytes *= 2;
  }
  return bytes;
}

}  // namespace

cursor_file::cursor_file(const std::string& directory, const std::string& sink_name,
                         file_system& files)
    : path_(directory + "/" + percent_escape(sink_name) + ".cursor"), files_(files) {}

outcome cursor_file::set_aside(std::string_view why) {
  const std::string aside = path_ + ".damaged";
  if (outcome moved = rename_file(path_, aside, files_); !moved.ok()) {
    return moved;
  }
  journal(journal_level::error,
          fmt::format("the cursor file {} is damaged ({}); it is now {}, and its sink starts at "
                      "the log's first frame: what it has delivered of it comes again",
                      path_, why, aside));
  return nothing{};
}

result<std::optional<cursor_state>> cursor_file::load() {
  result<std::optional<std::string>> bytes = read_small_file(path_, files_);
  if (!bytes.ok()) {
    return bytes.error();
  }
  if (!bytes.value()) {
    return std::optional<cursor_state>{};
  }
  const std::string& content = *bytes.value();
  if (content.starts_with("weir-cursor ")) {
    result<cursor_state> state = decode_cursor_text(content);
    if (!state.ok()) {
      const outcome moved = set_aside(state.error().message);
      return moved.ok() ? result<std::optional<cursor_state>>(std::optional<cursor_state>{})
                        : moved.error();
    }
    return std::optional<cursor_state>{std::move(state).value()};
  }
  cursor_content found = read_cursor_content(content);
  if (!found.state) {
    const outcome moved = set_aside("neither of its two areas begins with a whole record");
    return moved.ok() ? result<std::optional<cursor_state>>(std::optional<cursor_state>{})
                      : moved.error();
  }
  if (found.damaged) {
    journal(journal_level::error,
            fmt::format("the cursor file {} is damaged or was cut off while it was written: its "
                        "newest whole record is taken, and what was delivered since comes again",
                        path_));
  }
  at_.generation = found.generation;
  area_ = found.area;
  if (content.size() == found.area_bytes * 2) {
    at_.area_bytes = found.area_bytes;
  }
  return std::move(found.state);
}

outcome cursor_file::save(const cursor_state& state, const std::set<lane_key>& changed) {
  entry_kind is = entry_kind::missing;
  // A disk that does not say is none that lost it: what is kept there must not be written over.
  if (files_.kind(path_, is) == 0 && is != entry_kind::file) {
    // It was never there, or its directory was deleted under the process.
    if (at_.generation > 0) {
      static_cast<void>(make_directories(path_.substr(0, path_.rfind('/')), files_));
    }
    file_.reset();
    at_.area_bytes = 0;
    current_ = false;
  }
  if (current_) {
    const cursor_place next{at_.generation, at_.ordinal + 1, at_.area_bytes};
    const std::string record = encode_cursor_change(state, changed, next);
    if (end_ + record.size() <= at_.area_bytes) {
      // Until it is written whole, no other change may follow: it would stand behind a gap.
      current_ = false;
      const auto begin = static_cast<std::uint64_t>(area_) * at_.area_bytes;
      if (outcome written = write(record, begin + end_); !written.ok()) {
        return written;
      }
      at_ = next;
      end_ += record.size();
      current_ = true;
      return nothing{};
    }
  }
  return begin_area(state);
}

/// Writes a snapshot where the newest one is not; what was kept is whole until it stands.
outcome cursor_file::begin_area(const cursor_state& state) {
  cursor_place next{at_.generation + 1, 0, at_.area_bytes};
  const std::string record = encode_cursor_snapshot(state, next);
  const std::uint64_t wanted = area_bytes_for(record.size());
  outcome refused = nothing{};
  if (at_.area_bytes < wanted / 2 || at_.area_bytes < area_bytes_least) {
    refused = replace(state, wanted);
    if (refused.ok()) {
      return refused;
    }
    // The disk is full: as far as the old place goes.
  }
  const bool taken_over = at_.area_bytes == 0;
  if (taken_over && !take_over(record.size())) {
    return refused;
  }
  if (record.size() > at_.area_bytes) {
    return refused.ok() ? failure{path_ + ": its areas are too small"} : refused;
  }
  if (!file_.open()) {
    file_ = file_handle(files_, files_.open_to_write(path_));
    if (!file_.open()) {
      return file_failure("open", path_, file_.error());
    }
  }
  next.area_bytes = at_.area_bytes;
  const int other = taken_over ? 0 : 1 - area_;
  current_ = false;
  if (outcome written = write(taken_over ? encode_cursor_snapshot(state, next) : record,
                              static_cast<std::uint64_t>(other) * at_.area_bytes);
      !written.ok()) {
    return written;
  }
  at_ = next;
  area_ = other;
  end_ = record.size();
  current_ = true;
  return nothing{};
}

/// A new file with larger areas takes the place of the old one, all or nothing, and is on stable
/// storage before: an empty one must not be what a loss of power leaves.
outcome cursor_file::replace(const cursor_state& state, std::uint64_t area_bytes) {
  const std::string beside = replacement_file::name_beside(path_);
  file_handle made(files_, files_.create(beside));
  if (!made.open()) {
    return file_failure("create", beside, made.error());
  }
  const cursor_place place{at_.generation + 1, 0, area_bytes};
  const std::string record = encode_cursor_snapshot(state, place);
  int error = made.preallocate(area_bytes * 2);
  error = error < 0 ? error : made.write_fully({record}, 0);
  error = error < 0 ? error : made.sync();
  error = error < 0 ? error : files_.rename(beside, path_);
  if (error < 0) {
    static_cast<void>(files_.remove(beside));
    return file_failure("write", beside, error);
  }
  file_ = std::move(made);
  at_ = place;
  area_ = 0;
  end_ = record.size();
  current_ = true;
  // The file has its name, whatever this says: without it a loss of power may bring the old one
  // back, and then what was delivered since comes again.
  static_cast<void>(sync_directory_of(path_, files_));
  return nothing{};
}

/// On a full disk there may be a file that has no areas (of an earlier weir, or cut short): the
/// blocks that it has become two small ones. Should the process end within the one write that
/// follows, the sink begins at the log's first frame, which repeats and loses nothing.
bool cursor_file::take_over(std::uint64_t record_bytes) {
  file_handle file(files_, files_.open_to_write(path_));
  const std::int64_t size = file.open() ? file.size() : 0;
  if (size <= 0) {
    return false;
  }
  const std::uint64_t blocks = (static_cast<std::uint64_t>(size) + block_bytes - 1) / block_bytes;
  const std::uint64_t area_bytes = blocks * block_bytes / 2;
  if (record_bytes > area_bytes || file.truncate(area_bytes * 2) < 0) {
    return false;
  }
  file_ = std::move(file);
  at_.area_bytes = area_bytes;
  return true;
}

outcome cursor_file::write(const std::string& record, std::uint64_t offset) {
  const std::string zeros(cursor_end_mark_bytes, '\0');
  const std::uint64_t area_end = (offset / at_.area_bytes + 1) * at_.area_bytes;
  const std::uint64_t left = area_end - offset - record.size();
  const auto mark = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
  if (const int error =
          file_.write_fully({record, std::string_view(zeros).substr(0, mark)}, offset);
      error < 0) {
    return file_failure("write", path_, error);
  }
  return nothing{};
}

}  // namespace weir
