// SPDX-License-Identifier: Apache-2.0
//
// `weir status`.
#include <cstdio>

#include "base/text/terminal_text.hpp"
#include "net/fetch_curl.hpp"
#include "tools/watch/status_document.hpp"
#include "tools/watch/watch_place_posix.hpp"

namespace weir {
namespace {

/// The widest text: an explanation on a line of 300 columns is hard to read.
constexpr std::size_t columns_most = 110;

}  // namespace

int run_status(const watch_arguments& given) {
  const auto server = find_server("status", given);
  if (!server) {
    return exit_wrong_arguments;
  }
  const http_reply reply = fetch_curl().ask(watch_request(*server, "status"));
  if (!reply.answered || reply.status != 200) {
    return complain_of_watch("status",
                             why_not_seen(*server, reply.status, reply.detail, reply.body),
                             exit_not_reachable);
  }
  const auto status = read_status(reply.body);
  if (!status) {
    return complain_of_watch("status", why_not_seen(*server, 200, status.error().message, {}),
                             exit_not_reachable);
  }
  screen_shape shape = shape_of_output();
  shape.columns = std::min(shape.columns, columns_most);
  const bool is_shown = is_terminal(1);
  const std::string text = given.json ? (is_shown ? visible_lines(reply.body) : reply.body) + "\n"
                                      : status_screen(status.value(), shape);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return status.value().needs_a_person() ? exit_needs_a_person : 0;
}

}  // namespace weir
