// SPDX-License-Identifier: Apache-2.0
//
// What clients ask of the catalogue and have done, and what writes ask of it. Which servers there
// are is server_keepers_posix.cpp's.
#include "upstream/catalogue/server_catalogues_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/glob.hpp"
#include "config/policy_lookup.hpp"
#include "observe/journal.hpp"
#include "upstream/catalogue/server_catalogues_state.hpp"

namespace weir {
namespace {

using api::statement;
using api::statement_kind;
using api::statement_result;

/// One answer of those that several servers gave.
presence_answer combined(const presence_answer& one, const presence_answer& other) {
  for (const presence is : {presence::there, presence::unknown, presence::missing_policy}) {
    if (one.is == is || other.is == is) {
      return one.is == is ? one : other;
    }
  }
  return one;
}

}  // namespace

// --- as /query sees it

std::vector<std::string> server_catalogues::databases() const {
  std::vector<std::string> out;
  std::set<std::string> listed;
  const auto add = [&](const std::string& name) {
    if (listed.insert(name).second) {
      out.push_back(name);
    }
  };
  bool all_learnt = true;
  const state::servers all = state_->current();
  for (const auto& one : all) {
    const auto view = one->view.current();
    all_learnt = all_learnt && view->learnt;
    for (const std::string& name : view->known.names()) {
      if (one->takes(name)) {
        add(name);
      }
    }
  }
  for (const std::string& name : state_->parts.stored.databases()) {
    if (!all_learnt || !administered(name) || state_->expects(name)) {
      add(name);
    }
  }
  return out;
}

bool server_catalogues::exists(std::string_view database) const {
  const state::servers of = state_->of(database);
  bool all_learnt = true;
  for (const auto& one : of) {
    const auto view = one->view.current();
    all_learnt = all_learnt && view->learnt;
    if (view->known.find(database) != nullptr) {
      return true;
    }
  }
  return state_->expects(database) ||
         ((of.empty() || !all_learnt) && state_->parts.stored.exists(database));
}

bool server_catalogues::administered(std::string_view database) const {
  const std::shared_lock hold(state_->lock);
  return std::any_of(state_->all.begin(), state_->all.end(),
                     [&](const auto& one) { return one->takes(database); });
}

std::vector<std::string> server_catalogues::servers_of(std::string_view database) const {
  std::vector<std::string> names;
  for (const auto& one : state_->of(database)) {
    names.push_back(one->settings.name);
  }
  return names;
}

bool server_catalogues::shared() const {
  return state_->parts.stored.shared();
}

outcome server_catalogues::create(std::string_view database) {
  if (auto noted = state_->parts.stored.create(database); !noted) {
    return noted;
  }
  for (const auto& one : state_->of(database)) {
    if (one->view.current()->known.find(database) == nullptr) {
      const std::string name(database);
      state_->expect(name);
      one->keeper->carry_out({create_statement(name), [this, name](const statement_result&) {
                                state_->expect_no_more(name);
                              }});
    }
  }
  return nothing{};
}

outcome server_catalogues::drop(std::string_view database) {
  return state_->parts.stored.drop(database);
}

std::vector<catalogue::retention_policy> server_catalogues::retention_policies(
    std::string_view database) const {
  for (const auto& one : state_->of(database)) {
    const auto view = one->view.current();
    const known_database* const known = view->known.find(database);
    if (known == nullptr || !known->policies) {
      continue;
    }
    std::vector<retention_policy> out;
    for (const known_policy& each : *known->policies) {
      out.push_back({.name = each.name,
                     .duration_ns = each.duration_ns,
                     .is_default = each.is_default,
                     .shard_duration_ns = each.shard_duration_ns,
                     .replicas = each.replicas});
    }
    return out;
  }
  return state_->parts.stored.retention_policies(database);
}

// --- what is to be done

std::shared_ptr<statement_ticket> server_catalogues::carry_out(const statement& what,
                                                               std::function<void()> wake) {
  struct work {
    std::mutex lock;
    std::size_t open = 0;
    statement_result result;
    std::shared_ptr<statement_ticket> ticket;
  };
  auto under_way = std::make_shared<work>();
  under_way->ticket = std::make_shared<statement_ticket>(std::move(wake));
  stored_catalogue& stored = state_->parts.stored;
  const bool creates = what.kind == statement_kind::create_database;
  const bool was_created = creates && stored.created(what.database);
  const auto settle = [this, under_way](const outcome& done) {
    if (!done) {
      under_way->result.error = done.error().message;
    }
    state_->recent.clear();
    under_way->ticket->settle(std::move(under_way->result));
  };
  const auto finish = [this, what, was_created, creates, under_way, settle] {
    if (creates && !was_created && !under_way->result.error.empty()) {
      state_->parts.stored.take_back(what.database);
    }
    if (what.kind == statement_kind::drop_database && under_way->result.error.empty()) {
      state_->parts.stored.drop_for_all(what.database, settle);
    } else {
      settle(nothing{});
    }
  };
  const auto begin = [this, what, under_way, finish] {
    const state::servers on = state_->of(what.database);
    under_way->open = on.size();
    if (on.empty()) {
      finish();
    }
    for (const auto& one : on) {
      one->keeper->carry_out({what, [under_way, finish](statement_result result) {
                                {
                                  const std::lock_guard hold(under_way->lock);
                                  statement_result& all = under_way->result;
                                  all.error = all.error.empty() ? result.error : all.error;
                                  all.warnings.insert(all.warnings.end(), result.warnings.begin(),
                                                      result.warnings.end());
                                  if (--under_way->open > 0) {
                                    return;
                                  }
                                }
                                finish();
                              }});
    }
  };
  if (!creates) {
    begin();
    return under_way->ticket;
  }
  // It has a limit, and is kept before the answer.
  stored.create_for_all(what.database, [under_way, begin](const outcome& noted) {
    if (noted) {
      begin();
    } else {
      under_way->ticket->settle({.error = noted.error().message});
    }
  });
  return under_way->ticket;
}

void server_catalogues::create_for_write(const std::string& database, const std::string& policy) {
  for (const auto& one : state_->of(database)) {
    const auto view = one->view.current();
    const known_database* const known = view->known.find(database);
    if (known == nullptr || !known->has(policy)) {
      state_->create_on_write(
          *one, database, policy,
          known == nullptr ? presence::missing_database : presence::missing_policy);
    }
  }
}

/// As long as the configuration says that points of the policy are kept, or for ever.
statement server_catalogues::state::create_policy_statement(const std::string& database,
                                                            const std::string& policy) const {
  statement out{.kind = statement_kind::create_policy, .database = database, .policy = policy};
  const std::shared_lock hold(lock);
  const auto& retention = policy_for(configured->database, database, policy).retention;
  out.terms.duration_ns = retention ? retention->count() : 0;
  out.terms.replicas = 1;
  return out;
}

void server_catalogues::state::create_on_write(const server& on, const std::string& database,
                                               const std::string& policy, presence missing) {
  const bool with_database = missing != presence::missing_policy;
  const bool with_policy = !policy.empty() && (!with_database || policy != "autogen");
  if (with_database && !parts.stored.create(database)) {
    return;  // too many databases: admission says so
  }
  const std::array<std::string, 3> what{on.settings.name, database, policy};
  if ((!with_database && !with_policy) || !begin_for_writes(what)) {
    return;
  }
  using reaction = std::function<void(const statement_result&)>;
  const reaction told = [sink = on.settings.name](const statement_result& result) {
    if (!result.error.empty()) {
      journal_limited("create " + sink, journal_level::warning,
                      fmt::format("sink {}: {}", sink, result.error));
    }
  };
  const reaction last = [this, what, told](const statement_result& result) {
    told(result);
    end_for_writes(what);
  };
  if (with_database) {
    on.keeper->carry_out({create_statement(database), with_policy ? told : last});
  }
  if (with_policy) {
    on.keeper->carry_out({create_policy_statement(database, policy), last});
  }
}

// --- what writes ask

presence_answer server_catalogues::look(const std::string& database, const std::string& policy,
                                        const std::function<void()>& wake,
                                        std::shared_ptr<presence_ticket>& ticket) {
  state::servers to_ask;
  for (const auto& one : state_->of(database)) {
    if (!matches_patterns(one->settings.retention_policies, policy)) {
      continue;
    }
    const auto view = one->view.current();
    const known_database* const known = view->known.find(database);
    if (known != nullptr && known->has(policy)) {
      return {presence::there};
    }
    if (!one->influxdb().refuse_missing && !one->influxdb().create_on_write) {
      return {presence::unknown};
    }
    to_ask.push_back(one);
  }
  if (to_ask.empty()) {
    return {presence::there};
  }
  if (auto recent = state_->recent.find(database, policy, steady_ms())) {
    return *recent;
  }
  if (std::any_of(to_ask.begin(), to_ask.end(),
                  [](const auto& one) { return !one->view.current()->answers; })) {
    for (const auto& one : to_ask) {
      if (one->influxdb().create_on_write) {
        // What is there already is not created again; what is not waits for the server.
        state_->create_on_write(*one, database, policy, presence::unknown);
      } else {
        one->keeper->rouse();
      }
    }
    state_->recent.put(database, policy, {presence::unknown}, steady_ms());
    return {presence::unknown};
  }
  struct work {
    std::mutex lock;
    std::size_t open = 0;
    std::optional<presence_answer> answer;
    std::shared_ptr<presence_ticket> ticket;
  };
  auto under_way = std::make_shared<work>();
  under_way->open = to_ask.size();
  under_way->ticket = std::make_shared<presence_ticket>(wake);
  ticket = under_way->ticket;
  for (const auto& one : to_ask) {
    const auto done = [this, one, database, policy, under_way](presence_answer answer) {
      if (answer.is != presence::there && one->influxdb().create_on_write) {
        state_->create_on_write(*one, database, policy, answer.is);
        answer = {presence::there};
      }
      {
        const std::lock_guard hold(under_way->lock);
        under_way->answer =
            under_way->answer ? combined(*under_way->answer, answer) : std::move(answer);
        if (--under_way->open > 0) {
          return;
        }
      }
      state_->recent.put(database, policy, *under_way->answer, steady_ms());
      under_way->ticket->settle(*under_way->answer);
    };
    one->keeper->ask({database, policy, done});
  }
  return {presence::unknown};
}

void server_catalogues::look_again(std::string_view sink, const std::string& database,
                                   const std::string& policy) {
  for (const auto& one : state_->of(database)) {
    const auto view = one->view.current();
    const known_database* const known = view->known.find(database);
    if (one->settings.name == sink && known != nullptr && known->has(policy) &&
        !view->waiting.contains(database)) {
      one->keeper->ask({database, policy, [](const presence_answer&) {}});
    }
  }
}

bool server_catalogues::waits(std::string_view sink, std::string_view database) const {
  const std::shared_lock hold(state_->lock);
  const auto found = std::find_if(state_->all.begin(), state_->all.end(),
                                  [&](const auto& one) { return one->settings.name == sink; });
  return found != state_->all.end() && (*found)->view.current()->waiting.contains(database);
}

}  // namespace weir
