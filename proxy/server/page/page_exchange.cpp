// SPDX-License-Identifier: Apache-2.0
#include "server/page/page_exchange.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/admin_guard.hpp"
#include "api/context.hpp"
#include "base/assert.hpp"
#include "server/page/asset_answers.hpp"
#include "server/page/event_stream.hpp"
#include "server/page/explain_exchange.hpp"
#include "server/page/page_service.hpp"
#include "server/page/tap_stream.hpp"

namespace weir {
namespace {

constexpr std::string_view files_prefix = "/page/";
constexpr std::int64_t databases_listed = 100;
constexpr std::int64_t databases_listed_max = 10'000;

/// Is answered when it is opened, and ignores its body.
class page_exchange final : public answering_exchange {
 public:
  using answering_exchange::answering_exchange;
  void give(http::response reply) { answer(std::move(reply)); }
};

http::response document(std::string text) {
  http::response reply = fresh_answer("application/json");
  reply.body = std::move(text);
  reply.body.push_back('\n');
  return reply;
}

/// A number of the query within its bounds; the default where it is not given; nullopt: neither.
std::optional<std::int64_t> number_of(const std::vector<std::pair<std::string, std::string>>& form,
                                      std::string_view name, std::int64_t otherwise,
                                      std::int64_t most) {
  const auto text = http::find_value(form, name);
  if (!text) {
    return otherwise;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool whole = error == std::errc{} && end == text->data() + text->size();
  return whole && value >= 1 && value <= most ? std::optional(value) : std::nullopt;
}

http::response history_answer(page_service& service, std::string_view query) {
  const auto form = http::decode_form(query);
  const auto seconds =
      number_of(form, "seconds", page::history::seconds_kept, page::history::seconds_kept);
  const auto step = number_of(form, "step", 5, page::history::step_max);
  if (!seconds || !step) {
    return api::error_response(400, "seconds is a number from 1 to 3600, step one from 1 to 60");
  }
  return document(service.history(*seconds, *step));
}

http::response databases_answer(const page_service& service, std::string_view query) {
  const auto form = http::decode_form(query);
  if (const auto name = http::find_value(form, "name"); name && !name->empty()) {
    return document(service.database(std::string(*name)));
  }
  const auto limit = number_of(form, "limit", databases_listed, databases_listed_max);
  if (!limit) {
    return api::error_response(400, "limit is a number from 1 to 10000");
  }
  return document(service.databases(http::find_value(form, "q").value_or(""),
                                    static_cast<std::size_t>(*limit)));
}

http::response look(page_service& service, api::handler at, const http::request_head& head) {
  switch (at) {
    case api::handler::page:
      return answer_asset(head.path == "/" ? "index.html" : head.path.substr(files_prefix.size()),
                          head);
    case api::handler::page_status:
      return document(service.status());
    case api::handler::page_history:
      return history_answer(service, head.query);
    case api::handler::page_config:
      return document(service.config());
    case api::handler::page_databases:
      return databases_answer(service, head.query);
    default:
      WEIR_ASSERT(false);
      return {};
  }
}

}  // namespace

bool is_page(api::handler served_by) noexcept {
  switch (served_by) {
    case api::handler::page:
    case api::handler::page_status:
    case api::handler::page_history:
    case api::handler::page_events:
    case api::handler::page_config:
    case api::handler::page_databases:
    case api::handler::page_explain:
    case api::handler::page_tap:
      return true;
    default:
      return false;
  }
}

/// Names are believed: nothing is changed here, and weir may stand behind a name of the network.
bool is_cross_site(const http::request_head& head) {
  const std::string_view site = head.header("Sec-Fetch-Site").value_or("");
  return site == "cross-site" || site == "same-site" ||
         (head.header("Origin") && !api::comes_from_own_origin(head));
}

std::unique_ptr<http::exchange> open_page(exchange_home& home, http::connection& on,
                                          opened_request request, const http::request_head& head) {
  const api::handler at = request.routing.row->served_by;
  const bool from_elsewhere = is_cross_site(head);
  // Pages of other servers may not read the answers, whatever InfluxDB allows them of its own.
  request.context.origin.clear();
  page_service* const service = home.services().page;
  if (service != nullptr && at == api::handler::page_explain && !from_elsewhere) {
    return std::make_unique<explain_exchange>(home, on, std::move(request), head);
  }
  auto exchange = std::make_unique<page_exchange>(home, on, std::move(request));
  if (service == nullptr) {
    exchange->give(api::family_of(head.path).not_found());
  } else if (from_elsewhere && head.method != http::method::get &&
             head.method != http::method::head) {
    exchange->give(
        api::error_response(403, "forbidden: a page of another server may not ask this"));
  } else if (const bool streams = at == api::handler::page_tap || at == api::handler::page_events;
             streams && from_elsewhere) {
    exchange->give(
        api::error_response(403, "forbidden: a page of another server may not watch weir"));
  } else if (at == api::handler::page_tap) {
    exchange->give(tap_answer(home, on, *service->taps(), head.query));
    service->somebody_watches();
  } else if (at == api::handler::page_events) {
    exchange->give(event_stream_answer(home, on, *service));
    service->somebody_watches();
  } else {
    exchange->give(look(*service, at, head));
  }
  return exchange;
}

}  // namespace weir
