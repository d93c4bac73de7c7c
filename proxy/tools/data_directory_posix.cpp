// SPDX-License-Identifier: Apache-2.0
#include "tools/data_directory_posix.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "files/file_system.hpp"
#include "letters/letter_segments.hpp"

namespace weir {
namespace {

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

std::string looked_at(const std::string& key, const configuration_place& from) {
  return fmt::format("{} comes from {}; give the configuration that weir runs with (--config FILE)",
                     key, from.words());
}

/// Why a directory cannot even be looked into; or "".
std::string why_closed(const std::string& directory, const std::string& what,
                       const std::string& remedy) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) {
    const int error = errno;
    const bool hidden_from_us = error == EACCES;
    return fmt::format("there {} {}: {}: {}; {}", hidden_from_us ? "may be" : "are no", what,
                       absolute(directory), std::strerror(error),
                       hidden_from_us ? "run this as root or as the service's user" : remedy);
  }
  if (!S_ISDIR(about.st_mode)) {
    return fmt::format("{} is no directory, so it holds no {}; {}", absolute(directory), what,
                       remedy);
  }
  if (::access(directory.c_str(), R_OK | X_OK) != 0) {
    return fmt::format("{} cannot be read: {}; run this as root or as the service's user",
                       absolute(directory), std::strerror(errno));
  }
  return {};
}

}  // namespace

std::string why_no_log(const std::string& directory, const configuration_place& from) {
  const std::string remedy =
      looked_at("log.directory", from) + ", or --set log.directory=DIRECTORY";
  if (std::string why = why_closed(directory, "data of weir", remedy); !why.empty()) {
    return why;
  }
  if (is_there(directory + "/segments") || is_there(directory + "/types")) {
    return {};
  }
  return fmt::format("{} holds no log of weir (no segments, no types); {}", absolute(directory),
                     remedy);
}

std::string why_no_state(const settings& configured, const configuration_place& from) {
  const std::string& named = configured.service.state_directory;
  if (!named.empty() && is_there(named + "/types")) {
    return {};
  }
  if (const std::string log = log_directory_of(configured); !log.empty()) {
    return why_no_log(log, from);
  }
  return fmt::format("{} holds no types of weir; {}", absolute(named),
                     looked_at("service.state_directory", from));
}

std::string why_no_letters(const std::string& directory, const configuration_place& from) {
  const std::string remedy =
      looked_at("the directory", from) +
      ", or --directory DIRECTORY. Weir keeps no letters with letters.enabled = false";
  if (std::string why = why_closed(directory, "dead letters", remedy); !why.empty()) {
    return why;
  }
  if (is_there(directory + "/letters") && is_there(directory + "/segments")) {
    return fmt::format("{0} is the log's directory; the letters are in {0}/letters",
                       absolute(directory));
  }
  const auto segments = list_letter_segments(posix_file_system(), directory);
  if (!segments) {
    return segments.error().message;
  }
  if (segments.value().empty() && !is_there(directory + "/lock")) {
    return fmt::format("{} holds no dead letters; {}", absolute(directory), remedy);
  }
  return {};
}

std::string why_no_refused(const std::string& directory, const configuration_place& from) {
  return why_closed(
      directory, "refused batches",
      looked_at("the directory", from) + ". It is made when weir starts with this sink");
}

}  // namespace weir
