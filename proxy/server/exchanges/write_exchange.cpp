// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_exchange.hpp"

#include <utility>

#include "api/context.hpp"
#include "api/influx_v1.hpp"
#include "api/influx_v2.hpp"
#include "observe/journal.hpp"
#include "server/exchanges/write_answer.hpp"
#include "upstream/catalogue/server_catalogues_posix.hpp"

namespace weir {
namespace {

// The message of a 413 for a request that would never fit, however often it is sent.
constexpr std::string_view too_large_message =
    "Request Entity Too Large: the lines of one request need more memory than limits.memory allows "
    "it: send fewer at a time";

}  // namespace

write_exchange::~write_exchange() {
  release();
}

void write_exchange::release() {
  if (ticket_ != nullptr) {
    ticket_->abandon();
    if (std::exchange(waits_, false)) {
      home_.forget(*this);
    }
    ticket_.reset();
  }
  if (job_ != nullptr) {
    home_.path().release(*job_);
    job_ = nullptr;
  }
}

void write_exchange::begin(const api::write_target& target, std::int64_t now_ns,
                           std::shared_ptr<const sender> from) {
  from_ = std::move(from);
  if (ticket_ != nullptr && &target != &target_) {
    target_ = target;
  }
  std::string refused;
  job_ = home_.path().begin(target, now_ns, refused,
                            [this](write_end end, const write_verdict& verdict,
                                   const std::string& detail) { finished(end, verdict, detail); },
                            {.source = from_ == nullptr ? nullptr : from_->source,
                             .describe = [this](letter_header& header) { describe(header); },
                             .share = on_.peer().share});
  if (job_ == nullptr) {
    answer(dialect_.refused(refused));
  }
}

void write_exchange::begin_once_known(const api::write_target& target, std::int64_t now_ns,
                                      std::shared_ptr<const sender> from) {
  target_ = target;
  opened_ns_ = now_ns;
  from_ = std::move(from);
  if (settled()) {
    begin_held();
  } else {
    held_ = true;
    wait();
  }
}

void write_exchange::begin_held() {
  held_ = false;
  const presence_answer& found = ticket_->answer();
  if (found.is == presence::missing_database) {
    if (auto refused = refusal(found)) {
      release();
      answer(std::move(*refused));
      return;
    }
  }
  begin(target_, opened_ns_, from_);
}

void write_exchange::wait() {
  waits_ = true;
  home_.wait_for(*this);
}

void write_exchange::complete() {
  body_is_whole_ = true;
  if (held_) {
    return;  // it waits already
  }
  if (ticket_ == nullptr || ticket_->settled()) {
    finish_body();
  } else {
    wait();
  }
}

void write_exchange::go_on() {
  if (!settled()) {
    return;
  }
  home_.forget(*this);
  waits_ = false;
  if (held_) {
    begin_held();
    if (job_ == nullptr) {
      return;  // answered
    }
    on_.more_to_answer();
  }
  if (body_is_whole_) {
    finish_body();
  }
}

/// The body is complete, and what is known of its target, too. As in InfluxDB a missing database
/// comes before all that may be wrong with the body, and a missing policy after it.
void write_exchange::finish_body() {
  const presence_answer found =
      ticket_ == nullptr ? presence_answer{presence::there} : ticket_->answer();
  ticket_.reset();
  std::optional<http::response> refused;
  if (found.is == presence::missing_database) {
    refused = refusal(found);
  }
  if (!refused && translated_ != nullptr) {
    refused = translated_->pass_to(*job_);
    if (translated_->short_of_memory()) {
      give_up_body();
      return;
    }
  }
  if (!refused && found.is == presence::missing_policy) {
    refused = refusal(found);
  }
  if (refused) {
    release();
    answer(std::move(*refused));
    return;
  }
  job_->complete();
}

std::optional<http::response> write_exchange::refusal(const presence_answer& found) const {
  const bool missing_policy = found.is == presence::missing_policy;
  if (dialect_.creates_missing) {
    home_.services().administered->create_for_write(target_.database, target_.retention_policy);
  }
  if (dialect_.missing == nullptr) {
    return std::nullopt;
  }
  if (missing_policy) {
    job_->body("\n");  // the last line may lack it
    // Lines of which none is good InfluxDB refuses for that.
    const write_request& lines = job_->request();
    if (!lines.has_lines() && lines.points().verdict().rejected > 0) {
      return std::nullopt;
    }
  }
  return dialect_.missing(target_, missing_policy ? &found.policy : nullptr);
}

void write_exchange::give_up_body() {
  release();
  answer(translated_->too_large() ? dialect_.too_large(too_large_message)
                                  : overloaded("the memory for requests in flight is used up"));
}

void write_exchange::describe(letter_header& header) const {
  header.listener = "http";
  header.dialect = dialect_.name;
  header.address = on_.peer().address;
  if (from_ != nullptr) {
    header.user = from_->user;
    header.agent = from_->agent;
  }
}

/// A client that asks for all or nothing, or for every rejected line, can use the answer.
bool write_exchange::quiet(const write_verdict& verdict) const {
  return home_.listener_of(on_).quiet && !verdict.nothing_kept && !verdict.verbose;
}

http::response write_exchange::fail(http::body_failure why) {
  // After a 503 its client would resend a request that never fits.
  too_large_ = why == http::body_failure::overloaded && job_ != nullptr &&
               job_->too_large(on_.leased_bytes());
  release();
  home_.services().counters.cut_off.add_shared();
  return answering_exchange::fail(why);
}

http::response write_exchange::failed(http::body_failure why) const {
  if (too_large_) {
    return dialect_.too_large(too_large_message);
  }
  const bool again = why == http::body_failure::overloaded || why == http::body_failure::stalled;
  return again ? overloaded(api::body_failure_message(why).message) : dialect_.body_failed(why);
}

http::response write_exchange::overloaded(std::string_view why) const {
  http::response reply = dialect_.overloaded(why);
  if (retry_after_) {
    reply.headers.emplace_back("Retry-After", api::retry_after_seconds);
  }
  return reply;
}

void write_exchange::finished(write_end end, const write_verdict& verdict,
                              const std::string& detail) {
  http_counters& counters = home_.services().counters;
  http::response reply;
  switch (end) {
    case write_end::answered:
      reply = quiet(verdict) ? http::response{} : answer_with_brief_form(dialect_, verdict);
      if (translated_ != nullptr) {
        translated_->amend(verdict, quiet(verdict), reply);
      }
      counters.log_failed.store(false, std::memory_order_relaxed);
      break;
    case write_end::overloaded:
    case write_end::log_full:
      journal_limited("overloaded", journal_level::warning, "writes are answered 503: " + detail);
      reply = overloaded(detail);
      break;
    case write_end::too_large:
      reply = dialect_.too_large(too_large_message);
      break;
    case write_end::log_failed:
      journal_limited("log", journal_level::error, "writes are answered 503: " + detail);
      counters.log_failed.store(true, std::memory_order_relaxed);
      reply = overloaded("the log cannot be written");
      break;
  }
  release();
  answer(std::move(reply));
}

}  // namespace weir
