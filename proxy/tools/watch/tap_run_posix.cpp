// SPDX-License-Identifier: Apache-2.0
//
// `weir tap`: lines as a running weir sends them, until Ctrl-C, SIGTERM or --count.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "base/percent_escape.hpp"
#include "base/text/terminal_text.hpp"
#include "net/stream_curl.hpp"
#include "tools/screen/live_terminal_posix.hpp"
#include "tools/screen/screen_text.hpp"
#include "tools/watch/event_reader.hpp"
#include "tools/watch/tap_text.hpp"
#include "tools/watch/watch_place_posix.hpp"

namespace weir {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds retry_pause{1};
/// While it taps, weir sends its counts once a second.
constexpr std::chrono::seconds silence_max{30};
constexpr std::chrono::milliseconds look_pause{500};
constexpr std::uint64_t per_second_most = 1000;

std::string path_of(const tap_arguments& given) {
  std::string path = fmt::format("tap?rejected={}&per_second={}",
                                 given.rejected ? "only"
                                 : given.all    ? "true"
                                                : "false",
                                 given.per_second);
  for (const auto& [name, value] :
       {std::pair("db", &given.database), std::pair("measurement", &given.measurement)}) {
    if (!value->empty()) {
      path += fmt::format("&{}={}", name, percent_escape(*value));
    }
  }
  return path;
}

class tap {
 public:
  tap(const tap_arguments& given, watched_server server)
      : given_(given), server_(std::move(server)), coloured_(wants_colours(1)) {}

  [[nodiscard]] int run();

 private:
  void begin();
  void take(const std::string& json);
  void show(const tapped_line& line, const std::string& json);
  /// The exit status, once there is one.
  [[nodiscard]] std::optional<int> look_for_end();
  void note(const std::string& words) const;

  const tap_arguments& given_;
  const watched_server server_;
  const bool coloured_;
  signal_reader signals_;
  stream_curl stream_;
  piece_lines lines_;
  tap_account account_;
  /// What came of an answer that is no tap's.
  std::string refusal_;
  const steady::time_point began_ = steady::now();
  steady::time_point tried_{};
  steady::time_point heard_{};
  std::optional<steady::time_point> lost_;
  bool was_connected_ = false;
  bool over_ = false;
};

void tap::note(const std::string& words) const {
  const screen_colours& colours = colours_of(wants_colours(2));
  std::fprintf(stderr, "%.*sweir tap: %s%.*s\n", static_cast<int>(colours.dim.size()),
               colours.dim.data(), visible(words).c_str(), static_cast<int>(colours.off.size()),
               colours.off.data());
}

void tap::begin() {
  tried_ = heard_ = steady::now();
  lines_.clear();
  refusal_.clear();
  stream_.begin(watch_request(server_, path_of(given_)));
}

void tap::show(const tapped_line& line, const std::string& json) {
  account_.take(line);
  const std::string text = !given_.watch.json ? tap_text(line, coloured_)
                                              : (is_terminal(1) ? visible(json) : json) + "\n";
  over_ = !write_out(text) || account_.shown() == given_.count;
}

void tap::take(const std::string& json) {
  const auto record = read_tap(json);
  if (!record) {
    return;
  }
  if (lost_) {
    note("connected again after " +
         short_duration(std::chrono::duration<double>(steady::now() - *lost_).count()) +
         "; what passed meanwhile was not seen");
    lost_.reset();
  }
  was_connected_ = true;
  if (record.value().line) {
    show(*record.value().line, json);
  } else if (const std::string words = account_.take(*record.value().second); !words.empty()) {
    note(words);
  }
}

std::optional<int> tap::look_for_end() {
  const auto now = steady::now();
  // A weir that starts or ends refuses with 503; that passes.
  const bool is_refused = stream_.ended() && stream_.status() / 100 == 4;
  const bool is_silent = !stream_.ended() && now - heard_ > silence_max;
  if (!stream_.ended() && !is_silent) {
    was_connected_ = was_connected_ || stream_.status() == 200;
    return std::nullopt;
  }
  if (!was_connected_ || is_refused) {
    return complain_of_watch("tap",
                             why_not_seen(server_, stream_.status(), stream_.why(), refusal_),
                             exit_not_reachable);
  }
  if (!lost_) {
    lost_ = now;
    const std::string why = is_silent               ? "nothing comes any more"
                            : stream_.why().empty() ? "weir ended the connection"
                                                    : stream_.why();
    note(fmt::format("no connection with {}: {}; trying again", server_.shown(), why));
  }
  if (now - tried_ >= retry_pause) {
    begin();
  }
  return std::nullopt;
}

int tap::run() {
  begin();
  std::string bytes;
  while (!over_) {
    const std::array<int, 1> others{signals_.fd()};
    bytes.clear();
    stream_.wait(look_pause, others, bytes);
    if (!bytes.empty() && stream_.status() == 200) {
      heard_ = steady::now();
      lines_.feed(bytes);
      for (auto line = lines_.next(); line && !over_; line = lines_.next()) {
        take(*line);
      }
    } else {
      refusal_ += bytes;
    }
    if (over_ || signals_.take().end != 0) {
      break;
    }
    if (const auto status = look_for_end()) {
      return *status;
    }
  }
  const double seconds = std::chrono::duration<double>(steady::now() - began_).count();
  std::fprintf(stderr, "%sweir tap: %s\n", is_terminal(2) ? "\r" : "",
               account_.summary(seconds).c_str());
  return 0;
}

}  // namespace

int run_tap(const tap_arguments& given) {
  if (given.per_second == 0 || given.per_second > per_second_most) {
    return complain_of_watch("tap", "--per-second is a number from 1 to 1000",
                             exit_wrong_arguments);
  }
  auto server = find_server("tap", given.watch);
  return server ? tap(given, std::move(*server)).run() : exit_wrong_arguments;
}

}  // namespace weir
