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

// A configuration is some kilobytes; what is larger is some other file, given by mistake.
constexpr std::size_t file_bytes_max = std::size_t{4} << 20;

environment read_environment() {
  environment env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      env.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return env;
}

struct file_closer {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

failure unreadable(const std::string& path, int error) {
  return {
      fmt::format("{}: cannot be read: {}; give the right file with --config, or none at all to "
                  "use the built-in defaults",
                  path, std::strerror(error))};
}

result<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, file_closer> file{std::fopen(path.c_str(), "rbe")};
  if (!file) {
    return unreadable(path, errno);
  }
  std::string text(file_bytes_max + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return unreadable(path, errno);
  }
  if (text.size() > file_bytes_max) {
    return failure{fmt::format("{}: is larger than 4 MiB, so it is hardly a configuration", path)};
  }
  return text;
}

}  // namespace

result<settings> load_settings(const std::string& path, const std::vector<std::string>& sets) {
  std::string text;
  if (!path.empty()) {
    auto read = read_file(path);
    if (!read) {
      return read.error();
    }
    text = std::move(read).value();
  }
  return read_settings(text, path.empty() ? "built-in" : path, sets, read_environment());
}

}  // namespace weir
