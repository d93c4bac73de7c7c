// SPDX-License-Identifier: Apache-2.0
//
// The calls of one process to the virtual disk, with its faults.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "simulation/virtual_disk.hpp"

namespace weir::simulation {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t at = path.rfind('/');
  return at == std::string::npos || at == 0 ? std::string("/") : path.substr(0, at);
}

}  // namespace

int process_files::before_change() {
  if (dead_) {
    return -EIO;
  }
  dies_in_this_call_ = false;
  if (calls_left_ && (*calls_left_)-- == 0) {
    calls_left_.reset();
    dead_ = true;
    dies_in_this_call_ = true;
    return -EIO;
  }
  if (disk_.faults.read_only) {
    return -EROFS;
  }
  const std::uint32_t errors = disk_.faults.errors_one_in;
  return errors > 0 && disk_.chance_.one_in(errors) ? -EIO : 0;
}

int process_files::before_look() {
  if (dead_) {
    return -EIO;
  }
  const std::uint32_t errors = disk_.faults.errors_one_in;
  return errors > 0 && disk_.chance_.one_in(errors) ? -EIO : 0;
}

int process_files::open(virtual_disk::inode_ptr file) {
  std::erase_if(disk_.opened_, [](const auto& one) { return one.expired(); });
  disk_.opened_.push_back(file);
  const auto free = std::find(open_.begin(), open_.end(), nullptr);
  if (free != open_.end()) {
    *free = std::move(file);
    return static_cast<int>(free - open_.begin());
  }
  open_.push_back(std::move(file));
  return static_cast<int>(open_.size() - 1);
}

virtual_disk::inode* process_files::file_of(int descriptor) const {
  return descriptor >= 0 && static_cast<std::size_t>(descriptor) < open_.size()
             ? open_[static_cast<std::size_t>(descriptor)].get()
             : nullptr;
}

int process_files::open_known(const std::string& path) {
  const virtual_disk::inode_ptr file = disk_.find(path);
  if (!file) {
    return -ENOENT;
  }
  return file->folder ? -EISDIR : open(file);
}

int process_files::open_to_read(const std::string& path) {
  const int error = before_look();
  return error < 0 ? error : open_known(path);
}

int process_files::open_to_write(const std::string& path) {
  const int error = before_look();
  if (error < 0) {
    return error;
  }
  return disk_.faults.read_only ? -EROFS : open_known(path);
}

int process_files::open_or_create(const std::string& path) {
  return disk_.find(path) ? open_to_write(path) : create(path, file_access::group);
}

int process_files::create(const std::string& path, file_access /*access*/) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  if (!disk_.has_parent(path)) {
    return -ENOENT;
  }
  const virtual_disk::inode_ptr known = disk_.find(path);
  if (known) {
    if (known->folder) {
      return -EISDIR;
    }
    disk_.truncate(*known, 0);
    return open(known);
  }
  if (disk_.faults.capacity != disk_faults::unlimited &&
      disk_.used() + virtual_disk::page_bytes > disk_.faults.capacity) {
    return -ENOSPC;
  }
  auto made = std::make_shared<virtual_disk::inode>();
  disk_.change_names(folder_of(path), {{{path, made}}});
  return open(made);
}

int process_files::close(int descriptor) {
  if (file_of(descriptor) == nullptr) {
    return -EBADF;
  }
  open_[static_cast<std::size_t>(descriptor)].reset();
  return 0;
}

std::int64_t process_files::read_at(int descriptor, std::span<char> target, std::uint64_t offset) {
  if (const int error = before_look(); error < 0) {
    return error;
  }
  const virtual_disk::inode* file = file_of(descriptor);
  if (file == nullptr) {
    return -EBADF;
  }
  if (offset >= file->content.size() || target.empty()) {
    return 0;
  }
  std::size_t bytes =
      std::min(target.size(), file->content.size() - static_cast<std::size_t>(offset));
  const std::uint32_t shorts = disk_.faults.short_one_in;
  if (shorts > 0 && disk_.chance_.one_in(shorts)) {
    bytes = 1 + static_cast<std::size_t>(disk_.chance_.below(bytes));
  }
  std::copy_n(file->content.data() + offset, bytes, target.data());
  return static_cast<std::int64_t>(bytes);
}

std::size_t process_files::allowed(const virtual_disk::inode& file, std::uint64_t offset,
                                   std::size_t wanted, int& error) {
  std::size_t bytes = wanted;
  if (error < 0) {
    // The write that failed, or in which the process died, may have done a part.
    const bool part = !disk_.faults.read_only && (dies_in_this_call_ || disk_.chance_.one_in(2));
    bytes = part && wanted > 0 ? static_cast<std::size_t>(disk_.chance_.below(wanted)) : 0;
  }
  const std::uint32_t shorts = disk_.faults.short_one_in;
  if (error == 0 && wanted > 1 && shorts > 0 && disk_.chance_.one_in(shorts)) {
    bytes = 1 + static_cast<std::size_t>(disk_.chance_.below(wanted));
  }
  if (disk_.faults.capacity == disk_faults::unlimited) {
    return bytes;
  }
  const std::uint64_t used = disk_.used();
  const std::uint64_t pages = (file.content.size() + virtual_disk::page_bytes - 1) /
                              virtual_disk::page_bytes * virtual_disk::page_bytes;
  const std::uint64_t free = disk_.faults.capacity > used ? disk_.faults.capacity - used : 0;
  const std::uint64_t end_max = pages + free / virtual_disk::page_bytes * virtual_disk::page_bytes;
  if (offset + bytes > end_max) {
    bytes = end_max > offset ? static_cast<std::size_t>(end_max - offset) : 0;
    error = bytes == 0 && error == 0 ? -ENOSPC : error;
  }
  return bytes;
}

std::int64_t process_files::write_at(int descriptor, std::span<const std::string_view> pieces,
                                     std::uint64_t offset) {
  const bool was_dead = dead_;
  int error = before_change();
  if (was_dead) {
    return error;
  }
  virtual_disk::inode* file = file_of(descriptor);
  if (file == nullptr) {
    return -EBADF;
  }
  std::string all;
  for (const std::string_view piece : pieces) {
    all += piece;
  }
  const std::size_t bytes = allowed(*file, offset, all.size(), error);
  disk_.write(*file, std::string_view(all).substr(0, bytes), offset);
  return error < 0 ? error : static_cast<std::int64_t>(bytes);
}

std::int64_t process_files::size(int descriptor) {
  if (dead_) {
    return -EIO;
  }
  const virtual_disk::inode* file = file_of(descriptor);
  return file == nullptr ? -EBADF : static_cast<std::int64_t>(file->content.size());
}

int process_files::truncate(int descriptor, std::uint64_t size) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  virtual_disk::inode* file = file_of(descriptor);
  if (file == nullptr) {
    return -EBADF;
  }
  disk_.truncate(*file, size);
  return 0;
}

int process_files::preallocate(int descriptor, std::uint64_t size) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  virtual_disk::inode* file = file_of(descriptor);
  if (file == nullptr) {
    return -EBADF;
  }
  if (size <= file->content.size()) {
    return 0;
  }
  int error = 0;
  const std::uint64_t from = file->content.size();
  const auto wanted = static_cast<std::size_t>(size - from);
  const std::uint32_t shorts = std::exchange(disk_.faults.short_one_in, 0);
  const std::size_t bytes = allowed(*file, from, wanted, error);
  disk_.faults.short_one_in = shorts;
  if (error < 0 || bytes < wanted) {
    return -ENOSPC;
  }
  disk_.write(*file, std::string(bytes, '\0'), from);
  return 0;
}

int process_files::remove(const std::string& path) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr file = disk_.find(path);
  if (!file) {
    return -ENOENT;
  }
  if (file->folder) {
    return -EISDIR;
  }
  disk_.change_names(folder_of(path), {{{path, nullptr}}});
  return 0;
}

int process_files::remove_directory(const std::string& path) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr folder = disk_.find(path);
  if (!folder || !folder->folder) {
    return folder ? -ENOTDIR : -ENOENT;
  }
  const auto after = disk_.names_.upper_bound(path + "/");
  if (after != disk_.names_.end() && after->first.starts_with(path + "/")) {
    return -ENOTEMPTY;
  }
  disk_.change_names(folder_of(path), {{{path, nullptr}}});
  return 0;
}

int process_files::rename(const std::string& source, const std::string& target) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr file = disk_.find(source);
  if (!file || !disk_.has_parent(target)) {
    return -ENOENT;
  }
  if (file->folder) {
    return -EINVAL;  // weir renames files only
  }
  disk_.change_names(folder_of(target), {{{source, nullptr}, {target, file}}});
  return 0;
}

int process_files::make_directory(const std::string& path, file_access access) {
  if (const virtual_disk::inode_ptr known = disk_.find(path); known && !dead_) {
    return known->folder ? 0 : -ENOTDIR;
  }
  const std::string parent = folder_of(path);
  if (!disk_.find(parent)) {
    if (parent == "/") {
      return -EACCES;
    }
    if (const int error = make_directory(parent, access); error < 0) {
      return error;
    }
  }
  if (const int error = before_change(); error < 0) {
    return error;
  }
  auto made = std::make_shared<virtual_disk::inode>();
  made->folder = true;
  disk_.change_names(parent, {{{path, made}}});
  return 0;
}

int process_files::sync(int descriptor) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  virtual_disk::inode* file = file_of(descriptor);
  if (file == nullptr) {
    return -EBADF;
  }
  if (disk_.faults.syncs_fail) {
    // As Linux has it: the pages count as clean from now on, and are not on the disk.
    file->dirty.clear();
    return -EIO;
  }
  disk_.store(*file);
  return 0;
}

int process_files::sync_directory(const std::string& path) {
  if (const int error = before_change(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr folder = disk_.find(path);
  if (!folder) {
    return -ENOENT;
  }
  if (disk_.faults.syncs_fail) {
    return -EIO;
  }
  for (const auto& change : disk_.unsynced_names_[path]) {
    virtual_disk::apply(change, disk_.stored_names_);
  }
  disk_.unsynced_names_.erase(path);
  return 0;
}

int process_files::list(const std::string& path, std::vector<std::string>& names) {
  if (const int error = before_look(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr folder = disk_.find(path);
  if (!folder) {
    return -ENOENT;
  }
  for (auto it = disk_.names_.upper_bound(path + "/");
       it != disk_.names_.end() && it->first.starts_with(path + "/"); ++it) {
    const std::string name = it->first.substr(path.size() + 1);
    if (name.find('/') == std::string::npos) {
      names.push_back(name);
    }
  }
  return 0;
}

int process_files::kind(const std::string& path, entry_kind& is) {
  if (const int error = before_look(); error < 0) {
    return error;
  }
  const virtual_disk::inode_ptr found = disk_.find(path);
  is = !found ? entry_kind::missing : found->folder ? entry_kind::folder : entry_kind::file;
  return 0;
}

}  // namespace weir::simulation
