// SPDX-License-Identifier: Apache-2.0
//
// The disk itself: contents, names, and what a loss of power leaves of them.
#include "simulation/virtual_disk.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::simulation {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t at = path.rfind('/');
  return at == std::string::npos || at == 0 ? std::string("/") : path.substr(0, at);
}

std::uint64_t in_pages(std::uint64_t bytes) {
  return (bytes + virtual_disk::page_bytes - 1) / virtual_disk::page_bytes *
         virtual_disk::page_bytes;
}

}  // namespace

void virtual_disk::add_root(const std::string& path) {
  auto made = std::make_shared<inode>();
  made->folder = true;
  names_[path] = made;
  stored_names_[path] = made;
}

virtual_disk::inode_ptr virtual_disk::find(const std::string& path) const {
  const auto known = names_.find(path);
  return known == names_.end() ? nullptr : known->second;
}

bool virtual_disk::has_parent(const std::string& path) const {
  const inode_ptr parent = find(folder_of(path));
  return parent != nullptr && parent->folder;
}

std::uint64_t virtual_disk::used() const {
  std::set<const inode*> seen;
  std::uint64_t bytes = 0;
  const auto add = [&](const inode_ptr& one) {
    if (one && seen.insert(one.get()).second) {
      bytes += page_bytes + in_pages(one->content.size());
    }
  };
  for (const auto& [path, one] : names_) {
    add(one);
  }
  for (const auto& one : opened_) {
    add(one.lock());
  }
  return bytes;
}

void virtual_disk::apply(const name_change& change, std::map<std::string, inode_ptr>& names) {
  for (const auto& [path, means] : change.entries) {
    if (means) {
      names[path] = means;
    } else {
      names.erase(path);
    }
  }
}

void virtual_disk::change_names(const std::string& directory, name_change change) {
  apply(change, names_);
  unsynced_names_[directory].push_back(std::move(change));
}

void virtual_disk::store(inode& file) {
  file.stored.resize(file.content.size());
  for (const std::size_t page : file.dirty) {
    const std::size_t begin = page * page_bytes;
    if (begin < file.content.size()) {
      const std::size_t bytes = std::min(page_bytes, file.content.size() - begin);
      std::copy_n(file.content.data() + begin, bytes, file.stored.data() + begin);
    }
  }
  file.dirty.clear();
}

void virtual_disk::write(inode& file, std::string_view bytes, std::uint64_t offset) {
  const auto begin = static_cast<std::size_t>(offset);
  if (bytes.empty()) {
    return;
  }
  const std::size_t first = std::min(begin, file.content.size()) / page_bytes;
  if (file.content.size() < begin + bytes.size()) {
    file.content.resize(begin + bytes.size());
  }
  std::copy(bytes.begin(), bytes.end(), file.content.begin() + static_cast<std::ptrdiff_t>(begin));
  for (std::size_t page = first; page <= (begin + bytes.size() - 1) / page_bytes; ++page) {
    file.dirty.insert(page);
  }
}

void virtual_disk::truncate(inode& file, std::uint64_t size) {
  file.content.resize(static_cast<std::size_t>(size));
  // Where the file had this page before, the end of it reads as zeros when it grows again.
  file.dirty.insert(static_cast<std::size_t>(size) / page_bytes);
}

void virtual_disk::write_back() {
  for (auto& [path, one] : names_) {
    if (!one->dirty.empty() && chance_.one_in(2)) {
      store(*one);
    }
  }
  for (auto& [directory, changes] : unsynced_names_) {
    const std::size_t count = static_cast<std::size_t>(chance_.below(changes.size() + 1));
    for (std::size_t i = 0; i < count; ++i) {
      apply(changes[i], stored_names_);
    }
    changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

/// Any page of what was not synced may have reached the disk, and the length of before, of now, or
/// one between them.
void virtual_disk::lose_cache_of(inode& file) {
  const std::size_t least = std::min(file.stored.size(), file.content.size());
  const std::size_t most = std::max(file.stored.size(), file.content.size());
  std::size_t length = file.stored.size();
  switch (chance_.below(3)) {
    case 0:
      break;
    case 1:
      length = file.content.size();
      break;
    default:
      length = static_cast<std::size_t>(chance_.between(least, most));
  }
  std::string left = file.stored;
  left.resize(length);
  const bool all = chance_.one_in(4);
  const bool none = chance_.one_in(4);
  for (const std::size_t page : file.dirty) {
    const std::size_t begin = page * page_bytes;
    const std::size_t end = std::min({begin + page_bytes, file.content.size(), length});
    if (begin < end && !none && (all || chance_.one_in(2))) {
      std::copy_n(file.content.data() + begin, end - begin, left.data() + begin);
    }
  }
  file.content = left;
  file.stored = std::move(left);
  file.dirty.clear();
}

void virtual_disk::lose_power() {
  for (const auto& [directory, changes] : unsynced_names_) {
    const std::size_t count = static_cast<std::size_t>(chance_.below(changes.size() + 1));
    for (std::size_t i = 0; i < count; ++i) {
      apply(changes[i], stored_names_);
    }
  }
  unsynced_names_.clear();
  // What lies in a directory whose own name was lost is gone, too.
  for (auto it = stored_names_.begin(); it != stored_names_.end();) {
    const std::string parent = folder_of(it->first);
    const bool root = names_.contains(it->first) && !names_.contains(parent);
    it = root || stored_names_.contains(parent) ? std::next(it) : stored_names_.erase(it);
  }
  names_ = stored_names_;
  std::set<const inode*> done;
  for (auto& [path, one] : names_) {
    if (done.insert(one.get()).second) {
      lose_cache_of(*one);
    }
  }
  opened_.clear();
}

std::optional<std::string> virtual_disk::rot(std::string_view part, std::size_t spared) {
  const std::vector<std::string> found = paths(part);
  if (found.empty()) {
    return std::nullopt;
  }
  const std::string& path = found[static_cast<std::size_t>(chance_.below(found.size()))];
  inode& file = *names_.at(path);
  if (file.content.size() <= spared) {
    return std::nullopt;
  }
  const auto at = spared + static_cast<std::size_t>(chance_.below(file.content.size() - spared));
  const auto bit = static_cast<char>(1U << chance_.below(8));
  file.content[at] = static_cast<char>(file.content[at] ^ bit);
  if (at < file.stored.size()) {
    file.stored[at] = static_cast<char>(file.stored[at] ^ bit);
  }
  return path;
}

void virtual_disk::remove_tree(const std::string& path) {
  const auto inside = [&path](const std::string& one) {
    return one == path || one.starts_with(path + "/");
  };
  std::erase_if(names_, [&](const auto& one) { return inside(one.first); });
  std::erase_if(stored_names_, [&](const auto& one) { return inside(one.first); });
  for (auto& [directory, changes] : unsynced_names_) {
    for (name_change& change : changes) {
      std::erase_if(change.entries, [&](const auto& one) { return inside(one.first); });
    }
  }
}

std::vector<std::string> virtual_disk::paths(std::string_view part) const {
  std::vector<std::string> found;
  for (const auto& [path, one] : names_) {
    if (!one->folder && path.find(part) != std::string::npos) {
      found.push_back(path);
    }
  }
  return found;
}

std::optional<std::string> virtual_disk::content(const std::string& path) const {
  const inode_ptr file = find(path);
  return file ? std::optional(file->content) : std::nullopt;
}

std::uint64_t virtual_disk::bytes_below(std::string_view prefix) const {
  std::uint64_t bytes = 0;
  for (const auto& [path, one] : names_) {
    bytes += path.starts_with(prefix) ? one->content.size() : 0;
  }
  return bytes;
}

std::uint64_t virtual_disk::fingerprint() const {
  std::uint64_t mixed = names_.size();
  for (const auto& [path, one] : names_) {
    mixed = mixed * 0x100000001B3ULL ^ std::hash<std::string>{}(path);
    mixed = mixed * 0x100000001B3ULL ^ one->content.size();
  }
  return mixed;
}

}  // namespace weir::simulation
