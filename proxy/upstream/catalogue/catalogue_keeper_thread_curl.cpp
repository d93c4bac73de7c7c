// SPDX-License-Identifier: Apache-2.0
//
// The thread of a catalogue_keeper: it sleeps until something is asked or due.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock_posix.hpp"
#include "net/fetch_curl.hpp"
#include "sinks/addresses/failover.hpp"
#include "upstream/catalogue/catalogue_keeper.hpp"

namespace weir {
namespace {

using std::chrono::milliseconds;

// What waits for one server at the most; beyond, statements are refused and writes accepted.
constexpr std::size_t statements_waiting_max = 1'000;
constexpr std::size_t questions_waiting_max = 10'000;
// So often a server is asked whether something is there; all that is asked meanwhile is one
// question.
constexpr milliseconds between_questions{20};

/// Requests that their thread waits for.
class waited_for final : public transfer {
 public:
  explicit waited_for(fetch_curl& http) : http_(http) {}
  void post(transfer_request request, done on_done) override { on_done(http_.ask(request)); }
  void abort() override {}

 private:
  fetch_curl& http_;
};

/// Of several addresses of a server the first that answers is asked and told, as points go to it.
std::unique_ptr<transfer> transfer_to(const sink_settings& sink, fetch_curl& http) {
  const auto& server = *sink.as<influxdb_settings>();
  auto direct = std::make_unique<waited_for>(http);
  if (server.urls.size() < 2) {
    return direct;
  }
  return std::make_unique<failover>(
      failover::parts{.inner = std::move(direct),
                      .urls = server.urls,
                      .sink_name = sink.name,
                      .counters = std::make_shared<address_counters>(server.urls),
                      .now_ms = steady_ms});
}

void end(std::vector<statement_job>& statements, std::vector<presence_question>& questions) {
  for (statement_job& one : statements) {
    one.done({.error = "weir is ending"});
  }
  for (presence_question& one : questions) {
    one.done({});
  }
}

}  // namespace

struct catalogue_keeper_thread::state {
  const std::string sink_name;
  fetch_curl http;
  const std::unique_ptr<transfer> to;
  keeper_counters counters;
  catalogue_keeper keeper;
  std::mutex lock;
  std::condition_variable asked;
  std::vector<statement_job> statements;
  std::vector<presence_question> questions;
  /// It carries out a statement, or is about to.
  bool busy = false;
  /// As the keeper said after its last turn. Written under the lock; read by each write that a
  /// server which does not answer would be asked about.
  std::atomic<bool> rests{false};
  bool roused = false;
  bool stopped = false;
  std::thread thread;

  state(const sink_settings& settings, keeper_parts parts, kept_catalogue before)
      : sink_name(settings.name),
        to(transfer_to(settings, http)),
        keeper(settings, asking(std::move(parts), *to), std::move(before), counters) {}

  static keeper_parts asking(keeper_parts parts, transfer& to) {
    parts.ask = [&to](const transfer_request& request) {
      http_reply came;
      to.post(request, [&came](http_reply reply) { came = std::move(reply); });
      return came;
    };
    return parts;
  }
  void run();
};

void catalogue_keeper_thread::state::run() {
  std::unique_lock hold(lock);
  std::int64_t last_question = steady_ms() - between_questions.count();
  while (!stopped) {
    auto to_do = std::exchange(statements, {});
    auto to_answer = std::exchange(questions, {});
    busy = !to_do.empty() || counters.pending.value() > 0;
    if (!to_answer.empty()) {
      last_question = steady_ms();
    }
    const bool was_roused = std::exchange(roused, false);
    hold.unlock();
    if (was_roused) {
      keeper.end_rest();
    }
    const std::int64_t due = keeper.turn(steady_ms(), std::move(to_do), std::move(to_answer));
    hold.lock();
    busy = false;
    rests = keeper.rests();
    const auto something = [this] {
      return stopped || roused || !statements.empty() || !questions.empty();
    };
    asked.wait_for(hold, milliseconds(std::clamp<std::int64_t>(due - steady_ms(), 0, 60'000)),
                   something);
    if (!stopped && statements.empty() && !questions.empty()) {
      const std::int64_t pause = last_question + between_questions.count() - steady_ms();
      asked.wait_for(hold, milliseconds(std::max<std::int64_t>(0, pause)),
                     [this] { return stopped || !statements.empty(); });
    }
  }
  end(statements, questions);
}

catalogue_keeper_thread::catalogue_keeper_thread(const sink_settings& settings, keeper_parts parts,
                                                 kept_catalogue before)
    : state_(std::make_unique<state>(settings, std::move(parts), std::move(before))) {}

catalogue_keeper_thread::~catalogue_keeper_thread() {
  stop();
}

void catalogue_keeper_thread::begin() {
  state_->thread = std::thread([this] { state_->run(); });
}

void catalogue_keeper_thread::carry_out(statement_job job) {
  {
    const std::lock_guard hold(state_->lock);
    if (!state_->stopped && state_->statements.size() < statements_waiting_max) {
      state_->statements.push_back(std::move(job));
      state_->asked.notify_all();
      return;
    }
  }
  job.done({.error = "sink " + state_->sink_name + ": too many statements wait for its server"});
}

void catalogue_keeper_thread::ask(presence_question question) {
  {
    const std::lock_guard hold(state_->lock);
    if (!state_->stopped && !state_->busy && state_->questions.size() < questions_waiting_max) {
      state_->questions.push_back(std::move(question));
      state_->asked.notify_all();
      return;
    }
  }
  question.done({});
}

void catalogue_keeper_thread::rouse() {
  if (!state_->rests) {
    return;
  }
  const std::lock_guard hold(state_->lock);
  if (state_->rests.exchange(false)) {
    state_->roused = true;
    state_->asked.notify_all();
  }
}

void catalogue_keeper_thread::stop() {
  state_->http.stop();
  {
    const std::lock_guard hold(state_->lock);
    state_->stopped = true;
  }
  state_->asked.notify_all();
  if (state_->thread.joinable()) {
    state_->thread.join();
  }
}

void catalogue_keeper_thread::collect(metric_collector& out) const {
  const keeper_counters& now = state_->counters;
  const label sink{"sink", state_->sink_name};
  const auto count = [&](std::string_view result, const counter& value) {
    out.counter_value("weir_statements_total",
                      "Statements of clients about databases and retention policies, by what came "
                      "of them at a sink's server.",
                      static_cast<double>(value.value()), {sink, {"result", result}});
  };
  count("carried_out", now.carried_out);
  count("refused", now.refused);
  count("remembered", now.remembered);
  out.gauge_value("weir_statements_pending",
                  "Statements that a server has to carry out before points of their databases go "
                  "there.",
                  static_cast<double>(now.pending.value()), {sink});
  out.counter_value("weir_catalogue_questions_total",
                    "Questions to a server about its databases and retention policies.",
                    static_cast<double>(now.questions.value()), {sink});
}

}  // namespace weir
