// SPDX-License-Identifier: Apache-2.0
#include "ingest/types_file_posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "files/atomic_file_posix.hpp"
#include "gate/types/types_loader.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::uint8_t pass_max = 255;
// Until a new file is tried again after the disk refused one.
constexpr std::chrono::seconds retry_after{60};

failure system_failure(std::string_view words, const std::string& path, int error) {
  return {std::string(words) + " " + path + ": " + std::strerror(error)};
}

/// A descriptor that is closed.
class open_file {
 public:
  open_file(const std::string& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

/// Gives `use` the bytes from `begin` to `end`, or to the file's end, in pieces.
template <class Use>
outcome each_piece(const std::string& path, std::uint64_t begin, std::uint64_t end, Use use) {
  const open_file file(path, O_RDONLY);
  if (file.get() < 0) {
    return errno == ENOENT ? outcome(nothing{}) : system_failure("cannot open", path, errno);
  }
  std::string piece(piece_bytes, '\0');
  while (begin < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - begin));
    const ssize_t count = ::pread(file.get(), piece.data(), wanted, static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_failure("cannot read", path, errno);
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

result<types_reading> read_types_file(const std::string& path, const types_reader::taker& take) {
  types_reader reader(take);
  types_reading found;
  std::optional<failure> other_version;
  outcome done =
      each_piece(path, 0, std::numeric_limits<std::uint64_t>::max(), [&](std::string_view piece) {
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
  ::unlink(replacement_file::name_beside(path_).c_str());  // of a process that was killed
  types_loader loader(memory_);
  std::uint64_t replaced = 0;
  const auto reading = read_types_file(path_, [&](const types_record& record) {
    const types_loader::loaded done = loader.load(record);
    replaced += done == types_loader::loaded::replaced ? 1 : 0;
    beyond_ += done == types_loader::loaded::beyond ? 1 : 0;
  });
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
  if (::rename(path_.c_str(), set_aside_.c_str()) != 0) {
    return system_failure(
        "nothing in it is a list of field types, and it cannot be renamed:", path_, errno);
  }
  return nothing{};
}

outcome types_file::begin_appending(const types_reading& found) {
  open_file file(path_, O_WRONLY | O_CREAT);
  if (file.get() < 0) {
    return system_failure("cannot open", path_, errno);
  }
  size_ = static_cast<std::int64_t>(found.whole_bytes);
  if (found.whole_bytes < found.bytes && ::ftruncate(file.get(), size_) != 0) {
    return system_failure("cannot cut", path_, errno);
  }
  if (size_ == 0) {
    if (const int error = write_all(file.get(), types_text_head); error != 0) {
      return system_failure("cannot write", path_, error);
    }
    size_ = static_cast<std::int64_t>(types_text_head.size());
  }
  descriptor_ = file.release();
  if (options_.sync) {
    if (::fsync(descriptor_) != 0) {
      return system_failure("cannot sync", path_, errno);
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
  if (descriptor_ >= 0) {
    ::close(descriptor_);
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
  if (::ftruncate(descriptor_, size_) != 0 || ::lseek(descriptor_, size_, SEEK_SET) < 0) {
    return system_failure("cannot write", path_, errno);
  }
  if (const int error = write_all(descriptor_, owed_); error != 0) {
    return system_failure("cannot write", path_, error);
  }
  if (options_.sync && ::fdatasync(descriptor_) != 0) {
    return system_failure("cannot sync", path_, errno);
  }
  size_ += static_cast<std::int64_t>(owed_.size());
  owed_.clear();
  return nothing{};
}

outcome types_file::sync_directory() {
  if (const int error = sync_directory_of(path_); error != 0) {
    return system_failure("cannot sync the directory of", path_, error);
  }
  directory_owed_ = false;
  return nothing{};
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
  auto made = replacement_file::create(path_);
  if (!made) {
    return made.error();
  }
  replacement_file& to = made.value();
  std::int64_t begun_at = 0;
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

outcome types_file::copy_current(std::int64_t bytes, replacement_file& to) {
  pass_ = static_cast<std::uint8_t>(pass_ % pass_max + 1);
  types_loader loader(memory_);
  outcome written = to.append(types_text_head);
  types_reader reader([&](const types_record& record) {
    if (written && loader.is_current(record, pass_)) {
      written = to.append(record.line);
    }
  });
  const outcome read = each_piece(path_, 0, static_cast<std::uint64_t>(bytes),
                                  [&](std::string_view piece) -> outcome {
                                    if (stopping_.load()) {
                                      return failure{"weir is ending"};
                                    }
                                    auto fed = reader.feed(piece);
                                    return fed && !written ? written : fed;
                                  });
  if (!read || !written) {
    return read ? written : read;
  }
  return to.flush(/*sync=*/true);
}

/// Requires: mutex_ is held.
outcome types_file::take_place(std::int64_t copied, replacement_file& to) {
  const outcome read =
      each_piece(path_, static_cast<std::uint64_t>(copied), static_cast<std::uint64_t>(size_),
                 [&to](std::string_view piece) { return to.append(piece); });
  if (!read) {
    return read;
  }
  if (auto flushed = to.flush(options_.sync); !flushed) {
    return flushed;
  }
  const auto taken = to.take_place();
  if (!taken) {
    return taken.error();
  }
  ::close(descriptor_);
  descriptor_ = taken.value();
  size_ = static_cast<std::int64_t>(to.bytes());
  // Until it is there for good, `keep` keeps nothing.
  directory_owed_ = options_.sync;
  if (directory_owed_) {
    static_cast<void>(sync_directory());
  }
  return nothing{};
}

void types_file::collect(metric_collector& out) const {
  std::int64_t size = 0;
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
    if (names_field(wanted, record.name)) {
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
  if (written) {
    written = to.flush(/*sync=*/true);
  }
  if (!written) {
    return written.error();
  }
  const auto taken = to.take_place();
  if (!taken) {
    return taken.error();
  }
  ::close(taken.value());
  return forgotten.size();
}

}  // namespace weir
