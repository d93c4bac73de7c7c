// SPDX-License-Identifier: Apache-2.0
#include "server/reload/reloader_uv.hpp"

#include <fmt/format.h>
#include <uv.h>

#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/clock_posix.hpp"
#include "observe/journal.hpp"
#include "server/open_files_posix.hpp"
#include "server/pipeline.hpp"
#include "server/reload/reload_desk.hpp"
#include "server/reload/reload_record.hpp"
#include "server/reload/reload_words.hpp"
#include "server/service_manager_posix.hpp"

namespace weir {

struct reloader::state {
  reloader_options options;
  uv_async_t asked{};
  uv_signal_t hangup{};
  uv_work_t reading{};
  /// Keeps this object until libuv's last callback.
  std::shared_ptr<state> self;
  int handles_open = 2;
  pipeline* running = nullptr;
  bool ended = false;
  /// A reload is under way, and another one was asked for since.
  bool busy = false;
  bool again = false;
  std::vector<std::shared_ptr<reload_ticket>> tickets;
  std::optional<result<loaded_settings>> read;

  void want();
  void start();
  void finish();
  void give_up(const std::string& why);
  void close();
  void let_go();
};

void reloader::state::want() {
  if (ended || running == nullptr) {
    return;
  }
  if (busy) {
    again = true;  // what is being read may be of before the wish
    return;
  }
  start();
}

void reloader::state::start() {
  busy = true;
  again = false;
  tickets = running->reloads().take();
  notify_service_manager(fmt::format(
      "RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading the configuration", uv_hrtime() / 1'000));
  reading.data = this;
  const int queued = uv_queue_work(
      asked.loop, &reading,
      [](uv_work_t* work) {
        auto& at = *static_cast<state*>(work->data);
        at.read.emplace(at.options.load());
      },
      [](uv_work_t* work, int) { static_cast<state*>(work->data)->finish(); });
  WEIR_ASSERT(queued == 0);
}

void reloader::state::give_up(const std::string& why) {
  journal(journal_level::error,
          "the configuration was not reloaded, and the one before stays in force: " + why);
  running->reload_results().failed(why);
  reload_desk::settle(tickets, failed_answer(why));
}

void reloader::state::finish() {
  busy = false;
  auto loaded = std::move(*read);
  read.reset();
  if (ended) {
    reload_desk::settle(tickets, {503, "{\"error\":\"weir is ending\"}\n"});
    tickets.clear();
    return;
  }
  const auto put_in_force = [&]() -> result<std::vector<setting_change>> {
    if (!loaded) {
      return loaded.error();
    }
    const settings& wanted = loaded.value().effective;
    options.was_read(wanted);
    auto files = raise_open_files(wanted);
    if (!files) {
      return files.error();
    }
    auto changes = running->reload(wanted);
    if (changes && !files.value().empty()) {
      journal(journal_level::warning, files.value());
    }
    return changes;
  };
  const auto changes = put_in_force();
  if (changes) {
    options.in_force(running->configured());
    running->reload_results().succeeded(read_clocks().wall);
    journal(journal_level::info, reloaded_words(changes.value()));
    if (const std::string words = restart_words(changes.value()); !words.empty()) {
      journal(journal_level::warning, words);
    }
    reload_desk::settle(tickets, reloaded_answer(changes.value()));
  } else {
    give_up(changes.error().message);
  }
  tickets.clear();
  notify_service_manager(changes ? "READY=1\nSTATUS=receiving"
                                 : "READY=1\nSTATUS=receiving; the last reload failed");
  if (again) {
    start();
  }
}

void reloader::state::close() {
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&asked), reinterpret_cast<uv_handle_t*>(&hangup)}) {
    uv_close(handle, [](uv_handle_t* closed) { static_cast<state*>(closed->data)->let_go(); });
  }
}

void reloader::state::let_go() {
  if (--handles_open == 0) {
    const std::shared_ptr<state> last = std::move(self);
  }
}

reloader::reloader(uv_loop_s* loop, reloader_options options) : state_(std::make_shared<state>()) {
  state_->self = state_;
  state_->options = std::move(options);
  WEIR_ASSERT(uv_async_init(loop, &state_->asked, [](uv_async_t* handle) {
                static_cast<state*>(handle->data)->want();
              }) == 0);
  WEIR_ASSERT(uv_signal_init(loop, &state_->hangup) == 0);
  state_->asked.data = state_->hangup.data = state_.get();
}

reloader::~reloader() {
  end();
  state_->close();
}

std::function<void()> reloader::wake() const {
  return [at = state_] { uv_async_send(&at->asked); };
}

void reloader::begin(pipeline& running) {
  state_->running = &running;
  uv_signal_start(
      &state_->hangup, [](uv_signal_t* handle, int) { static_cast<state*>(handle->data)->want(); },
      SIGHUP);
}

void reloader::end() {
  state_->ended = true;
}

}  // namespace weir
