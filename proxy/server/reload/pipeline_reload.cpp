// SPDX-License-Identifier: Apache-2.0
//
// A pipeline's reload: first everything is prepared that can fail, then everything is switched,
// which cannot. Control loop's thread; what other threads see is published or under a lock.
#include <algorithm>
#include <mutex>
#include <utility>

#include "server/pipeline_state.hpp"

namespace weir {
namespace {

/// Everything that a reload switches, prepared. Destroyed before that, it leaves nothing behind.
struct prepared_reload {
  /// What will be in force, as written, and with what follows from all of it settled.
  std::shared_ptr<const settings> next;
  std::shared_ptr<const settings> settled;
  std::shared_ptr<const rule_set> rules;
  std::shared_ptr<upstream_schemas> schemas;
  listener_changes http;
  std::shared_ptr<const tls_context> http_tls;
  std::vector<opened_listener> opened;
  line_intakes<udp_intake>::changes udp;
  line_intakes<tcp_intake>::changes tcp;
  /// nullopt: the letters stay where they are.
  std::optional<std::unique_ptr<letter_store>> letters;
};

bool same_place(const settings& one, const settings& other) {
  return one.letters.enabled == other.letters.enabled &&
         letters_directory(one) == letters_directory(other);
}

}  // namespace

/// The two halves of a reload, with access to what the pipeline owns.
struct pipeline::reloading {
  state& of;
  prepared_reload made;

  [[nodiscard]] outcome prepare(const settings& wanted);
  void apply();

 private:
  [[nodiscard]] outcome prepare_terms();
  [[nodiscard]] outcome prepare_http();
  [[nodiscard]] outcome prepare_line_listeners();
  [[nodiscard]] outcome prepare_letters();
  /// The last step that can fail, and the first that switches something: all of it or nothing.
  [[nodiscard]] outcome change_sinks();
  void apply_limits();
  void apply_terms();
  void apply_http();
  void apply_line_listeners();
  void apply_letters();
};

outcome pipeline::reloading::prepare(const settings& wanted) {
  made.next = std::make_shared<const settings>(applicable_part(*of.configured, wanted));
  made.settled = std::make_shared<const settings>(with_compression(*made.next));
  for (const auto step :
       {&reloading::prepare_terms, &reloading::prepare_http, &reloading::prepare_line_listeners,
        &reloading::prepare_letters, &reloading::change_sinks}) {
    if (auto done = (this->*step)(); !done) {
      return done;
    }
  }
  return nothing{};
}

outcome pipeline::reloading::prepare_terms() {
  auto compiled = rule_set::compile(made.next->rules, of.rules.get());
  if (!compiled) {
    return compiled.error();
  }
  made.rules = std::move(compiled).value();
  if (upstream_schemas::same_questions(*of.configured, *made.next)) {
    made.schemas = of.schemas;
    return nothing{};
  }
  auto started = of.start_schemas(made.settled, of.schemas.get());
  if (!started) {
    return started.error();
  }
  made.schemas = std::move(started).value();
  return nothing{};
}

outcome pipeline::reloading::prepare_http() {
  auto listeners = make_listeners(made.next->http, transports_of(of.http_tls));
  if (!listeners) {
    return listeners.error();
  }
  auto tls = load_tls("http", made.next->http.tls, of.http_tls->current().get());
  if (!tls) {
    return tls.error();
  }
  made.http_tls = std::move(tls).value();
  listener_table open = of.answers.current()->listeners;
  const std::vector<std::uint32_t> numbers = of.intake->numbers();
  std::erase_if(open, [&](const auto& each) {
    return std::find(numbers.begin(), numbers.end(), each.first) == numbers.end();
  });
  made.http = change_listeners(open, std::move(listeners).value(), of.next_listener);
  auto opened = http_intake::open(to_open(made.http.opened));
  if (!opened) {
    const std::string& message = opened.error().message;
    return failure{std::string(key_of_failed(made.http.opened, message)) + ": " + message};
  }
  made.opened = std::move(opened).value();
  std::vector<listen_address> addresses = of.intake->addresses();
  for (const opened_listener& each : made.opened) {
    addresses.push_back(each.socket.address);
  }
  return state::check_loops(made.next->sinks, addresses);
}

outcome pipeline::reloading::prepare_line_listeners() {
  auto datagrams = of.prepare_udp(*made.next);
  if (!datagrams) {
    return datagrams.error();
  }
  auto streams = of.prepare_tcp(*made.next);
  if (!streams) {
    return streams.error();
  }
  made.udp = std::move(datagrams).value();
  made.tcp = std::move(streams).value();
  return nothing{};
}

outcome pipeline::reloading::prepare_letters() {
  if (same_place(*of.configured, *made.next)) {
    return nothing{};
  }
  auto opened = of.open_letter_store(*made.next);
  if (!opened) {
    return opened.error();
  }
  made.letters = std::move(opened).value();
  return nothing{};
}

outcome pipeline::reloading::change_sinks() {
  if (auto configured = of.catalogue->configure(made.next); !configured) {
    return configured;
  }
  return of.sinks->change({.sinks = sinks_here(*made.next),
                           .compression = made.settled->log.compression,
                           .state_bytes = made.next->limits.state});
}

void pipeline::reloading::apply() {
  apply_limits();
  apply_letters();
  apply_terms();
  apply_http();
  apply_line_listeners();
  of.pushed->configure(*made.next);
  of.configured = made.next;
  of.shown->set_configured(made.next);
  of.shown->end_streams();
}

void pipeline::reloading::apply_limits() {
  const limit_settings& limits = made.next->limits;
  const memory_shares shares = share_out(limits.memory);
  of.request_memory.set_limit(shares.requests, shares.request_rules);
  of.sink_memory.set_limit(shares.sinks);
  of.frame_memory.set_limit(shares.frames, shares.frame_rules);
  of.databases.set_limits(limits.databases, limits.labelled_databases);
}

void pipeline::reloading::apply_letters() {
  const letter_settings& letters = made.next->letters;
  if (made.letters) {
    of.letters->replace_store(std::move(*made.letters));
  }
  of.letters->set_keep(letters.keep);
  of.letters->set_limits(static_cast<std::size_t>(letters.line), letters.dropped);
}

void pipeline::reloading::apply_terms() {
  of.created->set_policies(made.next->database);
  of.terms_before.push_back(of.terms->publish(std::make_shared<const write_terms>(
      write_terms{.configured = made.settled,
                  .rules = made.rules,
                  .policies = std::make_shared<const settled_policies>(*made.settled),
                  .upstream = made.schemas})));
  std::shared_ptr<upstream_schemas> before = made.schemas;
  {
    const std::unique_lock hold(of.lists_lock);
    of.schemas.swap(before);
    of.rules = made.rules;
  }
  if (before != of.schemas) {
    before->stop();
  }
}

void pipeline::reloading::apply_http() {
  // Numbers of listeners that go are known as long as connections have them; `remove` may accept
  // some more.
  listener_table known = std::move(made.http.wanted);
  for (const auto& [number, each] : of.answers.current()->listeners) {
    if (of.intake->may_have_connections(number)) {
      known.emplace(number, each);
    }
  }
  of.next_listener += static_cast<std::uint32_t>(made.http.opened.size());
  of.answers.publish(make_http_terms(*made.next, std::move(known)));
  of.http_tls->publish(made.http_tls);
  of.intake->set_limits(made.next->http.connections, made.next->http.connections_per_address,
                        limits_of(made.next->http));
  of.intake->add(std::move(made.opened));
  for (const std::uint32_t number : made.http.removed) {
    of.intake->remove(number);
  }
}

void pipeline::reloading::apply_line_listeners() {
  const std::unique_lock hold(of.lists_lock);
  of.udp.apply(std::move(made.udp));
  of.tcp.apply(std::move(made.tcp));
}

result<std::vector<setting_change>> pipeline::reload(const settings& wanted) {
  tidy();
  std::vector<setting_change> changes = compare_settings(*state_->configured, wanted);
  reloading one{.of = *state_, .made = {}};
  if (auto prepared = one.prepare(wanted); !prepared) {
    return prepared.error();
  }
  one.apply();
  return changes;
}

void pipeline::tidy() {
  std::erase_if(state_->terms_before, [](const auto& each) { return each.use_count() == 1; });
  state_->sinks->tidy();
  line_intakes<udp_intake>::intakes datagrams;
  line_intakes<tcp_intake>::intakes streams;
  {
    const std::unique_lock hold(state_->lists_lock);
    datagrams = state_->udp.take_done();
    streams = state_->tcp.take_done();
  }
}

}  // namespace weir
