// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/watch_place_posix.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/text/terminal_text.hpp"
#include "files/file_operations.hpp"

namespace weir {
namespace {

/// Where a weir listens that nobody told otherwise.
constexpr std::string_view usual_address = "http://127.0.0.1:8086";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

result<std::string> content_of(const std::string& path) {
  if (path.empty()) {
    return std::string();
  }
  auto found = read_small_file(path);
  if (!found) {
    return found.error();
  }
  if (!found.value() || found.value()->empty()) {
    return failure{path + (found.value() ? " is empty" : " is not there")};
  }
  return std::move(*found.value());
}

result<watched_server> place_of(const watch_arguments& given) {
  if (!given.url.empty()) {
    return server_at(given.url);
  }
  auto loaded = load_settings(given.configuration.config, given.configuration.sets);
  if (loaded) {
    return server_of_configuration(loaded.value().effective);
  }
  // Nobody named a configuration: the service's may be readable by the service alone.
  const bool is_named = !given.configuration.config.empty() || !given.configuration.sets.empty() ||
                        !variable(std::string(config_variable).c_str()).empty();
  return is_named ? result<watched_server>(loaded.error()) : server_at(usual_address);
}

result<watched_server> signed_place(const watch_arguments& given) {
  auto place = place_of(given);
  if (!place) {
    return place;
  }
  watch_credentials credentials{.token = variable("WEIR_TOKEN"), .user = variable("WEIR_USER")};
  for (const auto& [path, into] : {std::pair(&given.token_file, &credentials.token_file),
                                   std::pair(&given.user_file, &credentials.user_file)}) {
    auto content = content_of(*path);
    if (!content) {
      return content.error();
    }
    *into = std::move(content).value();
  }
  auto authorization = authorization_of(credentials);
  if (!authorization) {
    return authorization.error();
  }
  if (!authorization.value().empty()) {
    place.value().authorization = std::move(authorization).value();
  }
  return place;
}

}  // namespace

int complain_of_watch(const char* command, const std::string& words, int status) {
  std::fprintf(stderr, "weir %s: %s\n", command, visible_lines(words).c_str());
  return status;
}

std::optional<watched_server> find_server(const char* command, const watch_arguments& given) {
  auto found = signed_place(given);
  if (!found) {
    complain_of_watch(command, found.error().message, exit_wrong_arguments);
    return std::nullopt;
  }
  return std::move(found).value();
}

screen_shape shape_of_output() {
  screen_shape shape;
  if (const auto size = size_of_screen(STDOUT_FILENO)) {
    shape.columns = size->columns;
    shape.rows = size->rows;
  }
  shape.coloured = wants_colours(STDOUT_FILENO);
  return shape;
}

}  // namespace weir
