// SPDX-License-Identifier: Apache-2.0
#include "server/lines/line_intakes.hpp"

#include "config/socket_mode.hpp"

namespace weir {
namespace {

/// As the configuration writes it; `mode` in octal digits.
result<listen_address> address_of(const std::string& text, const std::string& mode) {
  auto read = parse_listen_address(text);
  if (read) {
    read.value().mode = socket_mode_of(mode);
  }
  return read;
}

stream_limits limits_of(const tcp_settings& settings) {
  return {.idle_timeout = settings.idle_timeout,
          .connections_max = settings.connections,
          .connections_per_address = settings.connections_per_address};
}

}  // namespace

result<std::shared_ptr<const tls_context>> load_tls(std::string_view section,
                                                    const tls_settings& files,
                                                    const tls_context* before) {
  auto loaded = tls_context::load(
      {.certificate = files.certificate, .key = files.key, .client_ca = files.client_ca}, before);
  if (!loaded) {
    return failure{std::string(section) + "." + loaded.error().message};
  }
  return loaded;
}

result<std::unique_ptr<udp_intake>> udp_intake::open(const udp_settings& wanted,
                                                     const line_services& services) {
  auto address = address_of(wanted.listen, wanted.socket_mode);
  if (!address) {
    return address.error();
  }
  udp_listener_options options{
      .socket = {.listen = std::move(address).value(),
                 .receive_buffer = static_cast<std::size_t>(wanted.receive_buffer),
                 .datagram_bytes_max = static_cast<std::size_t>(wanted.datagram_limit)}};
  if (wanted.sockets > 1) {
    // Sockets that share a port would share it with another process of this user, too: this one
    // does not, and finds out.
    auto alone = udp_socket::open(options.socket);
    if (!alone) {
      return failure{"udp.listen: " + alone.error().message};
    }
    options.socket.listen = alone.value().address();
    options.socket.shares_port = true;
  }
  auto built = std::make_unique<udp_intake>(wanted);
  for (std::uint32_t i = 0; i < wanted.sockets; ++i) {
    auto opened = udp_listener::open(options,
                                     make_udp_worker({.writes = services.writes,
                                                      .counts = built->counts,
                                                      .log_failed = services.log_failed,
                                                      .configured = built->configured}),
                                     built->counts);
    if (!opened) {
      return failure{"udp.listen: " + opened.error().message};
    }
    built->listeners.push_back(std::move(opened).value());
  }
  return built;
}

void udp_intake::begin() {
  for (const auto& each : listeners) {
    each->begin();
  }
}

void udp_intake::finish() {
  for (const auto& each : listeners) {
    each->finish();
  }
}

bool udp_intake::is_open() const noexcept {
  return std::any_of(listeners.begin(), listeners.end(),
                     [](const auto& each) { return each->is_open(); });
}

void udp_intake::stop() {
  for (const auto& each : listeners) {
    each->stop();
  }
}

void udp_intake::collect(metric_collector& out) const {
  counts.collect(to_string(address()), out);
  for (const auto& each : listeners) {
    each->collect(out);
  }
}

result<std::unique_ptr<tcp_intake>> tcp_intake::open(const tcp_settings& wanted,
                                                     const line_services& services) {
  auto address = address_of(wanted.listen, wanted.socket_mode);
  if (!address) {
    return address.error();
  }
  auto tls = load_tls("tcp", wanted.tls);
  if (!tls) {
    return tls.error();
  }
  auto built = std::make_unique<tcp_intake>(wanted);
  built->tls->publish(std::move(tls).value());
  stream_listener_options options{
      .listen = std::move(address).value(), .limits = limits_of(wanted), .clock = services.clock};
  if (options.listen.kind != listen_address::family::unix_socket) {
    options.transports = transports_of(built->tls);
  }
  auto opened = stream_listener::open(
      options, std::make_unique<stream_home>(stream_services{.writes = services.writes,
                                                             .counts = built->counts,
                                                             .log_failed = services.log_failed,
                                                             .clock = services.clock,
                                                             .configured = built->configured}));
  if (!opened) {
    return failure{"tcp.listen: " + opened.error().message};
  }
  built->listener = std::move(opened).value();
  return built;
}

result<tcp_intake::change> tcp_intake::prepare(const tcp_settings& wanted) const {
  auto loaded = load_tls("tcp", wanted.tls, tls->current().get());
  if (!loaded) {
    return loaded.error();
  }
  return change{.wanted = std::make_shared<const tcp_settings>(wanted),
                .tls = std::move(loaded).value()};
}

void tcp_intake::apply(change made) {
  listener->set_limits(limits_of(*made.wanted));
  tls->publish(std::move(made.tls));
  configured.publish(std::move(made.wanted));
}

void tcp_intake::collect(metric_collector& out) const {
  counts.collect(to_string(address()), out);
  listener->collect(out);
}

}  // namespace weir
