// SPDX-License-Identifier: Apache-2.0
//
// Remote write requests, over several connections.
#include "sinks/remote_write/sending/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "base/assert.hpp"
#include "base/one_line.hpp"
#include "config/secrets.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// After a 413 requests are small; so many successes later they may double.
constexpr std::uint32_t successes_before_growth = 16;
constexpr std::size_t message_bytes_max = 300;
/// Rows between that which is encoded and that whose labels are brought nearer.
constexpr std::size_t rows_ahead = 2;
/// A line for each sample of a request, with its labels.
constexpr std::size_t answer_bytes_max = std::size_t{2} << 20;
/// Until the search for what a server refuses may go on.
constexpr std::chrono::seconds search_pause{10};
constexpr std::chrono::seconds lost_pause{1};
/// Of a receiver of version 2: it stored the rest.
constexpr int status_bad_request = 400;
constexpr std::string_view user_agent = "User-Agent: weir/" WEIR_VERSION;

log_position last_position_of(const batch& source) {
  return source.frames.empty() ? source.cut_position : source.frames.back()->header.position;
}

std::int64_t received_ms_of(const batch& source) {
  const std::int64_t ns =
      source.frames.empty() ? source.received_ns : source.frames.back()->header.received_ns;
  return ns / 1'000'000;
}

}  // namespace

struct shard::connection {
  connection(sample_run its_run, const send_plan::parts& with)
      : number(with.connection),
        run(std::move(its_run)),
        plan({run, with.ledger, with.memory, with.refused, with.connection}) {}

  const std::uint32_t number;
  sample_run run;
  send_plan plan;
  std::string body;
  spoken form;
  bool waiting = false;
};

struct shard::running {
  running(job j, std::string lines, known_series& known, sample_batch::buffers& spare)
      : of(std::move(j)), samples(std::move(lines), known, &spare) {}

  job of;
  sample_batch samples;
  /// They stay where they are.
  std::vector<std::unique_ptr<connection>> connections;
  /// Nothing further is sent, and what is under way is waited for.
  std::optional<attempt_result> ended_by;
  std::uint64_t sent_bytes = 0;
  refused_lines refused;
};

shard::shard(const std::string& sink_name, const remote_write_settings& settings, shard_parts parts,
             std::string_view sent_before, log_position low_water)
    : sink_name_(sink_name),
      settings_(settings),
      parts_(std::move(parts)),
      ledger_(parts_.state_bytes),
      sent_(std::move(parts_.sent), parts_.counters->ledger_failures),
      series_(std::move(parts_.series_file), parts_.counters->ledger_failures),
      scale_(settings.connections_least, settings.connections_most) {
  memory_.limits = parts_.limits;
  memory_.older = settings.out_of_order == out_of_order_mode::send;
  if (parts_.versions == nullptr) {
    parts_.versions = std::make_shared<protocol_versions>();
  }
  ledger_.recover(sent_before, low_water);
  if (!sent_before.empty()) {
    sent_.replace(ledger_);
  }
  recover_series();
}

shard::~shard() = default;

void shard::deliver(const batch& source, target::done on_done) {
  queue_.push_back({&source, std::move(on_done)});
  pump();
}

void shard::abort() {
  queue_.clear();
  ledger_.lose_all();
  running_.reset();
  marker_parts_.clear();
  marking_ = false;
}

// A loop, not a recursion: a transfer may answer before `post` returns.
void shard::pump() {
  if (std::exchange(pumping_, true)) {
    return;
  }
  while (go_on()) {
  }
  pumping_ = false;
}

/// False: nothing is to be done before an answer or a batch comes.
bool shard::go_on() {
  if (marking_) {
    return false;
  }
  if (running_ == nullptr) {
    if (queue_.empty()) {
      return false;
    }
    job next = std::move(queue_.front());
    queue_.pop_front();
    begin(std::move(next));
    return true;
  }
  bool sent = false;
  bool waits = false;
  for (const auto& each : running_->connections) {
    sent = send_next(*each) || sent;
    waits = waits || each->waiting;
  }
  if (!sent && !waits) {
    end_batch();
    return true;
  }
  return sent;
}

void shard::begin(job next) {
  WEIR_ASSERT(running_ == nullptr);  // its series would get other numbers
  std::string lines = std::move(spare_.lines);
  lines.clear();
  if (!append_lines(*next.source, lines)) {
    next.on_done(attempt_result::unsendable("a frame of this batch cannot be inflated"));
    return;
  }
  ledger_.begin(next.source->lane, last_position_of(*next.source));
  lane_memory& so_far = lanes_[next.source->lane];
  known_.begin(next.source->lane.database, next.source->lane.retention_policy);
  running_ = std::make_unique<running>(std::move(next), std::move(lines), known_, spare_);
  sample_rules rules;
  rules.now_ms = to_milliseconds(parts_.now_ns());
  rules.several = memory_.several;
  rules.older = memory_.older;
  if (settings_.age_most) {
    rules.least_ms =
        rules.now_ms - std::chrono::duration_cast<milliseconds>(*settings_.age_most).count();
  }
  rules.refused = &so_far.refused;
  const lane_key& lane = running_->of.source->lane;
  parts_.mapper->begin(lane.database, lane.retention_policy);
  running_->samples.read(rules, ledger_, *parts_.mapper, reader_);
  if (so_far.connections == 0) {
    so_far.connections = connections_for(running_->samples);
  }
  parts_.counters->connections.set(so_far.connections);
  std::uint32_t number = 0;
  for (sample_run& run : split_in_runs(running_->samples, so_far.connections)) {
    const send_plan::parts with{run, ledger_, memory_, so_far.refused, number++};
    running_->connections.push_back(std::make_unique<connection>(std::move(run), with));
    running_->connections.back()->plan.begin();
  }
}

/// As many as have a whole request to send. Attempts at what is left of a batch keep their number,
/// so what got lost on the way is asked about on one connection; after a start that is the only
/// one.
std::size_t shard::connections_for(const sample_batch& samples) {
  const std::size_t most = scale_.next();
  const std::size_t count = samples.count();
  if (count == 0 || most == 1 || samples.has_questions() || samples.span_ms() > span_ms_max) {
    return 1;
  }
  return std::min(most, (count - 1) / memory_.limits.samples + 1);
}

/// Whether a request was sent.
bool shard::send_next(connection& over) {
  if (over.waiting || running_->ended_by) {
    return false;
  }
  const auto part = over.plan.next(to_milliseconds(parts_.now_ns()));
  if (part) {
    send(over, *part);
  }
  return part.has_value();
}

void shard::send(connection& over, const send_plan::range& part) {
  over.form = speaks();
  request_encoder& to = encoder(over.form);
  to.clear();
  sent_hints_.clear();
  std::vector<sent_sample> sent;
  if (over.run.of_rows()) {
    encode_rows(over.run, part, to, sent);
  } else {
    encode_samples(over.run, part, to, sent);
  }
  if (!over.plan.asks()) {
    ledger_.intend(std::move(sent), over.number, sent_hints_);
  }
  sent_.append(ledger_);
  to.end(over.body);
  over.waiting = true;
  parts_.counters->requests.add();
  parts_.http.post(request_with(over.body, over.form), [this, &over](const http_reply& reply) {
    over.waiting = false;
    on_reply(over, reply);
    pump();
  });
}

void shard::encode_samples(const sample_run& run, const send_plan::range& part, request_encoder& to,
                           std::vector<sent_sample>& sent) {
  const std::vector<sample>& all = run.samples();
  sent.reserve(part.size());
  for (std::size_t i = part.begin; i < part.end;) {
    const std::uint32_t number = all[i].series;
    const sent_series series = run.series_of(all[i]);
    sent_hints_.push_back(series.hint);
    run.expect_labels(all[std::min<std::size_t>(i + sample_batch::ahead, part.end - 1)]);
    of_series_.clear();
    for (; i < part.end && all[i].series == number; ++i) {
      of_series_.push_back({std::bit_cast<std::uint64_t>(all[i].value), all[i].time_ms});
      sent.push_back({series.key, all[i].time_ms});
    }
    to.add(series.wire, of_series_);
  }
}

void shard::encode_rows(const sample_run& run, const send_plan::range& part, request_encoder& to,
                        std::vector<sent_sample>& sent) {
  const std::vector<sample_row>& rows = run.rows();
  std::size_t samples = 0;
  for (std::size_t i = part.begin; i < part.end; ++i) {
    samples += rows[i].count;
  }
  sent.reserve(samples);  // the ledger keeps it: no more than that
  for (std::size_t at = part.begin; at < part.end;) {
    const std::size_t end = run.end_of_line(at, part.end);
    run.expect(rows[std::min(at + 2 * rows_ahead, part.end - 1)]);
    run.expect_labels(rows[std::min(at + rows_ahead, part.end - 1)]);
    for (std::uint32_t i = 0; i < rows[at].count; ++i) {
      const sent_series series = run.series(rows[at].series + i);
      sent_hints_.push_back(series.hint);
      of_series_.clear();
      for (std::size_t k = at; k < end; ++k) {
        of_series_.push_back(
            {std::bit_cast<std::uint64_t>(run.value(rows[k], i)), rows[k].time_ms});
        sent.push_back({series.key, rows[k].time_ms});
      }
      to.add(series.wire, of_series_);
    }
    at = end;
  }
}

shard::spoken shard::speaks() const {
  const std::size_t address = parts_.http.address();
  return {address, parts_.encoder_v2 != nullptr && parts_.versions->second(address)};
}

transfer_request shard::request_with(std::string_view body, const spoken& form) {
  transfer_request request;
  request.url = settings_.url;
  // An empty Expect keeps curl from waiting for "100 Continue".
  request.headers = {std::string(user_agent), "Expect:"};
  for (std::string& header : encoder(form).headers()) {
    request.headers.push_back(std::move(header));
  }
  request.headers.insert(request.headers.end(), settings_.headers.begin(), settings_.headers.end());
  if (!settings_.token.empty()) {
    request.headers.push_back("Authorization: Bearer " + settings_.token);
  }
  request.username = settings_.username;
  request.password = settings_.password;
  request.timeout = settings_.timeout;
  request.answer_bytes_max = answer_bytes_max;
  request.body = {body};
  return request;
}

bool shard::falls_back(const spoken& form, const http_reply& reply) {
  if (!form.second || !knows_no_version_2(reply)) {
    return false;
  }
  if (!parts_.versions->note_first_alone(form.address)) {
    return true;  // another connection found out
  }
  const std::string whose = settings_.urls.size() > 1
                                ? " " + url_without_secret(settings_.urls.at(form.address))
                                : std::string{};
  journal(journal_level::warning,
          fmt::format("sink {}: the receiver{} does not know version 2 of remote write (it "
                      "answered {} without saying what it stored); version 1 is spoken with it "
                      "from now on",
                      sink_name_, whose, reply.status));
  return true;
}

/// Something between that keeps the receiver's headers back looks like a receiver that knows
/// version 1 alone; what was sent is stored then.
void shard::on_not_understood(connection& over, const http_reply& reply) {
  if (!may_be_stored(reply)) {
    over.plan.not_understood();
    return;
  }
  if (!over.plan.perhaps_not_understood() && !running_->ended_by) {
    attempt_result asks;
    asks.at_once = true;
    asks.message = "the answer to a request of version 2 does not say whether it was stored";
    asks.code = reply.status;
    running_->ended_by = std::move(asks);
  }
}

void shard::on_reply(connection& over, const http_reply& reply) {
  running_->sent_bytes += over.body.size();
  if (falls_back(over.form, reply)) {
    on_not_understood(over, reply);
    return;
  }
  remote_write_answer answer = read_remote_write_answer(reply);
  switch (answer.what) {
    case remote_write_answer::kind::stored:
      on_stored(over, reply, answer);
      return;
    case remote_write_answer::kind::too_large:
      successes_ = 0;
      if (running_->refused.code == 0) {  // said where even one sample alone is too large
        running_->refused.message = answer.message;
        running_->refused.code = answer.status;
      }
      over.plan.too_large();
      return;
    case remote_write_answer::kind::refused:
      on_refused(over, answer);
      return;
    case remote_write_answer::kind::not_now:
      ledger_.lose(over.number);
      if (!running_->ended_by) {
        running_->ended_by = std::move(answer.result);
      }
      return;
  }
}

void shard::on_refused(connection& over, const remote_write_answer& answer) {
  if (!over.plan.asks()) {
    running_->refused.message = answer.message;
    running_->refused.code = answer.status;
  }
  // What is sent again to such a receiver is refused where it was stored, so each request has a
  // series once: that may always be sent again.
  memory_.several = memory_.several && (over.form.second || !answer.rest_is_stored);
  over.plan.refused({.message = answer.message,
                     .rest_is_stored = answer.rest_is_stored ||
                                       (over.form.second && answer.status == status_bad_request),
                     .written = answer.written,
                     .names_all = over.form.second});
}

void shard::on_stored(connection& over, const http_reply& reply,
                      const remote_write_answer& answer) {
  if (answer.page && !std::exchange(page_reported_, true)) {
    journal(journal_level::warning,
            fmt::format("sink {}: answered {} with {}, and remote write takes any 2xx for stored: "
                        "is the url right?",
                        sink_name_, reply.status, one_line(answer.message, message_bytes_max)));
  }
  over.plan.accepted();
  grow_requests();
}

void shard::end_batch() {
  const auto any = [this](bool (send_plan::*is)() const noexcept) {
    return std::any_of(running_->connections.begin(), running_->connections.end(),
                       [is](const auto& each) { return (each->plan.*is)(); });
  };
  if (running_->ended_by) {
    finish(std::move(*running_->ended_by));
  } else if (any(&send_plan::paused)) {
    finish_paused(any(&send_plan::awaits_lost));
  } else {
    finish_done();
  }
}

/// One sample that is too large even alone must not leave all later requests small.
void shard::grow_requests() {
  if (++successes_ >= successes_before_growth) {
    successes_ = 0;
    memory_.limits.samples = std::min(memory_.limits.samples * 2, parts_.limits.samples);
  }
}

/// The batch is dealt with: what is not stored is counted.
void shard::finish_done() {
  attempt_result result = attempt_result::done(0);
  result.discarded = running_->samples.discarded_points(running_->of.source->points);
  running_->refused.lines = running_->samples.refused_lines();
  if (!running_->refused.lines.empty()) {
    result.refused.push_back(std::move(running_->refused));
  }
  ledger_.conclude();
  note_series(running_->samples, received_ms_of(*running_->of.source));
  lanes_.erase(running_->of.source->lane);
  parts_.counters->note(running_->samples.counts());
  finish(std::move(result));
}

/// What is left of the batch comes later: what was stored and what was refused of it is remembered.
void shard::finish_paused(bool awaits_lost) {
  attempt_result result;
  if (awaits_lost) {
    result.message =
        "the answer to a request got lost, and the server seems not to have it; it is asked again "
        "in a moment, as it may still be reading";
    result.code = 204;  // it answered
    result.retry_after = lost_pause;
  } else {
    result.message =
        "the server refuses some samples of each request; the search for them goes on in a moment";
    result.code = running_->refused.code;
    result.retry_after = search_pause;
  }
  finish(std::move(result));
}

void shard::finish(attempt_result result) {
  result.sent_bytes = running_->sent_bytes;
  for (const auto& each : running_->connections) {
    parts_.counters->bisection_requests.add(each->plan.bisection_requests());
  }
  parts_.counters->series_known.set(ledger_.series_known());
  parts_.counters->series_forgotten.set(ledger_.times_forgotten());
  const target::done on_done = std::move(running_->of.on_done);
  running_.reset();
  on_done(std::move(result));
}

void shard::saved(log_position low_water) {
  ledger_.saved(low_water);
  if (ledger_.wants_rewrite()) {
    sent_.replace(ledger_);
  }
}

}  // namespace weir
