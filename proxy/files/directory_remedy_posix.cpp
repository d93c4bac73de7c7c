// SPDX-License-Identifier: Apache-2.0
#include "files/directory_remedy_posix.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

namespace weir {
namespace {

// Of the files in a directory, so many are looked at.
constexpr int entries_max = 10'000;
// A disk with less than this is full for a log.
constexpr std::uint64_t free_bytes_least = std::uint64_t{1} << 20;

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (::getpwuid_r(uid, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

std::string self() {
  return user_name(::geteuid());
}

std::string another(const std::string& key) {
  return "set " + key + " to another directory";
}

/// By the effective user, as opening does it.
bool may(const std::string& path, int how) {
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0;
}

std::string closed_words(const std::string& path, const struct stat& about,
                         const std::string& key) {
  return path + " belongs to user " + user_name(about.st_uid) + ", and weir runs as user " +
         self() + ": sudo chown -R " + self() + " " + path + ", run weir as " +
         user_name(about.st_uid) + ", or " + another(key);
}

std::string why_not_made(const std::string& key, const std::string& directory) {
  std::error_code error;
  std::filesystem::path above = std::filesystem::absolute(directory, error).lexically_normal();
  struct stat about {};
  do {
    above = above.parent_path();
  } while (::stat(above.c_str(), &about) != 0 && above.has_relative_path());
  const std::string parent = above.string();
  if (!S_ISDIR(about.st_mode)) {
    return parent + " is a file, and no directory can be made in it; " + another(key);
  }
  if (!may(parent, W_OK | X_OK)) {
    return errno == EROFS
               ? parent + " is on a read-only file system; " + another(key)
               : "user " + self() + " may make nothing in " + parent + ": sudo install -d -o " +
                     self() + " " + directory + ", or " + another(key);
  }
  return "it cannot be made in " + parent + "; " + another(key);
}

std::optional<std::string> full_disk(const std::string& directory) {
  struct statvfs about {};
  if (::statvfs(directory.c_str(), &about) != 0) {
    return std::nullopt;
  }
  const std::uint64_t free = std::uint64_t{about.f_bavail} * about.f_frsize;
  if (free < free_bytes_least) {
    return "its disk is full (" + std::to_string(free) + " bytes are free): make room";
  }
  if (about.f_files > 0 && about.f_favail == 0) {
    return std::string("its disk has no room for further files (inodes): remove some");
  }
  return std::nullopt;
}

std::string path_of_own(const std::string& path) {
  return path + " may not be read and written: chmod u+rw " + path;
}

std::string path_of_other(const std::string& path, uid_t owner, const std::string& directory) {
  return path + " belongs to user " + user_name(owner) + ", and weir runs as user " + self() +
         ": sudo chown -R " + self() + " " + directory + ", or ";
}

/// Files of another user in a directory of one's own: a weir that ran as root once.
std::string closed_entry(const std::string& key, const std::string& directory) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(
      directory, std::filesystem::directory_options::skip_permission_denied, error);
  for (int i = 0;
       !error && entry != std::filesystem::recursive_directory_iterator() && i < entries_max; ++i) {
    const std::string path = entry->path().string();
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0) {
      const bool folder = S_ISDIR(about.st_mode);
      if (!may(path, folder ? R_OK | W_OK | X_OK : R_OK | W_OK)) {
        return about.st_uid == ::geteuid()
                   ? path_of_own(path)
                   : path_of_other(path, about.st_uid, directory) + another(key);
      }
    }
    entry.increment(error);
  }
  return {};
}

std::optional<std::string> no_descriptor() {
  const int probe = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (probe >= 0) {
    ::close(probe);
    return std::nullopt;
  }
  if (errno != EMFILE && errno != ENFILE) {
    return std::nullopt;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return "the limit of open files (" + std::to_string(limit.rlim_cur) +
         ") is reached: raise it with ulimit -n, or LimitNOFILE of the unit";
}

}  // namespace

std::string directory_remedy(const std::string& key, const std::string& directory) {
  if (auto none_left = no_descriptor()) {
    return *none_left;
  }
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) {
    return why_not_made(key, directory);
  }
  if (!S_ISDIR(about.st_mode)) {
    return directory + " is a file; " + another(key);
  }
  if (!may(directory, R_OK | W_OK | X_OK)) {
    return errno == EROFS ? directory +
                                " is read-only: remount it, name it in ReadWritePaths (systemctl "
                                "edit weir), or " +
                                another(key)
                          : closed_words(directory, about, key);
  }
  if (auto full = full_disk(directory)) {
    return *full;
  }
  return closed_entry(key, directory);
}

failure with_remedy(const failure& why, const std::string& key, const std::string& directory) {
  const std::string remedy = directory_remedy(key, directory);
  return {key + " = \"" + directory + "\": " + why.message + (remedy.empty() ? "" : "; " + remedy)};
}

}  // namespace weir
