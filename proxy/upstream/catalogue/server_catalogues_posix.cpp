// SPDX-License-Identifier: Apache-2.0
#include "upstream/catalogue/server_catalogues_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/glob.hpp"
#include "base/published.hpp"
#include "config/policy_lookup.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "upstream/catalogue/catalogue_keeper.hpp"
#include "upstream/catalogue/recent_answers.hpp"

namespace weir {
namespace {

using api::statement;
using api::statement_kind;
using api::statement_result;

/// Whether weir asks this sink's server what it has, and tells it what to create. Not where buckets
/// have names of their own: which databases they are nobody can say.
bool is_administered(const sink_settings& sink) {
  const auto* influxdb = sink.as<influxdb_settings>();
  return influxdb != nullptr && influxdb->create_databases &&
         (influxdb->version == 1 || (influxdb->version == 2 && influxdb->bucket.empty()));
}

statement create_statement(const std::string& database) {
  return {.kind = statement_kind::create_database, .database = database};
}

/// The parts of a kept file behind its first line, which names the server's address: what another
/// server had is not this one's.
std::string_view content_of(std::string_view text, const std::string& url) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && text.substr(0, end) == url ? text.substr(end + 1)
                                                                     : std::string_view{};
}

std::string read_kept(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  auto content = read_small_file(path);
  if (!content) {
    journal(journal_level::warning, content.error().message);
    return {};
  }
  return content.value().value_or("");
}

/// A file of statements that clients were promised and that cannot be read is put aside.
pending_statements load_pending(const std::string& path) {
  const std::string text = read_kept(path);
  auto pending = text.empty() ? pending_statements{} : pending_statements::read(text);
  if (!pending) {
    const std::string aside = path + ".damaged";
    static_cast<void>(rename_file(path, aside));
    journal(journal_level::error,
            path + " is no list of statements: it is now " + aside +
                ". What clients had created or dropped while the server was down has to be done by "
                "hand");
  }
  return pending.value_or(pending_statements{});
}

kept_catalogue load(const std::string& known_path, const std::string& pending_path,
                    const std::string& url) {
  kept_catalogue out;
  out.pending = load_pending(pending_path);
  const std::string text = read_kept(known_path);
  if (auto known = server_catalogue::read(content_of(text, url)); known) {
    out.known = std::move(*known);
    out.learnt = true;
  }
  return out;
}

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

/// A sink's server.
struct server_catalogues::server {
  const sink_settings settings;
  published<catalogue_view> view;
  std::unique_ptr<catalogue_keeper_thread> keeper;

  explicit server(const sink_settings& of)
      : settings(of), view(std::make_shared<const catalogue_view>()) {}

  [[nodiscard]] bool takes(std::string_view database) const {
    return matches_patterns(settings.databases, database);
  }
  [[nodiscard]] const influxdb_settings& influxdb() const {
    return *settings.as<influxdb_settings>();
  }
};

struct server_catalogues::state {
  using servers = std::vector<std::shared_ptr<server>>;

  explicit state(server_catalogues_parts of) : parts(std::move(of)) {}

  server_catalogues_parts parts;
  mutable std::shared_mutex lock;
  std::shared_ptr<const settings> configured;
  servers all;
  bool begun = false;
  recent_answers recent;
  /// Databases that are created without anybody waiting for it, with how often.
  mutable std::mutex coming_lock;
  std::map<std::string, int, std::less<>> coming;
  /// What is created for writes at the moment: a sink's name, a database, a policy.
  std::set<std::array<std::string, 3>> for_writes;

  void expect(const std::string& database) {
    const std::lock_guard hold(coming_lock);
    ++coming[database];
  }
  void expect_no_more(const std::string& database) {
    const std::lock_guard hold(coming_lock);
    if (const auto one = coming.find(database); one != coming.end() && --one->second == 0) {
      coming.erase(one);
    }
  }
  /// False: it is being created already, for another write.
  [[nodiscard]] bool begin_for_writes(const std::array<std::string, 3>& what) {
    const std::lock_guard hold(coming_lock);
    return for_writes.insert(what).second;
  }
  void end_for_writes(const std::array<std::string, 3>& what) {
    const std::lock_guard hold(coming_lock);
    for_writes.erase(what);
  }
  [[nodiscard]] bool expects(std::string_view database) const {
    const std::lock_guard hold(coming_lock);
    return coming.contains(database);
  }
  [[nodiscard]] servers current() const {
    const std::shared_lock hold(lock);
    return all;
  }
  [[nodiscard]] servers of(std::string_view database) const {
    servers out;
    const std::shared_lock hold(lock);
    std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                 [&](const auto& one) { return one->takes(database); });
    return out;
  }
  [[nodiscard]] std::string path_of(std::string_view what, const std::string& sink) const {
    return parts.directory.empty() ? std::string{}
                                   : fmt::format("{}/{}-{}", parts.directory, what, sink);
  }
  [[nodiscard]] std::shared_ptr<server> make(const sink_settings& sink);
  [[nodiscard]] statement create_policy_statement(const std::string& database,
                                                  const std::string& policy) const;
  void create_on_write(const server& on, const std::string& database, const std::string& policy,
                       presence missing);
};

std::shared_ptr<server_catalogues::server> server_catalogues::state::make(
    const sink_settings& sink) {
  auto made = std::make_shared<server>(sink);
  const std::string known_path = path_of("known", sink.name);
  const std::string pending_path = path_of("pending", sink.name);
  const std::string url = sink.as<influxdb_settings>()->url;
  keeper_parts of{
      .ask = {},
      .publish =
          [at = made.get()](std::shared_ptr<const catalogue_view> next) {
            at->view.publish(std::move(next));
          },
      .keep_pending = [pending_path, kept = parts.kept](std::string_view text) -> outcome {
        return pending_path.empty() ? outcome(nothing{}) : replace_file(pending_path, text, kept);
      },
      .keep_known =
          [known_path, url](std::string_view text) {
            if (known_path.empty()) {
              return;
            }
            std::string content = url + "\n";
            content += text;
            if (auto kept = replace_file(known_path, content, durability::process); !kept) {
              journal_limited("catalogue", journal_level::warning, kept.error().message);
            }
          },
      .may_go =
          [this, name = sink.name](const std::string& database) {
            recent.clear();
            if (parts.may_go) {
              parts.may_go(name, database);
            }
          },
      .wait_idle =
          [this, name = sink.name](const std::string& database) {
            return !parts.wait_idle || parts.wait_idle(name, database);
          },
      .drop_before =
          [this, name = sink.name](const std::string& database, std::uint64_t before) {
            return !parts.drop_before || parts.drop_before(name, database, before);
          },
      .log_end = parts.log_end};
  kept_catalogue before = load(known_path, pending_path, url);
  if (parts.log_end) {
    before.pending.clamp(parts.log_end());
  }
  if (!before.learnt) {
    // A server that was never asked: what clients created is to be there, whatever it has.
    for (const std::string& name : parts.stored.databases()) {
      if (made->takes(name) && parts.stored.created(name) && !before.pending.about(name)) {
        static_cast<void>(before.pending.add({create_statement(name)}));
      }
    }
  }
  made->keeper = std::make_unique<catalogue_keeper_thread>(sink, std::move(of), std::move(before));
  return made;
}

server_catalogues::server_catalogues(std::unique_ptr<state> made) : state_(std::move(made)) {}

server_catalogues::~server_catalogues() {
  stop();
}

result<std::unique_ptr<server_catalogues>> server_catalogues::open(
    std::shared_ptr<const settings> configured, server_catalogues_parts parts) {
  std::unique_ptr<server_catalogues> made(
      new server_catalogues(std::make_unique<state>(std::move(parts))));
  if (auto done = made->configure(std::move(configured)); !done) {
    return done.error();
  }
  return made;
}

outcome server_catalogues::configure(std::shared_ptr<const settings> configured) {
  state::servers next;
  const state::servers before = state_->current();
  if (!state_->parts.directory.empty() &&
      std::any_of(configured->sinks.begin(), configured->sinks.end(), is_administered)) {
    if (auto there = make_directories(state_->parts.directory); !there) {
      return there.error();
    }
  }
  for (const sink_settings& sink : configured->sinks) {
    if (!is_administered(sink)) {
      continue;
    }
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const auto& one) { return one->settings == sink; });
    if (same != before.end()) {
      next.push_back(*same);
      continue;
    }
    const auto renewed = std::find_if(before.begin(), before.end(), [&](const auto& one) {
      return one->settings.name == sink.name;
    });
    if (renewed != before.end()) {
      (*renewed)->keeper->stop();  // its files are the next one's
    }
    next.push_back(state_->make(sink));
    if (state_->begun) {
      next.back()->keeper->begin();
    }
  }
  {
    const std::unique_lock hold(state_->lock);
    state_->all = next;
    state_->configured = std::move(configured);
  }
  for (const auto& one : before) {
    if (std::find(next.begin(), next.end(), one) == next.end()) {
      one->keeper->stop();
    }
  }
  state_->recent.clear();
  return nothing{};
}

void server_catalogues::begin() {
  state_->begun = true;
  for (const auto& one : state_->current()) {
    one->keeper->begin();
  }
}

void server_catalogues::stop() {
  for (const auto& one : state_->current()) {
    one->keeper->stop();
  }
}

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
  if (creates) {
    // It has a limit, and is on disk before the answer.
    if (auto noted = stored.create(what.database); !noted) {
      under_way->ticket->settle({.error = noted.error().message});
      return under_way->ticket;
    }
  }
  const state::servers on = state_->of(what.database);
  under_way->open = on.size();
  const auto finish = [this, what, was_created, creates, under_way] {
    if (creates && !was_created && !under_way->result.error.empty()) {
      state_->parts.stored.take_back(what.database);
    }
    if (what.kind == statement_kind::drop_database && under_way->result.error.empty()) {
      if (auto dropped = state_->parts.stored.drop(what.database); !dropped) {
        under_way->result.error = dropped.error().message;
      }
    }
    state_->recent.clear();
    under_way->ticket->settle(std::move(under_way->result));
  };
  if (on.empty()) {
    finish();
    return under_way->ticket;
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

void server_catalogues::collect(metric_collector& out) const {
  for (const auto& one : state_->current()) {
    one->keeper->collect(out);
  }
}

}  // namespace weir
