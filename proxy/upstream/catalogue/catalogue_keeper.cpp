// SPDX-License-Identifier: Apache-2.0
#include "upstream/catalogue/catalogue_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/one_line.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

using answer_kind = statement_answer::kind;

constexpr std::size_t databases_per_question = 50;
// While it does not answer, writes to unknown databases are taken unseen: it is asked often.
constexpr std::int64_t first_pause_ms = 250;
constexpr std::int64_t pause_most_ms = 1'000;
// After so many failures in a row, about a minute, and while nothing is to be done to it: a server
// that is gone for long does not wake a process that has nothing else to do each second.
constexpr int failures_until_rest = 60;
constexpr std::int64_t rest_pause_ms = 10'000;
// About a minute: what stands before a server that starts may answer in its place.
constexpr int strange_answers_max = 60;
constexpr std::size_t reason_bytes_max = 300;
constexpr std::string_view points_under_way = "points are still under way to it";

api::statement_result failed_with(std::string words) {
  return {.error = std::move(words)};
}

std::string remembered_words(std::string_view sink_name) {
  return fmt::format(
      "sink {}: the server does not answer; this is carried out before the next "
      "points go there",
      sink_name);
}

std::string not_carried_out(std::string_view sink_name, std::string_view words) {
  return fmt::format("sink {} did not carry this out: {}", sink_name,
                     one_line(words, reason_bytes_max));
}

presence_answer answer_of(const server_catalogue& known, const std::string& database,
                          const std::string& policy) {
  const known_database* const found = known.find(database);
  if (found == nullptr) {
    return {presence::missing_database};
  }
  if (!found->has(policy)) {
    return {presence::missing_policy, policy.empty() ? found->default_policy : policy};
  }
  return {presence::there};
}

}  // namespace

catalogue_keeper::catalogue_keeper(const sink_settings& settings, keeper_parts parts,
                                   kept_catalogue before, keeper_counters& counters)
    : settings_(settings),
      learn_every_ms_(settings.as<influxdb_settings>()->learn_every.count()),
      parts_(std::move(parts)),
      server_(make_catalogue_server(*settings.as<influxdb_settings>(), parts_.ask)),
      counters_(counters),
      known_(std::move(before.known)),
      learnt_(before.learnt),
      pending_(std::move(before.pending)),
      round_due_ms_(std::numeric_limits<std::int64_t>::min()),
      not_before_ms_(std::numeric_limits<std::int64_t>::min()) {
  counters_.pending.set(pending_.size());
  publish();
}

std::int64_t catalogue_keeper::turn(std::int64_t now_ms, std::vector<statement_job> statements,
                                    std::vector<presence_question> questions) {
  if (rests_ && !(statements.empty() && questions.empty())) {
    end_rest();
    look_whether_it_is_back(now_ms);
  }
  if (!unreachable() || now_ms >= not_before_ms_) {
    carry_out_pending(now_ms);
  }
  for (statement_job& one : statements) {
    if (pending_.empty() && !unreachable()) {
      carry_out(one, now_ms);
    } else {
      remember(one, why_down_);
    }
  }
  answer(questions, now_ms);
  if (!down_ || now_ms >= not_before_ms_) {
    refresh(now_ms);
  }
  if (!pending_.empty()) {
    end_rest();
  }
  if (down_) {
    return not_before_ms_;
  }
  return to_ask_.empty() ? round_due_ms_ : now_ms;
}

/// As if it had been asked each second.
void catalogue_keeper::end_rest() noexcept {
  if (std::exchange(rests_, false)) {
    pause_ms_ = pause_most_ms;
    not_before_ms_ -= rest_pause_ms - pause_most_ms;
  }
}

/// Before what a client asks for is remembered: the server may have been back for most of a rest.
void catalogue_keeper::look_whether_it_is_back(std::int64_t now_ms) {
  if (now_ms >= not_before_ms_ && list_databases(now_ms)) {
    round_due_ms_ = now_ms;  // the policies, too
  }
}

// --- what is to be done

void catalogue_keeper::carry_out_pending(std::int64_t now_ms) {
  if (down_ && !pending_.empty() && !list_databases(now_ms)) {
    return;  // what is asked meanwhile waits for a question, not for a statement
  }
  while (!pending_.empty()) {
    const api::statement what = pending_.first().what;
    std::string words;
    const progress came = carry_out_first(now_ms, true, words);
    if (came == progress::stuck) {
      return;
    }
    const bool done = came == progress::done;
    journal_limited("remembered " + settings_.name,
                    done ? journal_level::info : journal_level::error,
                    fmt::format("sink {}: {}, which a client asked for while the server was down, "
                                "{}{}",
                                settings_.name, one_line(api::spell(what), reason_bytes_max),
                                done ? "is carried out" : "is refused by it: ",
                                done ? "" : one_line(words, reason_bytes_max)));
  }
}

/// The first of those that wait. Points that were accepted before a DROP must not reach a database
/// that is created after it: none is under way when it is sent for good, and what waits goes before
/// anything else is done. Without `patient` a client waits to hear what the server says: one that
/// points are still under way to is asked, too (and again), and an answer that is no InfluxDB's is
/// a refusal.
catalogue_keeper::progress catalogue_keeper::carry_out_first(std::int64_t now_ms, bool patient,
                                                             std::string& words) {
  const pending_statement first = pending_.first();
  const std::string& database = first.what.database;
  const bool drops = first.what.kind == api::statement_kind::drop_database;
  const bool idle = !drops || !parts_.wait_idle || parts_.wait_idle(database);
  if (!idle && patient) {
    failed(points_under_way, now_ms);
    return progress::stuck;
  }
  const statement_answer answer = server_->carry_out(first.what);
  words = patient || answer.is != answer_kind::no_influxdb
              ? answer.words
              : not_carried_out(settings_.name, answer.words);
  if (answer.is == answer_kind::unanswered || (answer.is == answer_kind::no_influxdb && patient &&
                                               ++strange_answers_ < strange_answers_max)) {
    failed(answer.words, now_ms);
    return progress::stuck;
  }
  strange_answers_ = 0;
  answered();
  const bool done = answer.is == answer_kind::done;
  if (done && !idle) {
    failed(points_under_way, now_ms);
    return progress::stuck;
  }
  if (done && drops && parts_.drop_before && !parts_.drop_before(database, first.log_end)) {
    failed("what waited for it could not be given up", now_ms);  // it is dropped once more
    return progress::stuck;
  }
  pending_.pop();
  counters_.pending.set(pending_.size());
  (done ? counters_.carried_out : counters_.refused).add();
  if (auto kept = parts_.keep_pending(pending_.text()); !kept) {
    // It is carried out once more by the next process.
    journal_limited("catalogue", journal_level::warning, kept.error().message);
  }
  if (done) {
    done_by_server(first.what);
  }
  publish();
  if (!pending_.about(database)) {
    parts_.may_go(database);
  }
  return done ? progress::done : progress::refused;
}

/// Among those that wait, and on disk. Empty, or why it is not.
std::string catalogue_keeper::keep_waiting(const api::statement& what) {
  if (!pending_.add({what, parts_.log_end ? parts_.log_end() : 0})) {
    return fmt::format("sink {}: {} statements wait for its server, and there is no room for more",
                       settings_.name, pending_.size());
  }
  if (auto kept = parts_.keep_pending(pending_.text()); !kept) {
    pending_.take_back_last();
    return kept.error().message;
  }
  publish();
  return {};
}

/// It is kept before it is sent: whatever happens in between, its points are given up.
void catalogue_keeper::drop(statement_job& job, std::int64_t now_ms) {
  if (std::string refused = keep_waiting(job.what); !refused.empty()) {
    job.done(failed_with(std::move(refused)));
    return;
  }
  std::string words;
  switch (carry_out_first(now_ms, false, words)) {
    case progress::done:
      job.done({});
      return;
    case progress::refused:
      job.done(failed_with(std::move(words)));
      return;
    case progress::stuck:
      counters_.remembered.add();
      counters_.pending.set(pending_.size());
      job.done({.warnings = {remembered_words(settings_.name)}});
      return;
  }
}

void catalogue_keeper::carry_out(statement_job& job, std::int64_t now_ms) {
  if (job.what.kind == api::statement_kind::drop_database) {
    drop(job, now_ms);  // nothing else waits
    return;
  }
  const statement_answer answer = server_->carry_out(job.what);
  switch (answer.is) {
    case answer_kind::done:
      answered();
      counters_.carried_out.add();
      done_by_server(job.what);
      publish();
      parts_.may_go(job.what.database);
      job.done({});
      return;
    case answer_kind::refused:
      answered();
      counters_.refused.add();
      job.done(failed_with(answer.words));
      return;
    case answer_kind::no_influxdb:
      // Perhaps something that takes writes and knows no databases: then all is well.
      job.done({.warnings = {not_carried_out(settings_.name, answer.words)}});
      return;
    case answer_kind::unanswered:
      strange_ = false;
      failed(answer.words, now_ms);
      remember(job, answer.words);
      return;
  }
}

/// The client is told that it is done: it is kept before that.
void catalogue_keeper::remember(statement_job& job, std::string_view why) {
  server_catalogue expected = with_pending();
  if (std::string refused = learnt_ ? expected.apply(job.what) : std::string{}; !refused.empty()) {
    job.done(failed_with(std::move(refused)));
    return;
  }
  const std::string warning = remembered_words(settings_.name);
  if (pending_.repeats(job.what)) {
    job.done({.warnings = {warning}});
    return;
  }
  if (std::string refused = keep_waiting(job.what); !refused.empty()) {
    job.done(failed_with(std::move(refused)));
    return;
  }
  counters_.remembered.add();
  counters_.pending.set(pending_.size());
  journal_limited("remembered " + settings_.name, journal_level::warning,
                  fmt::format("sink {}: {} is remembered: {}", settings_.name,
                              one_line(api::spell(job.what), reason_bytes_max),
                              one_line(why, reason_bytes_max)));
  job.done({.warnings = {warning}});
}

/// What is known follows the statement; the server's own word on it comes with the next question.
void catalogue_keeper::done_by_server(const api::statement& what) {
  static_cast<void>(known_.apply(what));
  if (what.kind == api::statement_kind::drop_database) {
    return;
  }
  const std::vector<std::string> database{what.database};
  std::vector<policies_answer> answers;
  counters_.questions.add();
  if (!server_->list_policies(database, answers).ok() ||
      answers.front().is == policies_answer::kind::missing) {
    return;
  }
  policies_answer& told = answers.front();
  known_.set_policies(what.database, told.is == policies_answer::kind::known
                                         ? std::optional(std::move(told.policies))
                                         : std::nullopt);
}

// --- what is there

void catalogue_keeper::answer(std::vector<presence_question>& questions, std::int64_t now_ms) {
  if (questions.empty()) {
    return;
  }
  if (down_ || !list_databases(now_ms)) {
    for (presence_question& one : questions) {
      one.done({});
    }
    return;
  }
  std::vector<std::string> of;
  for (const presence_question& one : questions) {
    if (known_.find(one.database) != nullptr &&
        std::find(of.begin(), of.end(), one.database) == of.end()) {
      of.push_back(one.database);
    }
  }
  for (std::size_t at = 0; at < of.size() && !down_; at += databases_per_question) {
    static_cast<void>(list_policies(
        std::span(of).subspan(at, std::min(databases_per_question, of.size() - at)), now_ms));
  }
  publish();
  for (presence_question& one : questions) {
    one.done(down_ ? presence_answer{} : presence_of(one));
  }
}

presence_answer catalogue_keeper::presence_of(const presence_question& one) {
  presence_answer found = answer_of(known_, one.database, one.policy);
  const bool missing =
      found.is == presence::missing_database || found.is == presence::missing_policy;
  const bool beyond = found.is == presence::missing_database && !known_.whole();
  if (missing && !beyond) {
    counters_.questions.add();
  }
  if (missing && (beyond || !server_->surely(found.is, one.database, one.policy))) {
    found.is = presence::unknown;
  }
  return found;
}

bool catalogue_keeper::list_databases(std::int64_t now_ms) {
  std::vector<std::string> names;
  counters_.questions.add();
  const question_answer answer = server_->list(names);
  strange_ = answer.strange;
  if (!answer.ok()) {
    failed(answer.why, now_ms);
    return false;
  }
  answered();
  known_.set_names(names);
  learnt_ = true;
  listed_ = true;
  return true;
}

bool catalogue_keeper::list_policies(std::span<const std::string> databases, std::int64_t now_ms) {
  std::vector<policies_answer> answers;
  counters_.questions.add();
  if (const question_answer answer = server_->list_policies(databases, answers); !answer.ok()) {
    failed(answer.why, now_ms);
    return false;
  }
  for (std::size_t i = 0; i < databases.size(); ++i) {
    policies_answer& told = answers[i];
    switch (told.is) {
      case policies_answer::kind::known:
        known_.set_policies(databases[i], std::move(told.policies));
        break;
      case policies_answer::kind::missing:
        known_.remove(databases[i]);
        break;
      case policies_answer::kind::unknown:
        break;
    }
  }
  return true;
}

/// A part of a round each turn, so that what is asked meanwhile need not wait for all of it.
void catalogue_keeper::refresh(std::int64_t now_ms) {
  if (to_ask_.empty()) {
    if (now_ms < round_due_ms_ && listed_ && !down_) {
      return;
    }
    round_due_ms_ = now_ms + learn_every_ms_;
    if (!list_databases(now_ms)) {
      return;
    }
    to_ask_ = known_.names();
    publish();
  }
  const std::size_t count = std::min(databases_per_question, to_ask_.size());
  const std::span<const std::string> part = std::span(to_ask_).last(count);
  if (count > 0 && !list_policies(part, now_ms)) {
    return;
  }
  to_ask_.resize(to_ask_.size() - count);
  if (!to_ask_.empty()) {
    return;
  }
  publish();
  if (std::string text = known_.text(); text != kept_text_) {
    kept_text_ = std::move(text);
    parts_.keep_known(kept_text_);
  }
}

// --- what comes of it

void catalogue_keeper::failed(std::string_view why, std::int64_t now_ms) {
  failures_ = std::min(failures_ + 1, failures_until_rest + 1);
  rests_ = failures_ > failures_until_rest && pending_.empty();
  pause_ms_ = rests_ ? rest_pause_ms : std::clamp(pause_ms_ * 2, first_pause_ms, pause_most_ms);
  not_before_ms_ = now_ms + pause_ms_;
  why_down_ = why;
  if (!std::exchange(down_, true)) {
    publish();
  }
}

void catalogue_keeper::answered() {
  pause_ms_ = 0;
  failures_ = 0;
  rests_ = false;
  why_down_.clear();
  if (std::exchange(down_, false)) {
    publish();
  }
}

server_catalogue catalogue_keeper::with_pending() const {
  server_catalogue out = known_;
  for (const pending_statement& one : pending_.all()) {
    static_cast<void>(out.apply(one.what));
  }
  return out;
}

void catalogue_keeper::publish() {
  auto view = std::make_shared<catalogue_view>(
      catalogue_view{.known = with_pending(), .learnt = learnt_, .answers = !down_});
  for (const pending_statement& one : pending_.all()) {
    view->waiting.insert(one.what.database);
  }
  parts_.publish(std::move(view));
}

}  // namespace weir
