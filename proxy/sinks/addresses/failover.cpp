// SPDX-License-Identifier: Apache-2.0
//
// Requests to the address in use, and questions to those before it.
#include "sinks/addresses/failover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/one_line.hpp"
#include "config/secrets.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::size_t reason_bytes_max = 200;

}  // namespace

address_counters::address_counters(const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    addresses.push_back(std::make_unique<one>(url_without_secret(url)));
  }
  addresses.front()->in_use.set(1);
}

void address_counters::collect(std::string_view sink_name, metric_collector& out) const {
  for (const std::unique_ptr<one>& each : addresses) {
    const label sink{"sink", sink_name};
    const label address{"address", each->url};
    out.counter_value("weir_sink_address_requests_total", "Requests to one of several addresses",
                      static_cast<double>(each->requests.value()), {sink, address});
    out.counter_value("weir_sink_address_failures_total",
                      "Of those, without an answer, or with 502, 503, 504",
                      static_cast<double>(each->failures.value()), {sink, address});
    out.gauge_value("weir_sink_address_in_use", "1: this one of several addresses gets the points",
                    static_cast<double>(each->in_use.value()), {sink, address});
  }
}

failover::failover(parts made)
    : parts_(std::move(made)), urls_(parts_.urls), choice_(parts_.urls.size()) {}

void failover::post(transfer_request request, done on_done) {
  const std::string path = urls_.path_in(request.url);
  // As `address` said, whatever a probe finds out.
  const std::size_t which = choice_.current();
  if (const auto probe = choice_.take_probe(parts_.now_ms())) {
    ask(*probe, request, path);
  }
  request.url = urls_.of(which) + path;
  parts_.counters->addresses[which]->requests.add();
  parts_.inner->post(std::move(request),
                     [this, which, then = std::move(on_done)](const http_reply& reply) {
                       note(which, reply, false);
                       then(reply);
                     });
}

/// The same request without its body: no point is written, and none is late where nobody answers.
void failover::ask(std::size_t which, const transfer_request& like, std::string_view path) {
  transfer_request question;
  question.url = urls_.of(which) + std::string(path);
  for (const std::string& header : like.headers) {
    if (!header.starts_with("Content-Encoding:")) {
      question.headers.push_back(header);
    }
  }
  question.username = like.username;
  question.password = like.password;
  question.timeout = std::min(like.timeout, probe_timeout);
  parts_.inner->post(std::move(question),
                     [this, which](const http_reply& reply) { note(which, reply, true); });
}

void failover::note(std::size_t which, const http_reply& reply, bool of_probe) {
  const std::size_t before = choice_.current();
  const bool down = is_down(reply);
  if (down && !of_probe) {
    parts_.counters->addresses[which]->failures.add();
  }
  if (down ? choice_.failed(which, parts_.now_ms()) : choice_.answered(which)) {
    moved(before, reply);
  }
}

void failover::moved(std::size_t from, const http_reply& reply) {
  const std::size_t to = choice_.current();
  const auto& addresses = parts_.counters->addresses;
  addresses[from]->in_use.set(0);
  addresses[to]->in_use.set(1);
  if (choice_.down(to)) {
    return;  // none answers: that is told as the lanes' trouble
  }
  const bool leaves = is_down(reply);
  const std::string why = reply.answered ? fmt::format("answers {}", reply.status)
                                         : one_line(reply.detail, reason_bytes_max);
  const std::string text =
      leaves ? fmt::format("sink {}: {} does not take points ({}); they go to {}", parts_.sink_name,
                           addresses[from]->url, why, addresses[to]->url)
             : fmt::format("sink {}: {} answers again; points go there", parts_.sink_name,
                           addresses[to]->url);
  // Each move of its own: where one comes and goes, both are told now and then.
  journal_limited(fmt::format("failover {} {} {}", parts_.sink_name, from, to),
                  leaves ? journal_level::warning : journal_level::info, text);
}

}  // namespace weir
