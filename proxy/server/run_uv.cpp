// SPDX-License-Identifier: Apache-2.0
#include "server/run_uv.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "base/clock_posix.hpp"
#include "base/per_request/frequent_clock_posix.hpp"
#include "base/text/json_text.hpp"
#include "codec/base64.hpp"
#include "config/checks/warnings.hpp"
#include "config/secrets.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "files/file_operations.hpp"
#include "http/message.hpp"
#include "observe/journal.hpp"
#include "server/open_files_posix.hpp"
#include "server/page/page_service.hpp"
#include "server/pipeline.hpp"
#include "server/program_pages_posix.hpp"
#include "server/reload/reloader_uv.hpp"
#include "server/service_manager_posix.hpp"
#include "server/start_summary.hpp"

namespace weir {
namespace {

// While weir drains: how often the open connections are counted.
constexpr std::uint64_t drain_check_ms = 10;

journal_level level_of(const std::string& name) {
  if (name == "debug") {
    return journal_level::debug;
  }
  if (name == "warning") {
    return journal_level::warning;
  }
  return name == "error" ? journal_level::error : journal_level::info;
}

void append_addresses(const std::vector<listen_address>& addresses, std::string& out) {
  out += '[';
  bool first = true;
  for (const listen_address& address : addresses) {
    out += first ? "" : ",";
    append_json_string(to_string(address), out);
    first = false;
  }
  out += ']';
}

/// {"pid":1,"http":["127.0.0.1:8086"],"udp":[],"tcp":[]}
std::string announcement(const pipeline& running) {
  std::string out = "{\"pid\":" + std::to_string(::getpid()) + ",\"http\":";
  append_addresses(running.addresses(), out);
  out += ",\"udp\":";
  append_addresses(running.udp_addresses(), out);
  out += ",\"tcp\":";
  append_addresses(running.tcp_addresses(), out);
  return out + "}\n";
}

std::string listed(const std::vector<listen_address>& addresses) {
  std::string out;
  for (const listen_address& address : addresses) {
    out += (out.empty() ? "" : ", ") + to_string(address);
  }
  return out;
}

/// Also as Basic authentication writes them: a server may repeat a request's headers.
std::vector<std::string> all_secrets(const settings& configured) {
  std::vector<std::string> out = secrets_of(configured);
  for (const sink_settings& sink : configured.sinks) {
    const sink_texts texts = kind_of(sink).texts(sink);
    if (!texts.password.empty()) {
      append_base64(texts.username + ":" + texts.password, out.emplace_back());
    }
  }
  for (const user_settings& user : configured.users) {
    if (!user.password.empty()) {
      append_base64(user.name + ":" + user.password, out.emplace_back());
    }
  }
  return out;
}

void set_journal(const service_settings& service) {
  set_journal_format(service.log_format == "json" ? journal_format::json : journal_format::text);
  set_journal_level(level_of(service.log_level));
}

/// Secrets of all configurations that were read: what was one before may still be in a message.
class known_secrets {
 public:
  void add(const settings& configured) {
    for (std::string& each : all_secrets(configured)) {
      if (std::find(all_.begin(), all_.end(), each) == all_.end()) {
        all_.push_back(std::move(each));
      }
    }
    set_journal_secrets(all_);
  }

 private:
  std::vector<std::string> all_;
};

int end_as_fatal(const failure& why, const run_options& options) {
  journal(journal_level::error,
          fmt::format("FATAL: {} [configuration: {}]", why.message, options.configuration));
  return 1;
}

/// Journals what an operator looks for first: which configuration, which data, which destinations.
void journal_start(const settings& configured, const run_options& options,
                   const pipeline& running) {
  start_numbers numbers;
  running.collect(numbers);
  std::error_code error;  // a directory that was removed has no name: what is relative stays so
  const std::filesystem::path working_directory = std::filesystem::current_path(error);
  journal(journal_level::info,
          fmt::format("weir {} runs: configuration {}; {}; {}", WEIR_VERSION, options.configuration,
                      numbers.log_summary(configured.log, working_directory),
                      numbers.sink_summary(configured)));
  for (const std::string& each : notes_of(configured)) {
    journal(journal_level::info, each);
  }
  for (const std::string& each : warnings_of(configured)) {
    journal(journal_level::warning, each);
  }
}

/// The second signal ends the process at once: what is in the log stays there.
void end_at_once(int) {
  constexpr std::string_view words = "weir: second signal, ending at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
  ::_exit(130);
}

/// The control loop: signals and the orderly end.
class control_loop {
 public:
  explicit control_loop(milliseconds drain_timeout) : drain_timeout_(drain_timeout) {
    WEIR_ASSERT(uv_loop_init(&loop_) == 0);
    for (uv_signal_t* handle : {&terminate_, &interrupt_}) {
      WEIR_ASSERT(uv_signal_init(&loop_, handle) == 0);
      handle->data = this;
    }
    WEIR_ASSERT(uv_timer_init(&loop_, &drain_timer_) == 0);
    WEIR_ASSERT(uv_timer_init(&loop_, &check_timer_) == 0);
    WEIR_ASSERT(uv_async_init(&loop_, &watched_, [](uv_async_t* handle) {
                  static_cast<control_loop*>(handle->data)->hurry();
                }) == 0);
    drain_timer_.data = check_timer_.data = watched_.data = this;
  }
  ~control_loop() {
    for (auto* handle :
         {reinterpret_cast<uv_handle_t*>(&terminate_), reinterpret_cast<uv_handle_t*>(&interrupt_),
          reinterpret_cast<uv_handle_t*>(&drain_timer_),
          reinterpret_cast<uv_handle_t*>(&check_timer_),
          reinterpret_cast<uv_handle_t*>(&watched_)}) {
      if (uv_is_closing(handle) == 0) {
        uv_close(handle, nullptr);
      }
    }
    uv_run(&loop_, UV_RUN_DEFAULT);  // lets the close callbacks happen
    WEIR_ASSERT(uv_loop_close(&loop_) == 0);
  }
  control_loop(const control_loop&) = delete;
  control_loop& operator=(const control_loop&) = delete;

  [[nodiscard]] uv_loop_t* get() noexcept { return &loop_; }
  void set_drain_timeout(milliseconds timeout) noexcept { drain_timeout_ = timeout; }

  /// From here on a signal ends weir in order. Called before weir says that it is ready: who waits
  /// for that may send a signal at once.
  void watch_signals(pipeline& running, reloader& reloads) {
    running_ = &running;
    reloads_ = &reloads;
    reloads.begin(running);
    uv_signal_start(&terminate_, on_signal, SIGTERM);
    uv_signal_start(&interrupt_, on_signal, SIGINT);
    running.page().set_hurry([this] { uv_async_send(&watched_); });
    check_in(page_service::tick_ms);
  }
  /// Runs until a signal came and the connections are gone, or half the drain time passed.
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  /// When draining must be over.
  [[nodiscard]] steady_time drain_deadline() const noexcept { return deadline_; }

 private:
  static void on_signal(uv_signal_t* handle, int number) {
    auto& self = *static_cast<control_loop*>(handle->data);
    // Before anybody is told of it: libuv loses a signal whose handle stops before its turn.
    uv_signal_stop(&self.terminate_);
    uv_signal_stop(&self.interrupt_);
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
    journal(journal_level::info,
            fmt::format("{}: no new connections; draining for at most {} ms (a second signal ends "
                        "weir at once)",
                        number == SIGTERM ? "SIGTERM" : "SIGINT", self.drain_timeout_.count()));
    notify_service_manager("STOPPING=1\nSTATUS=finishing requests");
    self.deadline_ = steady_now().after(nanoseconds(self.drain_timeout_).count());
    self.reloads_->end();
    self.running_->finish_intake();
    uv_timer_start(&self.drain_timer_, on_drain_timer, 0, drain_check_ms);
  }

  /// What is looked at from time to time: seldom while nothing goes on.
  static void on_check_timer(uv_timer_t* handle) {
    auto& self = *static_cast<control_loop*>(handle->data);
    self.running_->journal_refusals(read_clocks().wall);
    self.running_->tidy();
    const std::int64_t pause_ms = self.running_->page().tick();
    const bool was_at_rest = std::exchange(self.at_rest_, pause_ms > page_service::tick_ms);
    if (self.at_rest_ && !was_at_rest) {
      give_back_heap_pages();
    }
    self.check_in(pause_ms);
  }

  void check_in(std::int64_t pause_ms) {
    check_pause_ms_ = pause_ms;
    uv_timer_start(&check_timer_, on_check_timer, static_cast<std::uint64_t>(pause_ms), 0);
  }

  void hurry() {
    // Those who come one after another must not put it off.
    if (running_ != nullptr && check_pause_ms_ > page_service::tick_ms) {
      check_in(page_service::tick_ms);
    }
  }

  static void on_drain_timer(uv_timer_t* handle) {
    auto& self = *static_cast<control_loop*>(handle->data);
    // Half of the time belongs to the requests, so that the sinks have some too.
    const std::int64_t half = nanoseconds(self.drain_timeout_).count() / 2;
    if (self.running_->open_connections() == 0 || self.deadline_ - steady_now() < half) {
      uv_stop(&self.loop_);
    }
  }

  milliseconds drain_timeout_;
  uv_loop_t loop_{};
  uv_signal_t terminate_{};
  uv_signal_t interrupt_{};
  uv_timer_t drain_timer_{};
  uv_timer_t check_timer_{};
  uv_async_t watched_{};
  std::int64_t check_pause_ms_ = 0;
  bool at_rest_ = false;
  pipeline* running_ = nullptr;
  reloader* reloads_ = nullptr;
  steady_time deadline_{};
};

}  // namespace

int run_weir(const settings& configured, const run_options& options) {
  keep_heap_pages();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);   // until weir runs: then it asks for a reload
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is a write that fails, not the end of weir
  set_journal(configured.service);
  known_secrets secrets;
  secrets.add(configured);
  const auto files = raise_open_files(configured);
  if (!files) {
    return end_as_fatal(files.error(), options);
  }
  control_loop control(configured.service.drain_timeout);
  reloader reloads(control.get(),
                   {.load = options.load,
                    .was_read = [&secrets](const settings& read) { secrets.add(read); },
                    .in_force =
                        [&control](const settings& now) {
                          set_journal(now.service);
                          control.set_drain_timeout(now.service.drain_timeout);
                        }});
  auto started = pipeline::start(configured, control.get(), read_clocks_often, reloads.wake());
  if (!started) {
    return end_as_fatal(started.error(), options);
  }
  pipeline& running = *started.value();
  running.page().set_place(options.configuration);
  control.watch_signals(running, reloads);
  for (const listen_address& address : running.addresses()) {
    journal(journal_level::info,
            fmt::format("weir {} listens on {}", WEIR_VERSION, to_string(address)));
  }
  if (const std::string page = status_page_words(configured.http, running.addresses());
      !page.empty()) {
    journal(journal_level::info, page);
  }
  for (const listen_address& address : running.udp_addresses()) {
    journal(journal_level::info, fmt::format("udp listens on {}", to_string(address)));
  }
  for (const listen_address& address : running.tcp_addresses()) {
    journal(journal_level::info, fmt::format("tcp listens on {}", to_string(address)));
  }
  journal_start(configured, options, running);
  if (!files.value().empty()) {
    journal(journal_level::warning, files.value());
  }
  if (!options.announce_path.empty()) {
    if (auto written =
            replace_file(options.announce_path, announcement(running), durability::process);
        !written) {
      return end_as_fatal({"--announce: " + written.error().message +
                           "; name a file in a directory that weir may write to"},
                          options);
    }
  }
  release_program_pages();
  notify_service_manager((has_role(configured, "intake")
                              ? "READY=1\nSTATUS=receiving on "
                              : "READY=1\nSTATUS=delivering; status on ") +
                         listed(running.addresses()));
  control.run();
  notify_service_manager("STATUS=delivering what is left");
  running.stop(control.drain_deadline());
  started.value().reset();
  journal(journal_level::info, "weir ended");
  return 0;
}

}  // namespace weir
