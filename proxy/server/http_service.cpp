// SPDX-License-Identifier: Apache-2.0
#include "server/http_service.hpp"

#include <algorithm>
#include <optional>

#include "accounts/source_registry.hpp"
#include "api/admin_guard.hpp"
#include "api/context.hpp"
#include "api/credentials.hpp"
#include "api/health.hpp"
#include "api/influx_v1.hpp"
#include "api/influx_v2.hpp"
#include "api/routes.hpp"
#include "base/assert.hpp"
#include "config/settings.hpp"
#include "observe/journal.hpp"
#include "server/answers/facts_of_health.hpp"
#include "server/answers/park_admin.hpp"
#include "server/answers/scrape.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/exchanges/configure_exchange.hpp"
#include "server/exchanges/query_exchange.hpp"
#include "server/exchanges/translated_body.hpp"
#include "server/exchanges/write_answer.hpp"
#include "server/exchanges/write_target.hpp"
#include "server/health_report.hpp"
#include "server/push/push_exchange.hpp"

namespace weir {
namespace {

// The message of a 413 for a request that would never fit, however often it is sent.
constexpr std::string_view too_large_message =
    "Request Entity Too Large: the lines of one request need more memory than limits.memory allows "
    "it: send fewer at a time";

class http_worker;

/// A write: its lines go to a job of the loop's write path.
class write_exchange final : public answering_exchange, public waiting_for_thread {
 public:
  write_exchange(exchange_home& home, http::connection& on, opened_request request)
      : answering_exchange(home, on, std::move(request)), dialect_(routing().row->dialect()) {}
  ~write_exchange() override;

  /// One of these two is called first; after `refuse` neither body nor completion is passed on.
  void begin(const api::write_target& target, std::int64_t now_ns,
             std::shared_ptr<const sender> from);
  void refuse(http::response reply) { answer(std::move(reply)); }
  /// Whether what it names is there is asked; the answer waits for that. Before `begin`.
  void await(std::shared_ptr<presence_ticket> asked) { ticket_ = std::move(asked); }
  [[nodiscard]] bool settled() const noexcept override { return ticket_->settled(); }
  void go_on() override;
  /// A 503 carries Retry-After.
  void add_retry_after() noexcept { retry_after_ = true; }
  /// The body is no line protocol. Before `begin`.
  void translate(std::unique_ptr<translated_body> how) noexcept { translated_ = std::move(how); }
  void body(std::string_view piece) override {
    if (translated_ == nullptr) {
      job_->body(piece);
    } else if (!translated_->add(piece)) {
      give_up_body();
    }
  }
  [[nodiscard]] std::size_t take(std::string_view piece, turn_work& work) override {
    if (translated_ == nullptr) {
      return job_->body(piece, work);
    }
    body(piece);
    return piece.size();
  }
  void complete() override;
  [[nodiscard]] bool reads_snappy() const override { return translated_ != nullptr; }
  [[nodiscard]] http::response fail(http::body_failure why) override;
  [[nodiscard]] bool takes_body() const override { return true; }
  [[nodiscard]] bool give_way() noexcept override { return job_ != nullptr && job_->give_way(); }

 protected:
  [[nodiscard]] http::response failed(http::body_failure why) const override {
    if (too_large_) {
      return dialect_.too_large(too_large_message);
    }
    const bool again = why == http::body_failure::overloaded || why == http::body_failure::stalled;
    return again ? overloaded(api::body_failure_message(why).message) : dialect_.body_failed(why);
  }

 private:
  void finished(write_end end, const write_verdict& verdict, const std::string& detail);
  void release();
  void finish_body();
  /// What is answered where the target is not there; nothing: it is taken.
  [[nodiscard]] std::optional<http::response> refusal(const presence_answer& found) const;
  /// There is no memory for what is to be translated.
  void give_up_body();
  void describe(letter_header& header) const;
  [[nodiscard]] bool quiet(const write_verdict& verdict) const;
  [[nodiscard]] http::response overloaded(std::string_view why) const;

  const api::write_dialect& dialect_;
  std::shared_ptr<const sender> from_;
  write_job* job_ = nullptr;
  std::unique_ptr<translated_body> translated_;
  api::write_target target_;
  std::shared_ptr<presence_ticket> ticket_;
  bool waits_ = false;
  bool retry_after_ = false;
  bool too_large_ = false;
};

/// /-/reload: answered when the control loop has made the reload.
class reload_exchange final : public answering_exchange, public waiting_for_thread {
 public:
  using answering_exchange::answering_exchange;
  ~reload_exchange() override;
  void begin();
  void go_on() override;
  [[nodiscard]] bool settled() const noexcept override { return ticket_->settled(); }

 private:
  std::shared_ptr<reload_ticket> ticket_;
};

class http_worker final : public loop_worker, public http::router, public exchange_home {
 public:
  http_worker(const http_services& services, std::uint32_t loop_index)
      : services_(services),
        account_(services.counters.open_account()),
        path_(services.writes),
        ids_(static_cast<std::uint64_t>(services.clock().wall.ns) * 31 + loop_index),
        terms_version_(services.terms.version()),
        terms_(services.terms.current()) {
    if (services.writes.sources != nullptr) {
      senders_.emplace(*services.writes.sources, "http");
    }
  }

  [[nodiscard]] http::router& router() override { return *this; }
  [[nodiscard]] memory_budget* memory() noexcept override { return &services_.writes.memory; }
  void answer_lost() override { services_.counters.answers_lost.add_shared(); }
  [[nodiscard]] bool has_work() const override {
    return path_.has_work() ||
           std::any_of(waiting_.begin(), waiting_.end(),
                       [](const waiting_for_thread* each) { return each->settled(); });
  }
  void end_of_turn() override;
  void attach(std::function<void()> wake) override {
    wake_ = wake;
    path_.attach(std::move(wake));
  }
  void detach() override { path_.detach(); }

  [[nodiscard]] std::unique_ptr<http::exchange> open(const http::request_head& head,
                                                     http::connection& on) override;

  [[nodiscard]] const http_services& services() const noexcept override { return services_; }
  [[nodiscard]] write_path& path() noexcept override { return path_; }
  [[nodiscard]] http_account& account() noexcept override { return account_; }
  [[nodiscard]] const listener& listener_of(const http::connection& on) const override {
    return terms_->listeners.at(on.peer().listener);
  }
  [[nodiscard]] std::shared_ptr<const sender> sender_of(const http::request_head& head) override;
  [[nodiscard]] const std::function<void()>& wake() const noexcept override { return wake_; }
  void wait_for(waiting_for_thread& one) override { waiting_.push_back(&one); }
  void forget(waiting_for_thread& one) override { std::erase(waiting_, &one); }
  [[nodiscard]] http::response metrics() const;

 private:
  [[nodiscard]] std::unique_ptr<http::exchange> open_write(const http::request_head& head,
                                                           http::connection& on,
                                                           opened_request request);
  [[nodiscard]] std::shared_ptr<presence_ticket> look_for(const api::write_target& target);
  [[nodiscard]] std::unique_ptr<http::exchange> open_administration(const http::request_head& head,
                                                                    http::connection& on,
                                                                    opened_request request);
  [[nodiscard]] http::response answer_at_once(const api::routing& routing,
                                              const http::request_head& head) const;
  /// Those of the requests that begin now.
  void renew_terms() {
    if (const std::uint64_t version = services_.terms.version(); version != terms_version_) {
      terms_version_ = version;
      terms_ = services_.terms.current();
    }
  }

  const http_services services_;
  http_account& account_;
  write_path path_;
  api::request_ids ids_;
  std::optional<sender_cache> senders_;
  std::uint64_t terms_version_;
  std::shared_ptr<const http_terms> terms_;
  std::function<void()> wake_ = [] {};
  std::vector<waiting_for_thread*> waiting_;
};

/// Is answered when it is opened, and ignores its body.
class simple_exchange final : public answering_exchange {
 public:
  using answering_exchange::answering_exchange;
  void give(http::response reply) { answer(std::move(reply)); }
};

// --- write_exchange

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
  target_ = target;
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

void write_exchange::complete() {
  if (ticket_ == nullptr || ticket_->settled()) {
    finish_body();
    return;
  }
  waits_ = true;
  home_.wait_for(*this);
}

void write_exchange::go_on() {
  if (settled()) {
    home_.forget(*this);
    waits_ = false;
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

// --- reload_exchange

reload_exchange::~reload_exchange() {
  if (ticket_ != nullptr) {
    ticket_->abandon();
    home_.forget(*this);
  }
}

void reload_exchange::begin() {
  reload_desk* const desk = home_.services().reloads;
  if (desk == nullptr) {
    answer(api::error_response(503, "this weir cannot reload its configuration"));
    return;
  }
  ticket_ = desk->ask(home_.wake());
  home_.wait_for(*this);
}

void reload_exchange::go_on() {
  if (!ticket_->settled()) {
    return;
  }
  http::response reply;
  reply.status = ticket_->answer().status;
  reply.content_type = "application/json";
  reply.body = ticket_->answer().body;
  home_.forget(*this);
  ticket_.reset();
  answer(std::move(reply));
}

// --- http_worker

void http_worker::end_of_turn() {
  const std::vector<waiting_for_thread*> waiting = waiting_;
  for (waiting_for_thread* each : waiting) {
    each->go_on();
  }
  path_.end_of_turn();
}

std::unique_ptr<http::exchange> http_worker::open(const http::request_head& head,
                                                  http::connection& on) {
  renew_terms();
  const moment now = services_.clock();
  opened_request request{.routing = api::route_request(head),
                         .began = now,
                         .context = api::context_of(head, ids_, now.wall.ns)};
  const api::routing routing = request.routing;
  if (routing.outcome == api::routing::answer::served) {
    if (routing.row->needs == api::right::administer) {
      return open_administration(head, on, std::move(request));
    }
    if (routing.row->served_by == api::handler::write) {
      return open_write(head, on, std::move(request));
    }
    if (is_push(routing.row->served_by)) {
      return open_push(*this, on, std::move(request), head);
    }
    if (routing.row->served_by == api::handler::query) {
      return std::make_unique<query_exchange>(*this, on, std::move(request), head);
    }
    if (routing.row->served_by == api::handler::configure_database) {
      return std::make_unique<configure_exchange>(*this, on, std::move(request), head);
    }
  }
  auto exchange = std::make_unique<simple_exchange>(*this, on, std::move(request));
  exchange->give(answer_at_once(routing, head));
  return exchange;
}

std::shared_ptr<const sender> http_worker::sender_of(const http::request_head& head) {
  if (!senders_) {
    return nullptr;
  }
  return senders_->find(head.header("User-Agent").value_or(""), api::find_credentials(head));
}

/// What is waited for before a write is answered; nullptr: nothing.
std::shared_ptr<presence_ticket> http_worker::look_for(const api::write_target& target) {
  std::shared_ptr<presence_ticket> ticket;
  presence_answer found =
      services_.administered->look(target.database, target.retention_policy, wake_, ticket);
  if (ticket == nullptr && found.is != presence::there && found.is != presence::unknown) {
    ticket = std::make_shared<presence_ticket>(nullptr);
    ticket->settle(std::move(found));
  }
  return ticket;
}

std::unique_ptr<http::exchange> http_worker::open_write(const http::request_head& head,
                                                        http::connection& on,
                                                        opened_request request) {
  const api::write_dialect& dialect = request.routing.row->dialect();
  const std::int64_t now_ns = request.began.wall.ns;
  auto exchange = std::make_unique<write_exchange>(*this, on, std::move(request));
  if (dialect.reads_retry_after != nullptr && dialect.reads_retry_after(head)) {
    exchange->add_retry_after();
  }
  auto target = read_target(dialect, head.query, services_.databases);
  if (target && dialect.translation != nullptr) {
    auto how = dialect.translation(head);
    if (!how) {
      exchange->refuse(std::move(how).error());
      return exchange;
    }
    exchange->translate(std::make_unique<translated_body>(
        std::move(how).value(), terms_->body_bytes_max, services_.writes.memory, on.peer().share));
  }
  if (target) {
    api::read_options(head, target.value().options);
    if (!target.value().precision_stated) {
      target.value().unit_ns = listener_of(on).unit_ns;
    }
    if (services_.administered != nullptr) {
      exchange->await(look_for(target.value()));
    }
    exchange->begin(target.value(), now_ns, sender_of(head));
  } else {
    exchange->refuse(target.error());
  }
  return exchange;
}

/// A route that administers weir: guarded here, whatever serves it.
std::unique_ptr<http::exchange> http_worker::open_administration(const http::request_head& head,
                                                                 http::connection& on,
                                                                 opened_request request) {
  auto reply = api::refuse_admin(head, on.peer().address, terms_->admin);
  if (!reply && request.routing.row->served_by == api::handler::push_wipe) {
    return open_push(*this, on, std::move(request), head);
  }
  if (!reply && request.routing.row->served_by != api::handler::reload) {
    reply = park_answer(request.routing.row->served_by, head.query, services_.parked);
  }
  if (reply) {
    auto exchange = std::make_unique<simple_exchange>(*this, on, std::move(request));
    exchange->give(std::move(*reply));
    return exchange;
  }
  auto exchange = std::make_unique<reload_exchange>(*this, on, std::move(request));
  exchange->begin();
  return exchange;
}

http::response http_worker::answer_at_once(const api::routing& routing,
                                           const http::request_head& head) const {
  switch (routing.outcome) {
    case api::routing::answer::served:
      break;
    case api::routing::answer::options:
      return api::options_response(*routing.row);
    case api::routing::answer::wrong_method:
      return api::family_of(head.path).wrong_method(api::allow_header(*routing.row));
    case api::routing::answer::unknown_path:
      return api::family_of(head.path).not_found();
  }
  switch (routing.row->served_by) {
    case api::handler::ping:
      return api::ping_response(head.query);
    case api::handler::health:
      return health_of(facts_of(services_));
    case api::handler::ready:
      return readiness_of(facts_of(services_));
    case api::handler::metrics:
      return metrics();
    case api::handler::write:
    case api::handler::query:
    case api::handler::configure_database:
    case api::handler::reload:
    case api::handler::park_retry:
    case api::handler::park_drop:
    case api::handler::push:
    case api::handler::push_metrics:
    case api::handler::push_json:
    case api::handler::push_status:
    case api::handler::push_ready:
    case api::handler::push_wipe:
      break;  // have exchanges of their own
  }
  WEIR_ASSERT(false);
  return {};
}

http::response http_worker::metrics() const {
  http::response reply;
  reply.status = 200;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.source = std::make_shared<scrape>(services_.metrics());
  return reply;
}

}  // namespace

std::unique_ptr<loop_worker> make_http_worker(const http_services& services,
                                              std::uint32_t loop_index) {
  return std::make_unique<http_worker>(services, loop_index);
}

}  // namespace weir
