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
#include "api/routes.hpp"
#include "base/assert.hpp"
#include "config/settings.hpp"
#include "server/access/passed_rights.hpp"
#include "server/access/proving_exchange.hpp"
#include "server/access/request_guard.hpp"
#include "server/answers/facts_of_health.hpp"
#include "server/answers/park_admin.hpp"
#include "server/answers/scrape.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/exchanges/bucket_exchange.hpp"
#include "server/exchanges/configure_exchange.hpp"
#include "server/exchanges/query_exchange.hpp"
#include "server/exchanges/translated_body.hpp"
#include "server/exchanges/write_exchange.hpp"
#include "server/exchanges/write_target.hpp"
#include "server/health_report.hpp"
#include "server/page/page_exchange.hpp"
#include "server/passing/passing_exchange.hpp"
#include "server/push/push_exchange.hpp"
#include "users/access_answers.hpp"

namespace weir {
namespace {

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
    if (services.doors != nullptr) {
      guard_.emplace(*services.doors);
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
  [[nodiscard]] const http_terms& terms() const noexcept override { return *terms_; }
  [[nodiscard]] std::shared_ptr<const sender> sender_of(const http::request_head& head,
                                                        const user* by) override;
  [[nodiscard]] const std::function<void()>& wake() const noexcept override { return wake_; }
  void wait_for(waiting_for_thread& one) override { waiting_.push_back(&one); }
  void forget(waiting_for_thread& one) override { std::erase(waiting_, &one); }
  [[nodiscard]] http::response metrics() const;

 private:
  /// Of a request that may go on.
  [[nodiscard]] std::unique_ptr<http::exchange> serve(const http::request_head& head,
                                                      http::connection& on,
                                                      opened_request&& request);
  [[nodiscard]] std::unique_ptr<http::exchange> open_proving(const http::request_head& head,
                                                             http::connection& on,
                                                             opened_request request,
                                                             open_proof proof);
  [[nodiscard]] std::unique_ptr<http::exchange> open_write(const http::request_head& head,
                                                           http::connection& on,
                                                           opened_request&& request);
  [[nodiscard]] std::unique_ptr<http::exchange> open_passing(const http::request_head& head,
                                                             http::connection& on,
                                                             opened_request request);
  [[nodiscard]] std::optional<http::response> find_target(const http::request_head& head,
                                                          const opened_request& request,
                                                          api::write_target& found);
  [[nodiscard]] std::unique_ptr<http::exchange> answer_with(http::response reply,
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
  target_memory targets_;
  /// Of the request that is opened; a member for its buffers.
  api::write_target target_;
  std::optional<sender_cache> senders_;
  std::optional<request_guard> guard_;
  std::uint64_t terms_version_;
  std::shared_ptr<const http_terms> terms_;
  std::function<void()> wake_ = [] {};
  std::vector<waiting_for_thread*> waiting_;
};

/// A process that only delivers takes no writes. 503, and not 404: a client that a balancer sent
/// here keeps its points, and comes to another one with them.
http::response refuse_by_role(const api::route& row) {
  constexpr std::string_view why =
      "this weir only delivers (service.roles = [\"sinks\"]); write to one that has the role "
      "\"intake\"";
  return row.dialect == nullptr ? api::text_response(503, std::string(why) + "\n")
                                : row.dialect().overloaded(why);
}

/// Is answered when it is opened, and ignores its body.
class simple_exchange final : public answering_exchange {
 public:
  using answering_exchange::answering_exchange;
  void give(http::response reply) { answer(std::move(reply)); }
};

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
  if (request.routing.row != nullptr &&
      !serves(*terms_, listener_of(on), request.routing.row->needs)) {
    request.routing.outcome = api::routing::answer::unknown_path;
    request.routing.row = nullptr;
  }
  if (guard_) {
    request_guard::admission admitted = guard_->admit(head, on, *terms_, request, wake_);
    if (admitted.refused) {
      return answer_with(std::move(*admitted.refused), on, std::move(request));
    }
    if (admitted.open) {
      return open_proving(head, on, std::move(request), std::move(*admitted.open));
    }
  }
  return serve(head, on, std::move(request));
}

std::unique_ptr<http::exchange> http_worker::answer_with(http::response reply, http::connection& on,
                                                         opened_request request) {
  auto exchange = std::make_unique<simple_exchange>(*this, on, std::move(request));
  exchange->give(std::move(reply));
  return exchange;
}

std::unique_ptr<http::exchange> http_worker::open_proving(const http::request_head& head,
                                                          http::connection& on,
                                                          opened_request request,
                                                          open_proof proof) {
  const auto then = [this, &on](const http::request_head& of, opened_request proved,
                                const open_proof& by) {
    renew_terms();
    auto refused = guard_->proved(by, of, services_.clock(), proved);
    return refused ? answer_with(std::move(*refused), on, std::move(proved))
                   : serve(of, on, std::move(proved));
  };
  auto exchange = std::make_unique<proving_exchange>(*this, on, std::move(request), head,
                                                     std::move(proof), then);
  if (!exchange->fits()) {
    exchange->refuse(cannot_prove_now(head.path));
  }
  return exchange;
}

std::unique_ptr<http::exchange> http_worker::serve(const http::request_head& head,
                                                   http::connection& on, opened_request&& request) {
  const api::routing routing = request.routing;
  if (routing.outcome == api::routing::answer::served) {
    if (routing.row->needs == api::right::administer) {
      return open_administration(head, on, std::move(request));
    }
    if (routing.row->needs == api::right::write && !services_.duties.takes_writes) {
      return answer_with(refuse_by_role(*routing.row), on, std::move(request));
    }
    if (routing.row->served_by == api::handler::write) {
      return open_write(head, on, std::move(request));
    }
    if (is_page(routing.row->served_by)) {
      return open_page(*this, on, std::move(request), head);
    }
    if (is_push(routing.row->served_by)) {
      return open_push(*this, on, std::move(request), head);
    }
    if (routing.row->served_by == api::handler::query) {
      return std::make_unique<query_exchange>(*this, on, std::move(request), head);
    }
    if (routing.row->served_by == api::handler::pass) {
      return open_passing(head, on, std::move(request));
    }
    if (routing.row->served_by == api::handler::configure_database) {
      return std::make_unique<configure_exchange>(*this, on, std::move(request), head);
    }
  }
  return answer_with(answer_at_once(routing, head), on, std::move(request));
}

/// Of a path that servers have and weir has not.
std::unique_ptr<http::exchange> http_worker::open_passing(const http::request_head& head,
                                                          http::connection& on,
                                                          opened_request request) {
  const query_server* const server =
      services_.queries == nullptr ? nullptr : server_for_path(terms_->queried, head.path);
  if (server != nullptr && request.by != nullptr) {
    if (auto refused = guard_->counted(refuse_passing(*request.by, head, *server))) {
      return answer_with(std::move(*refused), on, std::move(request));
    }
  }
  if (server != nullptr) {
    return std::make_unique<passing_exchange>(*this, on, std::move(request), head, *server);
  }
  if (services_.queries != nullptr && services_.administered != nullptr &&
      api::is_of_buckets(head.path) && has_version(terms_->queried, 1)) {
    return std::make_unique<bucket_exchange>(*this, on, std::move(request), head);
  }
  return answer_with(api::family_of(head.path).not_found(), on, std::move(request));
}

std::shared_ptr<const sender> http_worker::sender_of(const http::request_head& head,
                                                     const user* by) {
  if (!senders_) {
    return nullptr;
  }
  return senders_->find(
      head.header("User-Agent").value_or(""),
      by == nullptr ? api::find_credentials(head) : api::offered_credentials{.user = by->name()});
}

/// Where a write goes; the answer where it cannot be written to, or not by this user.
std::optional<http::response> http_worker::find_target(const http::request_head& head,
                                                       const opened_request& request,
                                                       api::write_target& found) {
  const api::write_dialect& dialect = request.routing.row->dialect();
  bool unnamed = false;
  if (const api::write_target* known = targets_.find(dialect, head.query); known != nullptr) {
    found = *known;
  } else {
    auto read = target_of_write(dialect, head.query, terms_->unnamed);
    if (!read) {
      return read.error();
    }
    found = read.value().is;
    unnamed = read.value().unnamed;
    if (!unnamed) {
      targets_.keep(dialect, head.query, found);
    }
  }
  if (request.by != nullptr) {
    if (auto refused = guard_->refuse_write(head.path, *request.by, found.database)) {
      return refused;
    }
  }
  return unnamed ? create_unnamed(dialect, {.is = found, .unnamed = true}, services_.databases)
                 : std::nullopt;
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
                                                        opened_request&& request) {
  const api::write_dialect& dialect = request.routing.row->dialect();
  const std::int64_t now_ns = request.began.wall.ns;
  const std::shared_ptr<const user> by = request.by;
  api::write_target& target = target_;
  auto refused = find_target(head, request, target);
  auto exchange = std::make_unique<write_exchange>(*this, on, std::move(request));
  if (dialect.reads_retry_after != nullptr && dialect.reads_retry_after(head)) {
    exchange->add_retry_after();
  }
  if (!refused && dialect.translation != nullptr) {
    auto how = dialect.translation(head);
    if (!how) {
      exchange->refuse(http::response(how.error()));
      return exchange;
    }
    exchange->translate(std::make_unique<translated_body>(
        std::move(how).value(), terms_->body_bytes_max, services_.writes.memory, on.peer().share));
  }
  if (refused) {
    exchange->refuse(std::move(*refused));
    return exchange;
  }
  api::read_options(head, target.options);
  if (!target.precision_stated) {
    target.unit_ns = listener_of(on).unit_ns;
  }
  if (services_.administered != nullptr) {
    exchange->await(look_for(target));
  }
  if (exchange->awaits() && services_.writes.databases.find(target.database) == nullptr) {
    exchange->begin_once_known(target, now_ns, sender_of(head, by.get()));
  } else {
    exchange->begin(target, now_ns, sender_of(head, by.get()));
  }
  return exchange;
}

/// A route that administers weir: guarded here, whatever serves it.
std::unique_ptr<http::exchange> http_worker::open_administration(const http::request_head& head,
                                                                 http::connection& on,
                                                                 opened_request request) {
  // The status page has a button for this, which loses nothing whoever presses it.
  const bool for_page = request.routing.row->served_by == api::handler::park_retry;
  auto reply = api::refuse_admin(head, on.peer().address, terms_->admin,
                                 for_page ? api::pages_allowed::own : api::pages_allowed::none);
  if (!reply && request.routing.row->served_by == api::handler::push_wipe) {
    return open_push(*this, on, std::move(request), head);
  }
  if (!reply && request.routing.row->served_by != api::handler::reload) {
    reply = park_answer(request.routing.row->served_by, head.query, services_.parked);
  }
  if (reply) {
    return answer_with(std::move(*reply), on, std::move(request));
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
    case api::handler::page:
    case api::handler::page_status:
    case api::handler::page_history:
    case api::handler::page_events:
    case api::handler::page_config:
    case api::handler::page_databases:
    case api::handler::page_explain:
    case api::handler::page_tap:
    case api::handler::pass:
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
