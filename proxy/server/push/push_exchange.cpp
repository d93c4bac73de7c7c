// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_exchange.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/influx_v1.hpp"
#include "base/assert.hpp"
#include "base/text/ascii.hpp"
#include "base/text/rfc3339.hpp"
#include "codec/snappy.hpp"
#include "config/job_ttl.hpp"
#include "letters/letter.hpp"
#include "observe/journal.hpp"
#include "push/group_text.hpp"
#include "push/push_body.hpp"
#include "push/pushed.hpp"
#include "server/push/push_service.hpp"

namespace weir {
namespace {

constexpr std::string_view too_large_message =
    "the samples of one push need more memory than limits.memory allows it: push fewer at a time";

http::response words(int status, std::string_view message) {
  return api::text_response(status, std::string(message) + "\n");
}

http::response taken() {
  http::response reply;
  reply.status = 202;
  reply.content_type = "text/plain; charset=utf-8";
  return reply;
}

/// What a push's head says.
struct push_head {
  push::grouping labels;
  api::write_target target;
  std::optional<push::time_to_live> ttl;
};

result<api::write_target> target_of(const http::request_head& head, const push_terms& terms) {
  api::write_target target = terms.target;
  const auto pairs = http::decode_form(head.query);
  if (const auto database = http::find_value(pairs, "db"); database && !database->empty()) {
    target = api::target_named(*database);
    if (const auto policy = http::find_value(pairs, "rp")) {
      target.retention_policy = *policy;
    }
  }
  target.unit_ns = 1;
  target.precision_stated = true;
  if (std::string refused = api::finish_target(pairs, target); !refused.empty()) {
    return failure{std::move(refused)};
  }
  return target;
}

result<push_head> read_head(const http::request_head& head, const push_terms& terms) {
  push_head made;
  auto labels = push::read_grouping(head.path.substr(head.path.find("/job")));
  if (!labels) {
    return labels.error();
  }
  made.labels = std::move(labels).value();
  auto target = target_of(head, terms);
  if (!target) {
    return target.error();
  }
  made.target = std::move(target).value();
  if (const auto text = head.header("X-Weir-TTL")) {
    const auto ttl = read_ttl(*text);
    if (!ttl) {
      return failure{"X-Weir-TTL: " + ttl.error().message};
    }
    made.ttl = ttl.value() ? push::time_to_live(ttl.value()->count()) : push::time_to_live();
  }
  return made;
}

class push_exchange final : public answering_exchange {
 public:
  push_exchange(exchange_home& home, http::connection& on, opened_request request,
                const http::request_head& head)
      : answering_exchange(home, on, std::move(request)),
        service_(*home.services().pushed),
        terms_(service_.terms.current()),
        method_(head.method),
        format_(push::format_of(head.header("Content-Type").value_or(""))),
        lease_(home.services().writes.memory, on.peer().share) {}
  ~push_exchange() override { release(); }

  void begin(const http::request_head& head);
  void body(std::string_view piece) override;
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return method_ != http::method::del; }
  [[nodiscard]] bool reads_snappy() const override { return true; }

 protected:
  [[nodiscard]] http::response failed(http::body_failure why) const override;

 private:
  [[nodiscard]] std::optional<std::string> refused_database() const;
  [[nodiscard]] bool decode_snappy();
  [[nodiscard]] std::optional<push::pushed> read_push();
  void write(push::pushed made);
  void keep(const write_verdict& verdict);
  void finished(write_end end, const write_verdict& verdict, const std::string& detail);
  void refuse(std::string_view why);
  void answer_short_of_memory();
  void give(http::response reply);
  void release();
  void describe(letter_header& header) const;

  push_service& service_;
  const std::shared_ptr<const push_terms> terms_;
  const http::method method_;
  const push::body_format format_;
  push_head head_;
  push::grouping series_;
  bool is_snappy_ = false;
  std::string body_;
  memory_lease lease_;
  std::shared_ptr<const sender> from_;
  write_job* job_ = nullptr;
  std::vector<push::pushed_family> families_;
  push::line_counts lines_;
};

void push_exchange::begin(const http::request_head& head) {
  auto read = read_head(head, *terms_);
  if (!read) {
    service_.counts.refused.add_shared();
    give(words(400, read.error().message));
    return;
  }
  head_ = std::move(read).value();
  if (auto refused = refused_database()) {
    service_.counts.refused.add_shared();
    home_.services().doors->forbidden.add_shared();
    give(words(403, *refused));
    return;
  }
  is_snappy_ = contains_ignoring_case(head.header("Content-Encoding").value_or(""), "snappy");
  from_ = home_.sender_of(head, request().by.get());
  series_ = push::series_labels(head_.labels, terms_->configured.job_suffix);
}

/// Of the databases that this changes, its own and that of the group that is there, one that the
/// user may not write to: what it is told.
std::optional<std::string> push_exchange::refused_database() const {
  const user* const by = request().by.get();
  if (by == nullptr) {
    return std::nullopt;
  }
  const auto before = service_.groups.find(head_.labels);
  for (const std::string& database :
       {head_.target.database, before == nullptr ? head_.target.database : before->database}) {
    if (!by->may_write(database)) {
      return "\"" + by->name() + "\" user is not authorized to write to database \"" + database +
             "\"";
    }
  }
  return std::nullopt;
}

void push_exchange::body(std::string_view piece) {
  body_.append(piece);
  if (!lease_.grow_to(body_.capacity())) {
    answer_short_of_memory();
  }
}

void push_exchange::answer_short_of_memory() {
  service_.counts.refused.add_shared();
  // After a 503 its client would push again what never fits.
  give(lease_.alone(on_.leased_bytes())
           ? words(413, too_large_message)
           : words(503, "try again later: the memory for requests in flight is used up"));
}

/// What it held is free before its client reads the answer.
void push_exchange::give(http::response reply) {
  std::string{}.swap(body_);
  families_ = {};
  lease_.release();
  answer(std::move(reply));
}

http::response push_exchange::failed(http::body_failure why) const {
  const api::failure_message said = api::body_failure_message(why);
  service_.counts.refused.add_shared();
  return words(said.status, said.message);
}

void push_exchange::complete() {
  if (method_ == http::method::del) {
    service_.groups.remove(head_.labels, request().began.wall);
    service_.counts.deleted.add_shared();
    give(taken());
    return;
  }
  if (is_snappy_ && !body_.empty() && !decode_snappy()) {
    return;
  }
  if (auto made = read_push()) {
    write(std::move(*made));
  }
}

/// The framed format, as the Pushgateway has it; a bare block is taken, too.
bool push_exchange::decode_snappy() {
  std::string plain;
  const std::size_t most = terms_->body_bytes_max;
  const snappy_status status = is_framed_snappy(body_)
                                   ? decode_framed_snappy(body_, most, plain)
                                   : weir::decode_snappy_block(body_, most, plain);
  switch (status) {
    case snappy_status::whole:
      break;
    case snappy_status::damaged:
      refuse("the body is not valid snappy, as its Content-Encoding says");
      return false;
    case snappy_status::too_long:
      service_.counts.refused.add_shared();
      give(words(413, api::body_failure_message(http::body_failure::too_large).message));
      return false;
  }
  body_ = std::move(plain);
  if (!lease_.grow_to(body_.capacity())) {
    answer_short_of_memory();
    return false;
  }
  return true;
}

std::optional<push::pushed> push_exchange::read_push() {
  const auto beside = [this](std::size_t held) {
    return exposition::byte_allowance(
        [this, held](std::size_t bytes) { return lease_.grow_to(held + bytes); });
  };
  exposition::document all(beside(lease_.bytes()));
  if (const auto wrong = push::read_body(format_, body_, all)) {
    all.was_full() ? answer_short_of_memory() : refuse(*wrong);
    return std::nullopt;
  }
  exposition::byte_allowance room = beside(lease_.bytes());
  auto made = push::read_pushed(all, series_,
                                {.times = terms_->configured.timestamps,
                                 .now_ns = request().began.wall.ns,
                                 .keeps_instance = !head_.labels.contains("instance"),
                                 .room = &room});
  if (!made) {
    room.is_spent() ? answer_short_of_memory() : refuse(made.error().message);
    return std::nullopt;
  }
  return std::move(made).value();
}

void push_exchange::refuse(std::string_view why) {
  service_.groups.note_failure(head_.labels, request().began.wall);
  service_.counts.refused.add_shared();
  give(words(400, why));
}

void push_exchange::write(push::pushed made) {
  std::string{}.swap(body_);
  lease_.shrink_to(made.bytes);
  if (!service_.groups.has_room(head_.labels, made.families, method_ == http::method::post)) {
    journal_limited("push", journal_level::warning,
                    "pushes are answered 503: the pushed groups have all the memory that "
                    "limits.state lets them have");
    service_.counts.refused.add_shared();
    give(words(503,
               "the groups that were pushed have all the memory that limits.state lets them "
               "have: delete some, let them expire sooner (push.ttl_most), or raise it"));
    return;
  }
  families_ = std::move(made.families);
  lines_ = made.counts;
  if (made.lines.empty()) {
    keep({});
    return;
  }
  std::string refusal = service_.create_database(head_.target.database, home_.services().databases);
  if (!refusal.empty()) {
    refuse(refusal);
    return;
  }
  job_ = home_.path().begin(head_.target, request().began.wall.ns, refusal,
                            [this](write_end end, const write_verdict& verdict,
                                   const std::string& detail) { finished(end, verdict, detail); },
                            {.source = from_ == nullptr ? nullptr : from_->source,
                             .describe = [this](letter_header& header) { describe(header); },
                             .share = on_.peer().share,
                             .held_bytes = lease_.bytes() + on_.leased_bytes()});
  if (job_ == nullptr) {
    refuse(refusal);
    return;
  }
  job_->body(made.lines);
  lease_.shrink_to(made.bytes - std::min(made.bytes, made.lines.size()));
  std::string{}.swap(made.lines);
  job_->complete();
}

void push_exchange::describe(letter_header& header) const {
  header.listener = "http";
  header.dialect = "push";
  header.address = on_.peer().address;
  if (from_ != nullptr) {
    header.user = from_->user;
    header.agent = from_->agent;
  }
}

/// What is in the log becomes the group's; where nothing is, the group stays what it was, and its
/// client is told so on quiet listeners, too.
void push_exchange::keep(const write_verdict& verdict) {
  if (!verdict.flawless() && verdict.accepted == 0) {
    refuse(api::verdict_message(verdict));
    return;
  }
  service_.groups.apply({.labels = head_.labels,
                         .series = series_,
                         .database = head_.target.database,
                         .retention_policy = head_.target.retention_policy,
                         .adds = method_ == http::method::post,
                         .ttl = head_.ttl,
                         .families = std::move(families_)},
                        terms_->lifetime, request().began);
  service_.count(lines_);
  service_.counts.pushed.add_shared();
  if (verdict.flawless() || home_.listener_of(on_).quiet) {
    give(taken());
  } else {
    give(words(400, api::verdict_message(verdict)));
  }
}

void push_exchange::finished(write_end end, const write_verdict& verdict,
                             const std::string& detail) {
  http_counters& counters = home_.services().counters;
  switch (end) {
    case write_end::answered: {
      counters.log_failed.store(false, std::memory_order_relaxed);
      // The verdict is the job's, which is released.
      const auto known = std::make_unique<const write_verdict>(verdict);
      release();
      keep(*known);
      return;
    }
    case write_end::too_large:
      service_.counts.refused.add_shared();
      release();
      give(words(413, too_large_message));
      return;
    case write_end::log_failed:
      counters.log_failed.store(true, std::memory_order_relaxed);
      break;
    case write_end::overloaded:
    case write_end::log_full:
      break;
  }
  journal_limited("overloaded", journal_level::warning, "pushes are answered 503: " + detail);
  service_.counts.refused.add_shared();
  const std::string why = end == write_end::log_failed ? "the log cannot be written" : detail;
  release();
  give(words(503, api::overloaded_message(why)));
}

void push_exchange::release() {
  if (job_ != nullptr) {
    home_.path().release(*job_);
    job_ = nullptr;
  }
}

/// What is asked of the groups, answered when it is opened.
class group_exchange final : public answering_exchange {
 public:
  using answering_exchange::answering_exchange;
  void give(http::response reply) { answer(std::move(reply)); }
};

http::response status_of(const push_service& service) {
  http::response reply;
  reply.status = 200;
  reply.content_type = "application/json";
  reply.body = R"({"status":"success","data":{"build_information":{"version":")" +
               std::string(api::version()) + R"("},"flags":{},"start_time":")" +
               rfc3339(service.started().ns) + R"("}})";
  return reply;
}

/// Prometheus 3 says so; others want plain names.
push::known_names names_known_to(const http::request_head& head) {
  return contains_ignoring_case(head.header("Accept").value_or(""), "escaping=allow-utf-8")
             ? push::known_names::utf8
             : push::known_names::plain;
}

http::response look(push_service& service, api::handler at, const http::request_head& head,
                    wall_time now) {
  http::response reply;
  reply.status = 200;
  switch (at) {
    case api::handler::push_metrics:
      reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
      reply.source =
          std::make_shared<push::group_exposition>(service.groups.all(), names_known_to(head));
      return reply;
    case api::handler::push_json:
      reply.content_type = "application/json";
      reply.source = std::make_shared<push::group_json>(service.groups.all());
      return reply;
    case api::handler::push_status:
      return status_of(service);
    case api::handler::push_ready:
      return api::text_response(200, "OK");
    case api::handler::push_wipe:
      if (!service.terms.current()->configured.wipe) {
        return api::text_response(404, "not found: push.wipe = true allows it\n");
      }
      service.groups.wipe(now);
      return taken();
    default:
      WEIR_ASSERT(false);
      return reply;
  }
}

}  // namespace

bool is_push(api::handler served_by) noexcept {
  switch (served_by) {
    case api::handler::push:
    case api::handler::push_metrics:
    case api::handler::push_json:
    case api::handler::push_status:
    case api::handler::push_ready:
    case api::handler::push_wipe:
      return true;
    case api::handler::write:
    case api::handler::query:
    case api::handler::ping:
    case api::handler::health:
    case api::handler::ready:
    case api::handler::metrics:
    case api::handler::reload:
    case api::handler::park_retry:
    case api::handler::park_drop:
    case api::handler::configure_database:
    case api::handler::page:
    case api::handler::page_status:
    case api::handler::page_history:
    case api::handler::page_events:
    case api::handler::page_config:
    case api::handler::page_databases:
    case api::handler::page_explain:
    case api::handler::page_tap:
    case api::handler::pass:
      break;
  }
  return false;
}

std::unique_ptr<http::exchange> open_push(exchange_home& home, http::connection& on,
                                          opened_request request, const http::request_head& head) {
  push_service* const service = home.services().pushed;
  const bool is_on = service != nullptr && service->terms.current()->configured.enabled;
  const api::handler at = request.routing.row->served_by;
  if (is_on && at == api::handler::push) {
    auto exchange = std::make_unique<push_exchange>(home, on, std::move(request), head);
    exchange->begin(head);
    return exchange;
  }
  const wall_time now = request.began.wall;
  auto exchange = std::make_unique<group_exchange>(home, on, std::move(request));
  exchange->give(is_on ? look(*service, at, head, now) : api::family_of(head.path).not_found());
  return exchange;
}

}  // namespace weir
