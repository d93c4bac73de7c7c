// SPDX-License-Identifier: Apache-2.0
#include "files/file_operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace weir {
namespace {

constexpr std::size_t waiting_bytes_max = std::size_t{256} << 10;
constexpr std::size_t read_bytes = std::size_t{16} << 10;

/// The directory that has the name `path`.
std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Where the last whole line of a file of `size` bytes ends. A process that was killed within its
/// write leaves a part of a line, whose batch is sent again anyway.
std::uint64_t whole_lines_end(const file_handle& file, std::uint64_t size) {
  std::array<char, 4096> block{};
  std::uint64_t end = size;
  while (end > 0) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, block.size());
    const std::span<char> wanted(block.data(), static_cast<std::size_t>(end - begin));
    if (file.read_fully(wanted, begin) != static_cast<std::int64_t>(wanted.size())) {
      return size;  // it cannot be read: leave it as it is
    }
    const std::size_t line_feed = std::string_view(wanted.data(), wanted.size()).rfind('\n');
    if (line_feed != std::string_view::npos) {
      return begin + line_feed + 1;
    }
    end = begin;
  }
  return 0;
}

outcome append(file_system& files, const std::string& path, bool cut_torn_line,
               std::string_view head, std::string_view tail, durability wanted) {
  file_handle file(files, files.open_or_create(path));
  if (!file.open()) {
    return file_failure("open", path, file.error());
  }
  const std::int64_t size = file.size();
  if (size < 0) {
    return file_failure("look at", path, size);
  }
  const auto before = static_cast<std::uint64_t>(size);
  const std::uint64_t whole = cut_torn_line ? whole_lines_end(file, before) : before;
  if (whole != before) {
    if (const int error = file.truncate(whole); error < 0) {
      return file_failure("cut off a line that was never finished from", path, error);
    }
  }
  if (const int error = file.write_fully({head, tail}, whole); error < 0) {
    const bool undone = file.truncate(whole) == 0;
    return file_failure(undone ? "write" : "write, nor take back a part written of,", path, error);
  }
  if (const int error = wanted == durability::power ? file.sync() : 0; error < 0) {
    static_cast<void>(file.truncate(whole));
    return file_failure("sync", path, error);
  }
  if (const int error = file.close(); error < 0) {
    return file_failure("write", path, error);
  }
  return wanted == durability::power ? sync_directory_of(path, files) : outcome(nothing{});
}

}  // namespace

failure file_failure(std::string_view action, const std::string& path, std::int64_t negated_errno) {
  return {fmt::format("cannot {} {}: {}", action, path, errno_text(negated_errno))};
}

result<replacement_file> replacement_file::create(std::string path, file_system& files,
                                                  file_access access) {
  const std::string beside = name_beside(path);
  file_handle file(files, files.create(beside, access));
  if (!file.open()) {
    return file_failure("create", beside, file.error());
  }
  return replacement_file(std::move(path), files, std::move(file));
}

replacement_file::~replacement_file() {
  if (file_.open()) {
    file_.reset();
    static_cast<void>(files_->remove(name_beside(path_)));
  }
}

outcome replacement_file::append(std::string_view bytes) {
  waiting_.append(bytes);
  bytes_ += bytes.size();
  return waiting_.size() < waiting_bytes_max ? outcome(nothing{}) : flush(durability::process);
}

outcome replacement_file::flush(durability wanted) {
  if (const int error = file_.write_fully({waiting_}, written_); error < 0) {
    return file_failure("write", name_beside(path_), error);
  }
  written_ += waiting_.size();
  waiting_.clear();
  if (wanted == durability::power) {
    if (const int error = file_.sync(); error < 0) {
      return file_failure("sync", name_beside(path_), error);
    }
  }
  return nothing{};
}

result<file_handle> replacement_file::take_place(durability wanted) {
  if (auto flushed = flush(wanted); !flushed) {
    return flushed.error();
  }
  if (const int error = files_->rename(name_beside(path_), path_); error < 0) {
    return file_failure("rename to", path_, error);
  }
  return std::move(file_);
}

outcome replace_file(const std::string& path, std::string_view content, durability wanted,
                     file_system& files) {
  auto replacement = replacement_file::create(path, files);
  if (!replacement) {
    return replacement.error();
  }
  if (auto appended = replacement.value().append(content); !appended) {
    return appended;
  }
  auto file = replacement.value().take_place(wanted);
  if (!file) {
    return file.error();
  }
  // Some file systems say only now that a write failed.
  if (const int error = file.value().close(); error < 0) {
    return file_failure("write", path, error);
  }
  return wanted == durability::power ? sync_directory_of(path, files) : outcome(nothing{});
}

outcome sync_directory_of(const std::string& path, file_system& files) {
  if (const int error = files.sync_directory(directory_of(path)); error < 0) {
    return file_failure("sync the directory of", path, error);
  }
  return nothing{};
}

outcome sync_file(const std::string& path, file_system& files) {
  const file_handle file(files, files.open_to_read(path));
  if (!file.open()) {
    return file.error() == -ENOENT ? outcome(nothing{}) : file_failure("open", path, file.error());
  }
  const int error = file.sync();
  return error < 0 ? outcome(file_failure("sync", path, error)) : outcome(nothing{});
}

result<std::optional<std::string>> read_small_file(const std::string& path, file_system& files) {
  const file_handle file(files, files.open_to_read(path));
  if (!file.open()) {
    if (file.error() == -ENOENT) {
      return std::optional<std::string>{};
    }
    return file_failure("open", path, file.error());
  }
  std::string content;
  for (;;) {
    const std::size_t begin = content.size();
    content.resize(begin + read_bytes);
    const std::int64_t bytes =
        file.read_fully(std::span(content).subspan(begin), static_cast<std::uint64_t>(begin));
    if (bytes < 0) {
      return file_failure("read", path, bytes);
    }
    content.resize(begin + static_cast<std::size_t>(bytes));
    if (bytes < static_cast<std::int64_t>(read_bytes)) {
      return std::optional<std::string>{std::move(content)};
    }
  }
}

outcome append_to_file(const std::string& path, std::string_view head, std::string_view tail,
                       file_system& files, durability wanted) {
  return append(files, path, false, head, tail, wanted);
}

outcome append_lines_to_file(const std::string& path, std::string_view lines, file_system& files) {
  return append(files, path, true, lines, {}, durability::process);
}

std::uint64_t file_bytes(const std::string& path, file_system& files) {
  const file_handle file(files, files.open_to_read(path));
  return file.open() ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.size())) : 0;
}

outcome rename_file(const std::string& from, const std::string& to, file_system& files) {
  if (const int error = files.rename(from, to); error < 0) {
    return file_failure("rename to", to, error);
  }
  return nothing{};
}

outcome rotate_file(const std::string& path, std::uint32_t kept, file_system& files) {
  if (kept == 0) {
    if (const int error = files.remove(path); error < 0 && error != -ENOENT) {
      return file_failure("delete", path, error);
    }
    return nothing{};
  }
  // The oldest is overwritten by the rename onto its name.
  for (std::uint32_t i = kept; i > 0; --i) {
    const std::string from = i == 1 ? path : fmt::format("{}.{}", path, i - 1);
    const std::string to = fmt::format("{}.{}", path, i);
    if (const int error = files.rename(from, to); error < 0 && error != -ENOENT) {
      return file_failure("rotate to", to, error);
    }
  }
  return nothing{};
}

outcome make_directories(const std::string& path, file_system& files) {
  if (const int error = files.make_directory(path, file_access::group); error < 0) {
    return file_failure("create directory", path, error);
  }
  return nothing{};
}

}  // namespace weir
