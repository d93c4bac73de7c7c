// SPDX-License-Identifier: Apache-2.0
//
// A disk in memory with a page cache before it. What a process writes is in the cache at once, and
// on stable storage once it was synced or written back by the operating system; a loss of power
// takes any part of the rest, page by page, and the newest changes of names. Each file keeps both
// contents. Not a file_system itself: a process works with a process_files, which dies with it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_system.hpp"
#include "simulation/random.hpp"

namespace weir::simulation {

/// What is wrong with the disk now.
struct disk_faults {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  /// Bytes that all files may have, in whole pages.
  std::uint64_t capacity = unlimited;
  bool read_only = false;
  bool syncs_fail = false;
  /// One of so many calls fails with EIO, of writes perhaps after a part; 0: none.
  std::uint32_t errors_one_in = 0;
  /// One of so many reads and writes is shorter than asked for; 0: none.
  std::uint32_t short_one_in = 0;
};

class virtual_disk {
 public:
  static constexpr std::size_t page_bytes = 512;

  struct inode {
    bool folder = false;
    std::string content;
    std::string stored;
    /// Pages of `content` that are not in `stored`.
    std::set<std::size_t> dirty;
  };
  using inode_ptr = std::shared_ptr<inode>;

  explicit virtual_disk(dice& chance) : chance_(chance) {}

  disk_faults faults;

  /// A directory that was always there.
  void add_root(const std::string& path);

  // What the machine does to it.
  /// The operating system writes some files and names back on its own.
  void write_back();
  /// The page cache is gone, but for what happened to be written.
  void lose_power();
  /// Flips a bit of a file whose path has `part` in it, but not of its first `spared` bytes; the
  /// path, or nothing when there is none.
  std::optional<std::string> rot(std::string_view part, std::size_t spared);
  /// Removes a file, or a directory with all in it, as somebody's `rm -r` would.
  void remove_tree(const std::string& path);

  // For looking at it.
  [[nodiscard]] std::vector<std::string> paths(std::string_view part) const;
  [[nodiscard]] std::optional<std::string> content(const std::string& path) const;
  /// Of the files whose path begins so.
  [[nodiscard]] std::uint64_t bytes_below(std::string_view prefix) const;
  /// Changes when any content or name does.
  [[nodiscard]] std::uint64_t fingerprint() const;

 private:
  friend class process_files;
  /// One change of names in a directory, all or nothing: for each path what it means then.
  struct name_change {
    std::vector<std::pair<std::string, inode_ptr>> entries;  // null: no such name
  };

  [[nodiscard]] inode_ptr find(const std::string& path) const;
  [[nodiscard]] bool has_parent(const std::string& path) const;
  [[nodiscard]] std::uint64_t used() const;
  void change_names(const std::string& directory, name_change change);
  void store(inode& file);
  void write(inode& file, std::string_view bytes, std::uint64_t offset);
  void truncate(inode& file, std::uint64_t size);
  void lose_cache_of(inode& file);
  static void apply(const name_change& change, std::map<std::string, inode_ptr>& names);

  dice& chance_;
  std::map<std::string, inode_ptr> names_;
  std::map<std::string, inode_ptr> stored_names_;
  std::map<std::string, std::vector<name_change>> unsynced_names_;  // by directory
  /// Open without a name any more: their blocks are still in use.
  std::vector<std::weak_ptr<inode>> opened_;
};

/// The file system as one process sees it, until it dies.
class process_files : public file_system {
 public:
  explicit process_files(virtual_disk& disk) : disk_(disk) {}

  /// Nothing that is called from now on does anything.
  void kill() noexcept { dead_ = true; }
  /// The process dies in the changing call number `calls` (from 0) from now; of a write a part may
  /// be done.
  void die_in(std::uint64_t calls) noexcept { calls_left_ = calls; }
  [[nodiscard]] bool dead() const noexcept { return dead_; }

  int open_to_read(const std::string& path) override;
  int open_to_write(const std::string& path) override;
  int open_or_create(const std::string& path) override;
  int create(const std::string& path, file_access access) override;
  int close(int descriptor) override;
  std::int64_t read_at(int descriptor, std::span<char> target, std::uint64_t offset) override;
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override;
  std::int64_t size(int descriptor) override;
  int truncate(int descriptor, std::uint64_t size) override;
  int preallocate(int descriptor, std::uint64_t size) override;
  int remove(const std::string& path) override;
  int remove_directory(const std::string& path) override;
  int rename(const std::string& source, const std::string& target) override;
  int make_directory(const std::string& path, file_access access) override;
  int sync(int descriptor) override;
  int sync_directory(const std::string& path) override;
  int list(const std::string& path, std::vector<std::string>& names) override;
  int kind(const std::string& path, entry_kind& is) override;

 private:
  [[nodiscard]] int before_change();
  [[nodiscard]] int before_look();
  [[nodiscard]] int open(virtual_disk::inode_ptr file);
  [[nodiscard]] int open_known(const std::string& path);
  [[nodiscard]] virtual_disk::inode* file_of(int descriptor) const;
  /// How much of a write is done, by the faults and the room that is left; `error`: what follows.
  [[nodiscard]] std::size_t allowed(const virtual_disk::inode& file, std::uint64_t offset,
                                    std::size_t wanted, int& error);

  virtual_disk& disk_;
  std::vector<virtual_disk::inode_ptr> open_;
  bool dead_ = false;
  bool dies_in_this_call_ = false;
  std::optional<std::uint64_t> calls_left_;
};

}  // namespace weir::simulation
