// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_path.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "config/policy_lookup.hpp"
#include "ingest/gate_samples.hpp"
#include "observe/journal.hpp"
#include "upstream/bucket_names.hpp"

namespace weir {
namespace {

// A request's lease grows in steps, so that the shared budget is touched once per step.
constexpr std::size_t lease_step_bytes = std::size_t{64} << 10;
constexpr std::size_t small_step_bytes = std::size_t{16} << 10;
// What a recycled job may keep of its buffers: enough for usual batches, little when idle.
constexpr std::size_t kept_buffer_bytes = std::size_t{256} << 10;
// Jobs and builders kept for the next requests.
constexpr std::size_t idle_jobs_max = 32;
constexpr std::size_t builders_max = 64;
// A body is looked at in slices of this size, so that what one of them may cost has a bound: even
// lines of a byte are not more than its half.
constexpr std::size_t slice_bytes = std::size_t{16} << 10;
// What a refused line is kept with, beside its texts.
constexpr std::size_t refusal_overhead = sizeof(rejected_line);

std::size_t lease_bytes(std::size_t held) {
  const std::size_t step = held <= lease_step_bytes ? small_step_bytes : lease_step_bytes;
  return (held + step - 1) / step * step;
}

/// The next slice of a piece, if possible up to the end of a line: a line that spans two slices is
/// read more slowly.
std::string_view slice_of(std::string_view piece) {
  if (piece.size() <= slice_bytes) {
    return piece;
  }
  const std::size_t feed = piece.rfind('\n', slice_bytes - 1);
  return piece.substr(0, feed == std::string_view::npos ? slice_bytes : feed + 1);
}

}  // namespace

void write_job::begin(const api::write_target& target, std::int64_t now_ns,
                      database_entry& database, done finish, write_origin origin) {
  const write_services& services = owner_.services_;
  policy_ =
      services.policies != nullptr
          ? &services.policies->find(target.database, target.retention_policy)
          : &policy_for(services.configured.database, target.database, target.retention_policy);
  target_ = target;
  if (!target_.precision_stated && policy_->unit_ns != listener_unit_ns) {
    target_.unit_ns = policy_->unit_ns;
  }
  now_ns_ = now_ns;
  database_ = &database;
  finish_ = std::move(finish);
  origin_ = std::move(origin);
  verdict_.verbose = target.wishes.verbose;
  lease_ = memory_lease(owner_.services_.memory, origin_.share);
  reader_.reset(reader_options());
  rules_ = owner_.rules_ ? owner_.rules_->rules_for(target.database) : nullptr;
  gate_.begin(request_of_gate());
}

gate_request write_job::request_of_gate() const {
  std::optional<nanoseconds> learnt;
  if (const retention_source* known = owner_.services_.learnt;
      known != nullptr && policy_->learn_retention) {
    learnt = known->retention_of(*policy_, target_.database, target_.retention_policy);
  }
  return {.policy = policy_,
          .now_ns = now_ns_,
          .unit_ns = target_.unit_ns,
          .may_be_ns = target_.may_be_ns,
          .rules = rules_,
          .learnt_retention = learnt,
          .memory = owner_.services_.remembered,
          .database = target_.database,
          .retention_policy = target_.retention_policy};
}

parse_options write_job::reader_options() const {
  const limit_settings& limits = owner_.services_.configured.limits;
  // Where each timestamp has its own unit, the gate multiplies.
  return {.unit_ns = target_.unit_ns == automatic_unit_ns ? 1 : target_.unit_ns,
          .utf8 = policy_->utf8 == utf8_mode::pass ? utf8_policy::pass : utf8_policy::reject,
          .tag_count = policy_->tag_count == shield_mode::pass ? tag_count_policy::pass
                                                               : tag_count_policy::reject,
          .line_bytes_max = static_cast<std::size_t>(limits.line)};
}

void write_job::reset() {
  gate_.lost();  // unless it was kept
  staged_.clear(kept_buffer_bytes);
  reader_.shrink(kept_buffer_bytes);
  if (spare_reader_ != nullptr) {
    spare_reader_->shrink(kept_buffer_bytes);
  }
  sealed_.clear();
  sealed_bytes_ = 0;
  sealed_points_ = 0;
  lease_.release();
  account_ = {};
  verdict_ = {};
  origin_ = {};
  digest_.clear();
  sender_.reset();
  letters_.clear();
  letter_bytes_ = 0;
  letters_lost_ = 0;
  letters_begin_ = true;
  finish_ = nullptr;
  overloaded_ = false;
  too_large_ = false;
  stage_ = stage::reading;
}

/// What a recycled job keeps anyway does not count against the next request.
std::size_t write_job::held_bytes() const noexcept {
  const std::size_t staged =
      staged_.held_bytes() <= kept_buffer_bytes ? staged_.text().size() : staged_.held_bytes();
  return staged + sealed_bytes_ + reader_.held_bytes() + letter_bytes_ + verdict_.refusal_bytes +
         verdict_.refusals.size() * refusal_overhead;
}

void write_job::body(std::string_view piece) {
  turn_work all(std::numeric_limits<std::size_t>::max());
  static_cast<void>(body(piece, all));
}

std::size_t write_job::body(std::string_view piece, turn_work& work) {
  std::size_t taken = 0;
  while (taken < piece.size() && !overloaded_ && !work.done()) {
    const std::string_view slice = slice_of(piece.substr(taken));
    const std::uint64_t before = reader_.counts().points + reader_.counts().errors;
    reader_.feed(slice);
    drain();
    taken += slice.size();
    work.spend(
        static_cast<std::size_t>(reader_.counts().points + reader_.counts().errors - before));
    seal_full_runs();
    if (owner_.services_.remembered != nullptr && owner_.services_.remembered->should_write()) {
      // So many new types do not wait for the body's end. Should it fail, the append fails too.
      static_cast<void>(owner_.keep_types());
    }
    if (!fits_memory()) {
      give_up_lines();
    }
  }
  return overloaded_ ? piece.size() : taken;
}

void write_job::give_up_lines() noexcept {
  overloaded_ = true;
  too_large_ = lease_.alone();
  staged_.clear(0);
  sealed_.clear();
  sealed_bytes_ = 0;
  reader_.reset({});
  reader_.shrink(0);
  lease_.release();
}

/// What fills a frame becomes one. Nobody sees it before the request is complete.
void write_job::seal_full_runs() {
  if (staged_.runs().size() < 2) {
    return;
  }
  const std::size_t full = staged_.runs().size() - 1;
  frame_builder& builder = owner_.builder_for(target_);
  for (std::size_t i = 0; i < full; ++i) {
    const staged_run& run = staged_.runs()[i];
    builder.append(staged_.lines(run), run.points, run.time_least, run.time_greatest);
    sealed_.push_back(owner_.seal(builder, now_ns_));
    sealed_bytes_ += sealed_.back()->stored.capacity() + sizeof(frame);
    sealed_points_ += run.points;
  }
  staged_.drop_runs(full);
}

/// Before the request is lost to the budget, its letters are.
bool write_job::fits_memory() noexcept {
  if (lease_.grow_to(lease_bytes(held_bytes()))) {
    return true;
  }
  give_up_letters();
  return lease_.grow_to(lease_bytes(held_bytes()));
}

bool write_job::give_way() noexcept {
  if (letter_bytes_ == 0) {
    return false;
  }
  give_up_letters();
  lease_.shrink_to(lease_bytes(held_bytes()));
  return true;
}

void write_job::end_body() {
  if (overloaded_) {
    return;
  }
  reader_.finish();
  drain();
  const line_counts& counts = reader_.counts();
  account_.received += counts.points + counts.errors;
  account_.carriage_returns += counts.carriage_returns;
  account_.byte_order_marks += counts.byte_order_marks;
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    account_.mended_by_gate[i] += gate_.mended()[i];
    account_.noted_by_gate[i] += gate_.noted()[i];
  }
}

void write_job::next_body(std::int64_t now_ns) {
  end_body();
  if (!overloaded_) {
    now_ns_ = now_ns;
    letters_begin_ = true;
    digest_.next_sender();
    sender_.reset();
    reader_.reset(reader_options());
    gate_.begin(request_of_gate());
  }
}

void write_job::complete() {
  WEIR_ASSERT(stage_ == stage::reading);
  end_body();
  if (!target_.wishes.accept_partial && !overloaded_ && !verdict_.flawless()) {
    withhold();
  }
  stage_ = stage::complete;
  owner_.pending_.push_back(this);
}

/// All or nothing, and it is nothing.
void write_job::withhold() {
  account_.withheld += sealed_points_;
  for (const staged_run& run : staged_.runs()) {
    account_.withheld += run.points;
  }
  sealed_.clear();
  sealed_bytes_ = 0;
  sealed_points_ = 0;
  staged_.clear(kept_buffer_bytes);
  account_.mended_by_gate.fill(0);  // counts what is accepted
  account_.noted_by_gate.fill(0);
  gate_.lost();
  verdict_.withheld = account_.withheld;
  verdict_.nothing_kept = true;
}

void write_job::drain() {
  for (;;) {
    switch (reader_.next()) {
      case line_event::point:
        if (const std::size_t known = gate_.pass_known(reader_.upcoming(), staged_); known > 0) {
          reader_.skip(known - 1);
        } else {
          pass(reader_.point());
        }
        continue;
      case line_event::error:
        if (!rescue_overflowed(reader_.error())) {
          note_refused(reader_.error());
        }
        continue;
      case line_event::more:
        return;
    }
  }
}

std::optional<point_view> write_job::read_again(std::string_view text, const parse_options& options,
                                                std::uint64_t line) {
  if (spare_reader_ == nullptr) {
    spare_reader_ = std::make_unique<line_reader>();
  }
  parse_options alone = options;
  alone.take_byte_order_mark = false;
  spare_reader_->reset(alone);
  spare_reader_->feed(text);
  spare_reader_->finish();
  if (spare_reader_->next() != line_event::point) {
    return std::nullopt;
  }
  point_view point = spare_reader_->point();
  point.line = line;
  return point;
}

bool write_job::rescue_overflowed(const parse_error& error) {
  if (error.code != parse_code::time_outside_range || target_.unit_ns == 1) {
    return false;
  }
  parse_options options = reader_options();
  options.unit_ns = 1;
  const std::optional<point_view> point = read_again(error.text, options, error.line);
  if (!point) {
    return false;
  }
  const gate_answer answer = gate_.pass_overflowed(*point, staged_);
  if (answer.action == gate_action::keep) {
    return false;
  }
  if (answer.action != gate_action::mend) {
    note_answer(answer, *point);
  }
  return true;
}

bool write_job::pass(const point_view& point) {
  const gate_answer answer = gate_.pass(point, staged_);
  if (answer.action == gate_action::reject || answer.action == gate_action::drop) {
    note_answer(answer, point);
    return false;
  }
  return true;
}

write_path::write_path(const write_services& services) : services_(services) {
  if (services.rules != nullptr && !services.rules->empty()) {
    rules_.emplace(*services.rules);
  }
}

write_path::~write_path() {
  detach();
}

void write_path::attach(std::function<void()> wake) {
  WEIR_ASSERT(!watcher_);
  watcher_ = services_.log.watch(std::move(wake));
}

void write_path::detach() {
  if (watcher_) {
    services_.log.unwatch(*watcher_);
    watcher_.reset();
  }
}

write_job* write_path::begin(const api::write_target& wanted, std::int64_t now_ns,
                             std::string& refusal, write_job::done finish, write_origin origin) {
  const std::optional<api::write_target> named = by_name(wanted, services_.learnt);
  const api::write_target& target = named ? *named : wanted;
  if (services_.policies != nullptr &&
      is_impossible(target, services_.policies->takers_of(target.database))) {
    refusal = "invalid name";
    return nullptr;
  }
  database_entry* database = services_.databases.find_or_add(target.database);
  if (database == nullptr) {
    refusal = "too many databases: weir knows " +
              std::to_string(services_.databases.databases_max()) +
              " already (limits.databases) and \"" + target.database + "\" is not one of them";
    return nullptr;
  }
  if (idle_.empty()) {
    jobs_.push_back(std::make_unique<write_job>(*this));
    idle_.push_back(jobs_.back().get());
  }
  write_job& job = *idle_.back();
  idle_.pop_back();
  job.begin(target, now_ns, *database, std::move(finish), std::move(origin));
  return &job;
}

void write_path::release(write_job& job) {
  switch (job.stage_) {
    case write_job::stage::reading:
      break;
    case write_job::stage::complete:
      std::erase(pending_, &job);
      break;
    case write_job::stage::waiting:
      job.finish_ = nullptr;
      job.stage_ = write_job::stage::abandoned;
      return;  // its lines are on their way into the log: they are counted when they are there
    case write_job::stage::abandoned:
      WEIR_ASSERT(false);
  }
  recycle(job);
}

void write_path::recycle(write_job& job) {
  job.reset();
  if (idle_.size() < idle_jobs_max) {
    idle_.push_back(&job);
    return;
  }
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&job](const auto& each) { return each.get() == &job; });
  WEIR_ASSERT(found != jobs_.end());
  std::swap(*found, jobs_.back());
  jobs_.pop_back();
}

frame_builder& write_path::builder_for(const api::write_target& target) {
  builder_key_.assign(target.database);
  builder_key_.push_back('\0');  // in no database name
  builder_key_.append(target.retention_policy);
  const auto found = builders_.find(builder_key_);
  if (found != builders_.end()) {
    return found->second;
  }
  return builders_.emplace(builder_key_, frame_builder(target.database, target.retention_policy))
      .first->second;
}

std::shared_ptr<frame> write_path::seal(frame_builder& builder, std::int64_t now_ns) {
  return builder.seal(services_.configured.log.compression, compressor_, now_ns, /*origin=*/0);
}

void write_path::gather(write_job& job) {
  frames_.insert(frames_.end(), job.sealed_.begin(), job.sealed_.end());
  if (job.staged_.empty()) {
    return;
  }
  frame_builder& builder = builder_for(job.target_);
  for (const staged_run& run : job.staged_.runs()) {
    const std::string_view lines = job.staged_.lines(run);
    if (!builder.empty() && builder.inflated_bytes() + lines.size() > frame_inflated_bytes_max) {
      frames_.push_back(seal(builder, job.now_ns_));
    }
    builder.append(lines, run.points, run.time_least, run.time_greatest);
  }
}

void write_path::end_of_turn() {
  if (rules_) {
    rules_->flush();
  }
  tell_settled();
  if (!pending_.empty()) {
    std::vector<write_job*> jobs;
    jobs.swap(pending_);
    append_turn(jobs);
  }
}

void write_path::tell_settled() {
  while (!waiting_.empty() && waiting_.front().ticket->settled()) {
    const waiting_turn turn = std::move(waiting_.front());
    waiting_.pop_front();
    for (write_job* job : turn.jobs) {
      job->conclude(turn.ticket->status(), turn.ticket->detail());
    }
  }
}

void write_path::append_turn(const std::vector<write_job*>& jobs) {
  std::int64_t now_ns = 0;
  for (write_job* job : jobs) {
    gather(*job);
    now_ns = std::max(now_ns, job->now_ns_);
  }
  for (auto& [key, builder] : builders_) {
    if (!builder.empty()) {
      frames_.push_back(seal(builder, now_ns));
    }
  }
  if (builders_.size() > builders_max) {
    builders_.clear();
  }
  const append_result appended = append_frames();
  if (services_.remembered != nullptr) {
    tell_samples(*services_.remembered, now_ns);
  }
  std::vector<write_job*> waiting;
  for (write_job* job : jobs) {
    if (appended.status == append_status::pending && job->keeps_lines()) {
      job->stage_ = write_job::stage::waiting;
      waiting.push_back(job);
    }
  }
  if (!waiting.empty()) {
    waiting_.push_back({appended.ticket, waiting});
  }
  for (write_job* job : jobs) {
    if (job->stage_ == write_job::stage::complete) {
      job->conclude(appended.status, appended.detail);
    }
  }
}

outcome write_path::keep_types() const {
  return services_.keep_types ? services_.keep_types() : outcome(nothing{});
}

append_result write_path::append_frames() {
  append_result appended;
  if (frames_.empty()) {
    return appended;
  }
  if (const outcome kept = keep_types(); kept) {
    appended = services_.log.append(frames_);
  } else {
    appended.status = append_status::failed;
    appended.detail = kept.error().message;
  }
  frames_.clear();
  return appended;
}

void write_job::conclude(append_status status, const std::string& detail) {
  const bool kept = !keeps_lines() || status == append_status::taken;
  if (stage_ == stage::abandoned) {
    if (kept) {
      account();
    }
    owner_.recycle(*this);
    return;
  }
  stage_ = stage::reading;
  const done finish = std::move(finish_);  // it may release this job
  if (overloaded_) {
    if (too_large_) {
      finish(write_end::too_large, verdict_, {});
    } else {
      finish(write_end::overloaded, verdict_, "the memory for requests in flight is used up");
    }
    return;
  }
  if (!kept) {
    finish(status == append_status::full ? write_end::log_full : write_end::log_failed, verdict_,
           detail);
    return;
  }
  account();
  finish(write_end::answered, verdict_, {});
}

void write_job::account() {
  gate_.kept();
  account_.accepted += sealed_points_;
  for (const staged_run& run : staged_.runs()) {
    account_.accepted += run.points;
  }
  database_->add(account_);
  if (origin_.source != nullptr) {
    origin_.source->add(account_);
  }
  if (owner_.services_.refusals != nullptr && account_.received > account_.accepted) {
    owner_.services_.refusals->note(account_, digest_);
    tell_refusals(*owner_.services_.refusals, now_ns_);
  }
  if (letters_lost_ > 0) {
    owner_.services_.letters->lost(letters_lost_);
  }
  if (!letters_.empty()) {
    owner_.services_.letters->put(std::exchange(letters_, {}), letter_bytes_);
  }
  if (account_.accepted > 0) {
    database_->note_written(target_.retention_policy);
    if (!database_->listed()) {
      database_->set_listed(true);  // as InfluxDB: what holds points is shown
    }
  }
  verdict_.lines = account_.received;
  verdict_.accepted = account_.accepted;
}

}  // namespace weir
