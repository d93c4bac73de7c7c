// SPDX-License-Identifier: Apache-2.0
//
// `weir top`: the status document as it is sent once a second, drawn in place, until q, Ctrl-C or
// SIGTERM. A connection that breaks is said on the last line and tried again.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/text/terminal_text.hpp"
#include "net/fetch_curl.hpp"
#include "net/stream_curl.hpp"
#include "tools/screen/live_terminal_posix.hpp"
#include "tools/screen/screen_text.hpp"
#include "tools/watch/event_reader.hpp"
#include "tools/watch/status_document.hpp"
#include "tools/watch/status_screen.hpp"
#include "tools/watch/watch_place_posix.hpp"

namespace weir {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds retry_pause{1};
/// As long as weir is there it sends something at least every 15 s.
constexpr std::chrono::seconds silence_max{40};
constexpr std::chrono::milliseconds look_pause{500};
constexpr std::chrono::seconds history_pause{10};
constexpr std::string_view history_path = "history?seconds=600&step=10";

class top {
 public:
  explicit top(watched_server server) : server_(std::move(server)) {}

  [[nodiscard]] int run();

 private:
  [[nodiscard]] std::optional<int> connect();
  void begin();
  void read_events(const std::string& bytes);
  void look_for_end();
  void read_history();
  void draw();
  [[nodiscard]] std::string foot() const;
  /// False: it is over.
  [[nodiscard]] bool take_keys_and_signals();

  const watched_server server_;
  signal_reader signals_;
  /// Nothing where output is no terminal that is drawn on.
  std::optional<live_screen> screen_;
  stream_curl stream_;
  fetch_curl fetch_;
  event_reader events_;
  std::optional<status_document> status_;
  history_document history_;
  steady::time_point history_read_{};
  steady::time_point heard_{};
  /// Since when, and why, there is no connection.
  std::optional<steady::time_point> lost_;
  std::string why_;
  steady::time_point tried_{};
  bool is_new_ = false;
  bool broken_output_ = false;
};

void top::begin() {
  tried_ = heard_ = steady::now();
  events_.clear();
  stream_.begin(watch_request(server_, "events"));
}

/// Before anything is drawn: whether there is a weir at all. Nothing: go on.
std::optional<int> top::connect() {
  const http_reply reply = fetch_.ask(watch_request(server_, "status"));
  if (!reply.answered || reply.status != 200) {
    return complain_of_watch("top", why_not_seen(server_, reply.status, reply.detail, reply.body),
                             exit_not_reachable);
  }
  auto first = read_status(reply.body);
  if (!first) {
    return complain_of_watch("top", why_not_seen(server_, 200, first.error().message, {}),
                             exit_not_reachable);
  }
  status_ = std::move(first).value();
  is_new_ = true;
  return std::nullopt;
}

void top::read_history() {
  const auto now = steady::now();
  if (lost_ || (history_read_ != steady::time_point{} && now - history_read_ < history_pause)) {
    return;
  }
  history_read_ = now;
  transfer_request request = watch_request(server_, history_path);
  request.timeout = retry_pause;
  const http_reply reply = fetch_.ask(request);
  if (reply.answered && reply.status == 200) {
    if (auto found = weir::read_history(reply.body)) {
      history_ = std::move(found).value();
    }
  }
}

void top::read_events(const std::string& bytes) {
  if (bytes.empty()) {
    return;
  }
  heard_ = steady::now();
  events_.feed(bytes);
  while (const auto event = events_.next()) {
    if (event->name != "status") {
      continue;
    }
    if (auto read = read_status(event->data)) {
      status_ = std::move(read).value();
      lost_.reset();
      is_new_ = true;
    }
  }
}

void top::look_for_end() {
  const auto now = steady::now();
  const bool is_silent = !stream_.ended() && now - heard_ > silence_max;
  if (stream_.ended() || is_silent || (stream_.status() != 0 && stream_.status() != 200)) {
    if (!lost_) {
      lost_ = now;
      is_new_ = true;
    }
    if (is_silent) {
      why_ = "nothing came for " + short_duration(static_cast<double>(silence_max.count()));
    } else if (stream_.status() != 0 && stream_.status() != 200) {
      why_ = fmt::format("it answered {}", stream_.status());
    } else {
      why_ = stream_.why().empty() ? "weir ended the connection" : visible(stream_.why());
    }
    if (now - tried_ >= retry_pause) {
      begin();
    }
  }
}

std::string top::foot() const {
  const std::string keys = screen_ && screen_->keyboard() >= 0 ? "q quits   " : "";
  if (lost_) {
    const double seconds = std::chrono::duration<double>(steady::now() - *lost_).count();
    return fmt::format("{}NO CONNECTION for {}, trying again: {}", keys, short_duration(seconds),
                       why_);
  }
  return fmt::format("{}{}   curves: the last 10 minutes", keys, visible(server_.shown()));
}

void top::draw() {
  const screen_shape shape = shape_of_output();
  if (screen_) {
    screen_->show(top_screen(*status_, history_, foot(), shape));
  } else {
    broken_output_ =
        !write_out(status_screen(*status_, shape) + (lost_ ? foot() + "\n" : std::string()) + "\n");
  }
}

bool top::take_keys_and_signals() {
  const signal_reader::news news = signals_.take();
  if (news.suspended && screen_) {
    screen_->suspend();
  }
  is_new_ = is_new_ || news.resized || news.suspended;
  if (screen_) {
    for (int key = screen_->key(); key != 0; key = screen_->key()) {
      constexpr int ctrl_d = 4;
      if (key == 'q' || key == 'Q' || key == ctrl_d) {
        return false;
      }
      if (key < 0) {
        break;
      }
    }
  }
  return news.end == 0;
}

int top::run() {
  if (const auto failed = connect()) {
    return *failed;
  }
  if (takes_sequences(1)) {
    screen_.emplace();
  }
  begin();
  std::string bytes;
  auto drawn = steady::time_point{};
  while (!broken_output_) {
    read_history();
    // While the connection is lost the last line counts the seconds; without a screen it would be a
    // screen a second of what is known already.
    if (is_new_ || (lost_ && screen_ && steady::now() - drawn >= retry_pause)) {
      draw();
      is_new_ = false;
      drawn = steady::now();
    }
    std::array<int, 2> others{signals_.fd(), screen_ ? screen_->keyboard() : -1};
    bytes.clear();
    stream_.wait(look_pause, std::span(others).first(others[1] >= 0 ? 2 : 1), bytes);
    read_events(bytes);
    look_for_end();
    if (!take_keys_and_signals()) {
      break;
    }
  }
  return 0;
}

}  // namespace

int run_top(const watch_arguments& given) {
  auto server = find_server("top", given);
  return server ? top(std::move(*server)).run() : exit_wrong_arguments;
}

}  // namespace weir
