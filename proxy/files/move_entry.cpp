// SPDX-License-Identifier: Apache-2.0
#include "files/move_entry.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "files/file_operations.hpp"

namespace weir {
namespace {

std::string entry_of(const std::string& folder, const std::string& name) {
  return folder + "/" + name;
}

constexpr std::size_t copy_bytes = std::size_t{256} << 10;
/// Folders in folders; what weir writes has one level.
constexpr int depth_max = 16;

class entry_move {
 public:
  entry_move(const std::string& from, const std::string& to, file_system& files)
      : files_(files),
        from_(from),
        to_(to),
        copy_(to + ".moving"),
        mark_(to + ".moved"),
        parked_(from + ".moved") {}

  [[nodiscard]] outcome run();

 private:
  [[nodiscard]] result<entry_kind> kind(const std::string& path);
  [[nodiscard]] result<bool> gives_way(const std::string& path, entry_kind is);
  [[nodiscard]] outcome remove_all(const std::string& path, int depth = 0);
  [[nodiscard]] outcome copy_all(const std::string& source, const std::string& target,
                                 int depth = 0);
  [[nodiscard]] outcome copy_file(const std::string& source, const std::string& target);
  [[nodiscard]] outcome copy_folder(const std::string& source, const std::string& target,
                                    int depth);
  [[nodiscard]] outcome clear_target();
  [[nodiscard]] outcome move_by_copy();
  [[nodiscard]] outcome finish_copy();
  [[nodiscard]] outcome sync_names();

  file_system& files_;
  const std::string& from_;
  const std::string& to_;
  const std::string copy_;
  const std::string mark_;
  const std::string parked_;
};

result<entry_kind> entry_move::kind(const std::string& path) {
  entry_kind is = entry_kind::missing;
  if (const int error = files_.kind(path, is); error < 0) {
    return file_failure("look at", path, error);
  }
  return is;
}

result<bool> entry_move::gives_way(const std::string& path, entry_kind is) {
  if (is != entry_kind::folder) {
    return is == entry_kind::missing;
  }
  std::vector<std::string> names;
  if (const int error = files_.list(path, names); error < 0) {
    return file_failure("read", path, error);
  }
  return names.empty();
}

outcome entry_move::remove_all(const std::string& path, int depth) {
  const auto is = kind(path);
  if (!is) {
    return is.error();
  }
  if (is.value() == entry_kind::missing) {
    return nothing{};
  }
  if (is.value() != entry_kind::folder) {
    const int error = files_.remove(path);
    return error < 0 ? outcome(file_failure("remove", path, error)) : nothing{};
  }
  std::vector<std::string> names;
  if (const int error = files_.list(path, names); error < 0 || depth == depth_max) {
    return file_failure("read", path, error < 0 ? error : -ELOOP);
  }
  for (const std::string& name : names) {
    if (auto removed = remove_all(entry_of(path, name), depth + 1); !removed) {
      return removed;
    }
  }
  const int error = files_.remove_directory(path);
  return error < 0 ? outcome(file_failure("remove", path, error)) : nothing{};
}

outcome entry_move::copy_all(const std::string& source, const std::string& target, int depth) {
  const auto is = kind(source);
  if (!is) {
    return is.error();
  }
  switch (is.value()) {
    case entry_kind::missing:
      return nothing{};
    case entry_kind::file:
      return copy_file(source, target);
    case entry_kind::folder:
      return copy_folder(source, target, depth);
    case entry_kind::other:
      break;
  }
  return failure{"cannot move " + source + ": it is neither a file nor a directory"};
}

outcome entry_move::copy_file(const std::string& source, const std::string& target) {
  const file_handle in(files_, files_.open_to_read(source));
  if (!in.open()) {
    return file_failure("open", source, in.error());
  }
  file_handle out(files_, files_.create(target));
  if (!out.open()) {
    return file_failure("create", target, out.error());
  }
  std::string piece(copy_bytes, '\0');
  for (std::uint64_t offset = 0;;) {
    const std::int64_t bytes = in.read_fully(piece, offset);
    if (bytes < 0) {
      return file_failure("read", source, bytes);
    }
    const auto count = static_cast<std::size_t>(bytes);
    if (const int error = out.write_fully({std::string_view(piece).substr(0, count)}, offset);
        error < 0) {
      return file_failure("write", target, error);
    }
    offset += count;
    if (count < piece.size()) {
      break;
    }
  }
  int error = out.sync();
  if (const int closed = out.close(); error == 0) {
    error = closed;
  }
  return error < 0 ? outcome(file_failure("sync", target, error)) : nothing{};
}

outcome entry_move::copy_folder(const std::string& source, const std::string& target, int depth) {
  std::vector<std::string> names;
  if (const int error = files_.list(source, names); error < 0 || depth == depth_max) {
    return file_failure("read", source, error < 0 ? error : -ELOOP);
  }
  if (auto made = make_directories(target, files_); !made) {
    return made;
  }
  for (const std::string& name : names) {
    if (auto copied = copy_all(entry_of(source, name), entry_of(target, name), depth + 1);
        !copied) {
      return copied;
    }
  }
  const int error = files_.sync_directory(target);
  return error < 0 ? outcome(file_failure("sync", target, error)) : nothing{};
}

outcome entry_move::sync_names() {
  // What is new has its name for good before what is old loses it.
  auto synced = sync_directory_of(to_, files_);
  return synced ? sync_directory_of(from_, files_) : synced;
}

/// Nothing, or nothing but an empty folder, may be where `from` goes.
outcome entry_move::clear_target() {
  const auto is = kind(to_);
  if (!is) {
    return is.error();
  }
  const auto empty = gives_way(to_, is.value());
  if (!empty) {
    return empty.error();
  }
  if (!empty.value()) {
    return failure{"both " + from_ + " and " + to_ +
                   " are there, and weir does not know which holds: move one of them away"};
  }
  if (is.value() == entry_kind::missing) {
    return nothing{};
  }
  const int error = files_.remove_directory(to_);
  return error < 0 ? outcome(file_failure("remove", to_, error)) : nothing{};
}

outcome entry_move::move_by_copy() {
  if (auto copied = copy_all(from_, copy_); !copied) {
    return copied;
  }
  if (auto synced = sync_directory_of(copy_, files_); !synced) {
    return synced;
  }
  if (auto marked = replace_file(mark_, from_, durability::power, files_); !marked) {
    return marked;
  }
  return finish_copy();
}

/// The copy is whole and marked so.
outcome entry_move::finish_copy() {
  const auto copy = kind(copy_);
  const auto original = kind(from_);
  if (!copy || !original) {
    return copy ? original.error() : copy.error();
  }
  if (copy.value() != entry_kind::missing) {
    if (auto renamed = rename_file(copy_, to_, files_); !renamed) {
      return renamed;
    }
    if (auto synced = sync_directory_of(to_, files_); !synced) {
      return synced;
    }
  }
  if (original.value() != entry_kind::missing) {
    if (auto renamed = rename_file(from_, parked_, files_); !renamed) {
      return renamed;
    }
    // Before the mark goes: a copy that is used and an original that comes back would be two.
    if (auto synced = sync_directory_of(from_, files_); !synced) {
      return synced;
    }
  }
  if (auto removed = remove_all(parked_); !removed) {
    return removed;
  }
  if (auto removed = remove_all(mark_); !removed) {
    return removed;
  }
  return sync_directory_of(to_, files_);
}

outcome entry_move::run() {
  const auto marked = read_small_file(mark_, files_);
  if (!marked) {
    return marked.error();
  }
  if (marked.value()) {
    if (*marked.value() != from_) {
      return failure{"a move from " + *marked.value() + " to " + to_ +
                     " was cut short: start weir once with the directories of that time"};
    }
    return finish_copy();
  }
  if (auto removed = remove_all(copy_); !removed) {  // of a copy that was cut short
    return removed;
  }
  const auto is = kind(from_);
  if (!is) {
    return is.error();
  }
  const auto empty = gives_way(from_, is.value());
  if (!empty) {
    return empty.error();
  }
  if (empty.value()) {
    const bool folder = is.value() == entry_kind::folder;
    const int error = folder ? files_.remove_directory(from_) : 0;
    return error < 0 ? outcome(file_failure("remove", from_, error)) : nothing{};
  }
  if (auto cleared = clear_target(); !cleared) {
    return cleared;
  }
  const int error = files_.rename(from_, to_);
  if (error == -EXDEV) {
    return move_by_copy();
  }
  return error < 0 ? outcome(file_failure("move " + from_ + " to", to_, error)) : sync_names();
}

}  // namespace

outcome move_entry(const std::string& from, const std::string& to, file_system& files) {
  return entry_move(from, to, files).run();
}

}  // namespace weir
