// SPDX-License-Identifier: Apache-2.0
#include "ingest/types_file_posix.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "gate/types/types_loader.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::uint8_t pass_max = 255;
// Until a new file is tried again after the disk refused one.
constexpr std::chrono::seconds retry_after{60};

/// Gives `use` the bytes from `begin` to `end`, or to the file's end, in pieces.
template <class Use>
outcome each_piece(file_system& files, const std::string& path, std::uint64_t begin,
                   std::uint64_t end, Use use) {
  const file_handle file(files, files.open_to_read(path));
  if (!file.open()) {
    return file.error() == -ENOENT ? outcome(nothing{}) : file_failure("open", path, file.error());
  }
  std::string piece(piece_bytes, '\0');
  while (begin < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - begin));
    const std::int64_t count = file.read_fully(std::span(piece).first(wanted), begin);
    if (count < 0) {
      return file_failure("read", path, count);
    }
    if (count == 0) {
      break;
    }
    begin += static_cast<std::uint64_t>(count);
    if (auto used = use(std::string_view(piece.data(), static_cast<std::size_t>(count))); !used) {
      return used;
    }
  }
  return nothing{};
}

/// Something stands in the file, and none of it is a record: all types are lost, or it is a file of
/// something else. The head with one record that was cut off is what a crash leaves of a new file.
bool is_junk(const types_reading& found) {
  const bool begun_alone = found.damaged == 1 && found.whole_bytes == types_text_head.size() &&
                           found.whole_bytes < found.bytes;
  return found.records == 0 && found.damaged > 0 && !begun_alone;
}

}  // namespace

result<types_reading> read_types_file(const std::string& path, const types_reader::taker& take,
                                      file_system& files) {
  types_reader reader(take);
  types_reading found;
  std::optional<failure> other_version;
  outcome done = each_piece(files, path, 0, std::numeric_limits<std::uint64_t>::max(),
                            [&](std::string_view piece) {
                              found.bytes += piece.size();
                              auto fed = reader.feed(piece);
                              if (!fed) {
                                other_version = fed.error();
                              }
                              return fed;
                            });
  if (done) {
    done = reader.finish();
    if (!done) {
      other_version = done.error();
    }
  }
  if (!done) {
    return other_version ? failure{path + ": " + other_version->message + "; move it away to go on"}
                         : done.error();
  }
  found.records = reader.records();
  found.damaged = reader.damaged();
  found.whole_bytes = reader.whole_bytes();
  return found;
}

result<std::unique_ptr<types_file>> types_file::open(std::string path, gate_memory& memory,
                                                     types_file_options options) {
  std::unique_ptr<types_file> made(new types_file(std::move(path), memory, options));
  if (auto loaded = made->load(); !loaded) {
    return loaded.error();
  }
  return made;
}

outcome types_file::load() {
  // Of a process that was killed.
  static_cast<void>(options_.files.remove(replacement_file::name_beside(path_)));
  types_loader loader(memory_);
  std::uint64_t replaced = 0;
  const auto reading = read_types_file(
      path_,
      [&](const types_record& record) {
        const types_loader::loaded done = loader.load(record);
        replaced += done == types_loader::loaded::replaced ? 1 : 0;
        beyond_ += done == types_loader::loaded::beyond ? 1 : 0;
      },
      options_.files);
  if (!reading) {
    return reading.error();
  }
  const types_reading& found = reading.value();
  damaged_ = found.damaged;
  if (is_junk(found)) {
    if (auto put = put_aside(); !put) {
      return put;
    }
    return begin_appending({});
  }
  if (auto begun = begin_appending(found); !begun) {
    return begun;
  }
  // A last record that was cut off is gone by now.
  const std::uint64_t cut_off = found.whole_bytes < found.bytes && damaged_ > 0 ? 1 : 0;
  if (damaged_ - cut_off + replaced + beyond_ == 0) {
    return nothing{};
  }
  compacting_.store(true);
  if (found.bytes <= options_.compact_at_once_bytes && compact()) {
    compacting_.store(false);
  } else {
    compactor_ = std::thread([this] { compact_until_done(); });
  }
  return nothing{};
}

outcome types_file::put_aside() {
  set_aside_ = path_ + ".damaged";
  if (const int error = options_.files.rename(path_, set_aside_); error < 0) {
    return failure{"nothing in it is a list of field types, and it cannot be renamed: " + path_ +
                   ": " + errno_text(error)};
  }
  return nothing{};
}

outcome types_file::begin_appending(const types_reading& found) {
  size_ = found.whole_bytes;
  file_handle file(options_.files, size_ == 0 ? options_.files.create(path_, file_access::all)
                                              : options_.files.open_to_write(path_));
  if (!file.open()) {
    return file_failure("open", path_, file.error());
  }
  if (found.whole_bytes < found.bytes) {
    if (const int error = file.truncate(size_); error < 0) {
      return file_failure("cut", path_, error);
    }
  }
  if (size_ == 0) {
    if (const int error = file.write_fully({types_text_head}, 0); error < 0) {
      return file_failure("write", path_, error);
    }
    size_ = types_text_head.size();
  }
  file_ = std::move(file);
  if (options_.kept == durability::power) {
    if (const int error = file_.sync(); error < 0) {
      return file_failure("sync", path_, error);
    }
    directory_owed_ = true;
    return sync_directory();
  }
  return nothing{};
}

types_file::~types_file() {
  {
    const std::lock_guard lock(pause_mutex_);
    stopping_.store(true);
  }
  stop_called_.notify_all();
  if (compactor_.joinable()) {
    compactor_.join();
  }
}

outcome types_file::keep() {
  if (kept_.load(std::memory_order_acquire) >= memory_.registrations()) {
    return nothing{};
  }
  const std::lock_guard lock(mutex_);
  // First what a failure left: so no more than twice what may wait is ever held.
  if (auto written = write_owed(); !written) {
    return written;
  }
  std::uint64_t registrations = 0;
  owed_ = memory_.take_unwritten(registrations);
  if (auto written = write_owed(); !written) {
    return written;
  }
  kept_.store(registrations, std::memory_order_release);
  return nothing{};
}

/// All of it or nothing: what a failure left behind is written over by the next attempt.
outcome types_file::write_owed() {
  if (directory_owed_) {
    if (auto synced = sync_directory(); !synced) {
      return synced;
    }
  }
  if (owed_.empty()) {
    return nothing{};
  }
  if (const int error = file_.truncate(size_); error < 0) {
    return file_failure("write", path_, error);
  }
  if (const int error = file_.write_fully({owed_}, size_); error < 0) {
    return file_failure("write", path_, error);
  }
  if (options_.kept == durability::power) {
    if (const int error = file_.sync(); error < 0) {
      return file_failure("sync", path_, error);
    }
  }
  size_ += owed_.size();
  owed_.clear();
  return nothing{};
}

outcome types_file::sync_directory() {
  outcome synced = sync_directory_of(path_, options_.files);
  directory_owed_ = !synced;
  return synced;
}

void types_file::compact_until_done() {
  while (!stopping_.load()) {
    const outcome done = compact();
    if (done || stopping_.load()) {
      break;
    }
    journal(journal_level::warning, done.error().message +
                                        ": the file of types keeps what stands for nothing; "
                                        "trying again in a minute");
    std::unique_lock lock(pause_mutex_);
    stop_called_.wait_for(lock, retry_after, [this] { return stopping_.load(); });
  }
  compacting_.store(false);
}

/// Writes what stands for something to a new file, then, while nobody appends, what was appended
/// meanwhile, and gives it the file's name. A crash at any moment leaves one of the two, and each
/// has all that `keep` has kept.
outcome types_file::compact() {
  auto made = replacement_file::create(path_, options_.files);
  if (!made) {
    return made.error();
  }
  replacement_file& to = made.value();
  std::uint64_t begun_at = 0;
  {
    const std::lock_guard lock(mutex_);
    begun_at = size_;
  }
  if (auto copied = copy_current(begun_at, to); !copied) {
    return copied;
  }
  const std::lock_guard lock(mutex_);
  return take_place(begun_at, to);
}

outcome types_file::copy_current(std::uint64_t bytes, replacement_file& to) {
  pass_ = static_cast<std::uint8_t>(pass_ % pass_max + 1);
  types_loader loader(memory_);
  outcome written = to.append(types_text_head);
  types_reader reader([&](const types_record& record) {
    if (written && loader.is_current(record, pass_)) {
      written = to.append(record.line);
    }
  });
  const outcome read =
      each_piece(options_.files, path_, 0, bytes, [&](std::string_view piece) -> outcome {
        if (stopping_.load()) {
          return failure{"weir is ending"};
        }
        auto fed = reader.feed(piece);
        return fed && !written ? written : fed;
      });
  if (!read || !written) {
    return read ? written : read;
  }
  return to.flush(durability::power);
}

/// Requires: mutex_ is held.
outcome types_file::take_place(std::uint64_t copied, replacement_file& to) {
  outcome read = each_piece(options_.files, path_, copied, size_,
                            [&to](std::string_view piece) { return to.append(piece); });
  if (!read) {
    return read;
  }
  auto taken = to.take_place(options_.kept);
  if (!taken) {
    return taken.error();
  }
  file_ = std::move(taken).value();
  size_ = to.bytes();
  // Until it is there for good, `keep` keeps nothing.
  directory_owed_ = options_.kept == durability::power;
  if (directory_owed_) {
    static_cast<void>(sync_directory());
  }
  return nothing{};
}

void types_file::collect(metric_collector& out) const {
  std::uint64_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    size = size_;
  }
  out.gauge_value("weir_types_file_bytes", "Size of the file of field types.",
                  static_cast<double>(size));
  out.gauge_value("weir_types_file_limit_bytes",
                  "Most that the file of field types may hold (4 times limits.types).",
                  static_cast<double>(memory_.types_file_budget().limit()));
  const auto lost = [&out](std::string_view reason, std::uint64_t records) {
    out.counter_value("weir_types_file_lost_records_total",
                      "Records of the file of field types that were not taken at the start.",
                      static_cast<double>(records), {{"reason", reason}});
  };
  lost("damaged", damaged_);
  lost("limit", beyond_);
}

bool names_field(const registered_field& wanted, const registered_field& field) noexcept {
  const auto fits = [](std::string_view one, std::string_view name) {
    return one.empty() || one == name;
  };
  return fits(wanted.database, field.database) && fits(wanted.measurement, field.measurement) &&
         fits(wanted.field, field.field);
}

result<std::size_t> forget_types(const std::string& path, const registered_field& wanted) {
  auto made = replacement_file::create(path);
  if (!made) {
    return made.error();
  }
  replacement_file& to = made.value();
  outcome written = to.append(types_text_head);
  std::set<std::string> forgotten;  // a field may have several records
  const auto reading = read_types_file(path, [&](const types_record& record) {
    if (!record.dropped && names_field(wanted, record.name)) {
      std::string name;
      append_registration(record.name, field_type::float64, name);
      forgotten.insert(std::move(name));
    } else if (written) {
      written = to.append(record.line);
    }
  });
  if (!reading) {
    return reading.error();
  }
  if (forgotten.empty()) {
    return std::size_t{0};
  }
  if (!written) {
    return written.error();
  }
  if (auto taken = to.take_place(durability::power); !taken) {
    return taken.error();
  }
  if (auto synced = sync_directory_of(path); !synced) {
    return synced.error();
  }
  return forgotten.size();
}

}  // namespace weir
