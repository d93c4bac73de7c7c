// SPDX-License-Identifier: Apache-2.0
//
// The remote write deliverer.
#include "sinks/remote_write/remote_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/one_line.hpp"
#include "net/server_message.hpp"
#include "observe/journal.hpp"
#include "sinks/delivery.hpp"

namespace weir {
namespace {

/// After a 413 requests are small; so many successes later they may double.
constexpr std::uint32_t successes_before_growth = 16;
constexpr std::size_t words_bytes_max = 300;
constexpr std::string_view user_agent = "User-Agent: weir/" WEIR_VERSION;

std::uint64_t last_sequence_of(const batch& what) {
  return what.frames.empty() ? what.cut_sequence : what.frames.back()->header.sequence;
}

/// Statuses under which a receiver refuses samples, not the request as such.
bool is_about_samples(int status) {
  return status == 400 || status == 409 || status == 422 || status == 500;
}

}  // namespace

struct remote_write_deliverer::running {
  running(job j, std::string lines, sent_ledger& ledger, request_limits& limits)
      : of(std::move(j)), samples(std::move(lines)), plan(samples, ledger, limits) {}

  job of;
  sample_batch samples;
  send_plan plan;
  std::string body;
  std::uint64_t sent_bytes = 0;
  std::string refused_words;
  int refused_status = 0;
};

remote_write_deliverer::remote_write_deliverer(const sink_settings& settings,
                                               remote_write_parts parts,
                                               std::string_view sent_before,
                                               std::uint64_t low_water)
    : settings_(settings), parts_(std::move(parts)), ledger_(parts_.state_bytes) {
  ledger_.recover(sent_before, low_water);
  if (!sent_before.empty()) {
    rewrite_ledger();
  }
}

remote_write_deliverer::~remote_write_deliverer() = default;

void remote_write_deliverer::deliver(const batch& what, done on_done) {
  queue_.push_back({&what, std::move(on_done)});
  pump();
}

void remote_write_deliverer::create_database(const std::string&, done on_done) {
  on_done(answer::failed("a remote write receiver has no databases"));
}

void remote_write_deliverer::abort() {
  parts_.http.abort();
  queue_.clear();
  running_.reset();
  waiting_ = false;
}

// A loop, not a recursion: a transfer may answer before `post` returns.
void remote_write_deliverer::pump() {
  if (std::exchange(pumping_, true)) {
    return;
  }
  while (!waiting_) {
    if (running_ == nullptr) {
      if (queue_.empty()) {
        break;
      }
      job next = std::move(queue_.front());
      queue_.pop_front();
      begin(std::move(next));
      continue;
    }
    if (const auto part = running_->plan.next()) {
      send(*part);
    } else {
      finish_done();
    }
  }
  pumping_ = false;
}

void remote_write_deliverer::begin(job next) {
  std::string lines;
  if (!append_lines(*next.what, lines)) {
    answer given;
    given.answered = true;
    given.status = 422;
    given.body = "a frame of this batch cannot be inflated";
    next.on_done(std::move(given));
    return;
  }
  ledger_.begin(next.what->lane, last_sequence_of(*next.what));
  running_ = std::make_unique<running>(std::move(next), std::move(lines), ledger_, limits_);
  running_->samples.read(to_milliseconds(parts_.now_ns()), ledger_);
}

void remote_write_deliverer::send(const send_plan::range& part) {
  writer_.clear();
  std::vector<sent_sample> sent;
  sent.reserve(part.size());
  for (std::size_t i = part.begin; i < part.end; ++i) {
    const sample& one = running_->samples.samples()[i];
    writer_.add(running_->samples.wire_of(one));
    sent.push_back(running_->samples.sent_of(one));
  }
  ledger_.intend(sent);
  write_ledger();
  running_->body = writer_.compressed();
  transfer_request request;
  request.url = settings_.url;
  // An empty Expect keeps curl from waiting for "100 Continue".
  request.headers = {std::string(user_agent), "Expect:", "Content-Type: application/x-protobuf",
                     "Content-Encoding: snappy", "X-Prometheus-Remote-Write-Version: 0.1.0"};
  request.headers.insert(request.headers.end(), settings_.headers.begin(), settings_.headers.end());
  if (!settings_.token.empty()) {
    request.headers.push_back("Authorization: Bearer " + settings_.token);
  }
  request.username = settings_.username;
  request.password = settings_.password;
  request.timeout = settings_.timeout;
  request.body = {std::string_view(running_->body)};
  waiting_ = true;
  parts_.counters->requests.add();
  parts_.http.post(std::move(request), [this](http_reply reply) {
    waiting_ = false;
    on_answer(answer(std::move(reply)));
    pump();
  });
}

void remote_write_deliverer::on_answer(const answer& given) {
  std::string words = given.answered ? server_message(given.body) : given.detail;
  const bool stored = given.answered && given.status >= 200 && given.status < 300;
  answer_class meaning = stored ? answer_class::success : classify(given, words);
  if (given.answered && is_refusal_in_disguise(given.status, words)) {
    meaning = answer_class::refused;
  }
  if (given.answered && words.empty()) {
    words = fmt::format("status {}", given.status);
  }
  running_->sent_bytes += running_->body.size();
  switch (meaning) {
    case answer_class::success:
      on_stored(given);
      return;
    case answer_class::too_large:
      successes_ = 0;
      if (running_->refused_status == 0) {  // told where even one sample alone is too large
        running_->refused_words = words;
        running_->refused_status = given.status;
      }
      running_->plan.too_large();
      return;
    case answer_class::partial_write:
    case answer_class::refused:
      running_->refused_words = words;
      running_->refused_status = given.status;
      running_->plan.refused(words, is_about_samples(given.status));
      return;
    case answer_class::no_answer:
    case answer_class::busy:
    case answer_class::not_allowed:
    case answer_class::missing_database:
    case answer_class::missing_policy:
    case answer_class::wrong_place:
    case answer_class::not_stored:
      finish(given);
      return;
  }
}

void remote_write_deliverer::on_stored(const answer& given) {
  if (!page_told_ && is_page(given.content_type, given.body)) {
    page_told_ = true;
    journal(journal_level::warning,
            fmt::format("sink {}: answered {} with {}, and remote write takes any 2xx for stored: "
                        "is the url right?",
                        settings_.name, given.status,
                        one_line(server_message(given.body), words_bytes_max)));
  }
  running_->plan.accepted();
  grow_requests();
}

/// One sample that is too large even alone must not leave all later requests small.
void remote_write_deliverer::grow_requests() {
  if (++successes_ >= successes_before_growth) {
    successes_ = 0;
    limits_.samples = std::min(limits_.samples * 2, request_limits{}.samples);
  }
}

/// The batch is dealt with: what is not stored is counted.
void remote_write_deliverer::finish_done() {
  answer given = answer::done(0);
  given.discarded = running_->samples.discarded_points(running_->of.what->points);
  given.refused_lines = running_->samples.refused_lines();
  given.refused_words = std::move(running_->refused_words);
  given.refused_status = running_->refused_status;
  ledger_.conclude();
  parts_.counters->note(running_->samples.counts());
  finish(std::move(given));
}

void remote_write_deliverer::finish(answer given) {
  given.sent_bytes = running_->sent_bytes;
  parts_.counters->bisection_requests.add(running_->plan.bisection_requests());
  parts_.counters->series_known.set(ledger_.series_known());
  parts_.counters->series_forgotten.set(ledger_.times_forgotten());
  const done on_done = std::move(running_->of.on_done);
  running_.reset();
  on_done(std::move(given));
}

void remote_write_deliverer::saved(std::uint64_t low_water) {
  ledger_.saved(low_water);
  if (ledger_.wants_rewrite()) {
    rewrite_ledger();
  }
}

// Points are delivered all the same when this fails: what it protects from is a crash.
void remote_write_deliverer::write_ledger() {
  const std::string bytes = ledger_.take_unwritten();
  if (!bytes.empty() && parts_.sent != nullptr && !parts_.sent->append(bytes)) {
    parts_.counters->ledger_failures.add();
  }
}

void remote_write_deliverer::rewrite_ledger() {
  const std::string bytes = ledger_.whole();
  if (parts_.sent != nullptr && !parts_.sent->replace(bytes)) {
    parts_.counters->ledger_failures.add();
  }
}

}  // namespace weir
