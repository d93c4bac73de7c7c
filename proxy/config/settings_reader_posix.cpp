// SPDX-License-Identifier: Apache-2.0
//
// The part of reading settings that touches the world: the file and the environment.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

// A configuration is some kilobytes, and a secret less; what is larger is some other file, given by
// mistake.
constexpr std::size_t file_bytes_max = std::size_t{4} << 20;
constexpr std::size_t secret_bytes_max = std::size_t{64} << 10;

struct file_closer {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

std::string remedy_of(const configuration_place& place, int error) {
  if (error == EACCES || error == EPERM) {
    return "run this as root or as the service's user (sudo -u weir weir ...), or give a file that "
           "you may read with --config";
  }
  return place.from == configuration_place::source::variable
             ? fmt::format("correct {}, or give the right file with --config", config_variable)
             : "give the right file with --config, or none at all to use the built-in defaults";
}

failure unreadable(const configuration_place& place, int error) {
  return {fmt::format("{}: cannot be read: {}; {}", place.path, std::strerror(error),
                      remedy_of(place, error))};
}

// What may not be looked at is there: reading it will tell.
bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/// At most `bytes_max` and one more. The error is errno.
result<std::string, int> read_up_to(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, file_closer> file{std::fopen(path.c_str(), "rbe")};
  if (!file) {
    return errno;
  }
  std::string text(bytes_max + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return errno;
  }
  return text;
}

result<std::string> read_file(const configuration_place& place) {
  auto text = read_up_to(place.path, file_bytes_max);
  if (!text) {
    return unreadable(place, text.error());
  }
  if (text.value().size() > file_bytes_max) {
    return failure{
        fmt::format("{}: is larger than 4 MiB, so it is hardly a configuration", place.path)};
  }
  return std::move(text).value();
}

result<std::string> read_secret(const std::string& path) {
  auto text = read_up_to(path, secret_bytes_max);
  if (!text) {
    return failure{
        fmt::format("{}; weir's user must be allowed to read it", std::strerror(text.error()))};
  }
  if (text.value().size() > secret_bytes_max) {
    return failure{"it is larger than 64 KiB, so it is hardly a secret"};
  }
  return std::move(text).value();
}

environment read_environment() {
  environment env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      env.set(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  env.read_files_by(read_secret);
  return env;
}

}  // namespace

result<loaded_settings> load_settings(const std::string& argument,
                                      const std::vector<std::string>& sets) {
  const environment env = read_environment();
  configuration_place place = find_configuration(argument, env, is_there);
  std::string text;
  if (!place.path.empty()) {
    auto read = read_file(place);
    if (!read) {
      return read.error();
    }
    text = std::move(read).value();
  }
  auto checked =
      read_settings(text, place.path.empty() ? "built-in" : place.path, sets, env, this_machine());
  if (!checked) {
    return checked.error();
  }
  return loaded_settings{std::move(checked).value(), std::move(place)};
}

}  // namespace weir
