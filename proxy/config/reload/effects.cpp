// SPDX-License-Identifier: Apache-2.0
#include "config/reload/effects.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

/// Of the listeners that listen on the same addresses.
template <class S, class T>
void keep_of(std::vector<S>& wanted, const std::vector<S>& running, T S::*member) {
  for (S& each : wanted) {
    const auto same = std::find_if(running.begin(), running.end(),
                                   [&each](const S& other) { return other.listen == each.listen; });
    if (same != running.end()) {
      each.*member = (*same).*member;
    }
  }
}

// A row without a function is in force at once. [[sink]]: a sink of which a key changes is ended,
// with its cursor kept, and begun anew.
constexpr std::array effects{
    key_effect{"http.listen"},
    key_effect{"http.quiet_listen"},
    key_effect{
        "http.socket_mode",
        [](settings& to, const settings& from) { to.http.socket_mode = from.http.socket_mode; }},
    key_effect{"http.quiet"},
    key_effect{"http.admin_listen"},
    key_effect{"http.connections_per_address"},
    key_effect{"http.loops",
               [](settings& to, const settings& from) { to.http.loops = from.http.loops; }},
    key_effect{"http.body_limit"},
    key_effect{"http.inflate_ratio"},
    key_effect{"http.head_limit"},
    key_effect{"http.head_timeout"},
    key_effect{"http.body_timeout"},
    key_effect{"http.idle_timeout"},
    key_effect{"http.connections"},
    key_effect{"http.precision"},
    key_effect{"http.remote_write_database"},
    key_effect{"http.admin"},
    // The files are read again at every reload.
    key_effect{"http.tls.certificate"},
    key_effect{"http.tls.key"},
    key_effect{"http.tls.client_ca"},
    key_effect{"http.jwt_secret"},
    key_effect{"user.name"},
    key_effect{"user.password"},
    key_effect{"user.password_hash"},
    key_effect{"user.token"},
    key_effect{"user.databases"},
    key_effect{"user.admin"},
    key_effect{"udp.listen"},
    key_effect{"udp.database"},
    key_effect{"udp.precision"},
    key_effect{"udp.receive_buffer",
               [](settings& to, const settings& from) {
                 keep_of(to.udp, from.udp, &udp_settings::receive_buffer);
               }},
    key_effect{"udp.datagram_limit",
               [](settings& to, const settings& from) {
                 keep_of(to.udp, from.udp, &udp_settings::datagram_limit);
               }},
    key_effect{"udp.sockets",
               [](settings& to, const settings& from) {
                 keep_of(to.udp, from.udp, &udp_settings::sockets);
               }},
    key_effect{"udp.socket_mode",
               [](settings& to, const settings& from) {
                 keep_of(to.udp, from.udp, &udp_settings::socket_mode);
               }},
    key_effect{"tcp.listen"},
    key_effect{"tcp.database"},
    key_effect{"tcp.precision"},
    key_effect{"tcp.idle_timeout"},
    key_effect{"tcp.line_limit"},
    key_effect{"tcp.connections"},
    key_effect{"tcp.connections_per_address"},
    key_effect{"tcp.tls.certificate"},
    key_effect{"tcp.tls.key"},
    key_effect{"tcp.tls.client_ca"},
    key_effect{"tcp.socket_mode",
               [](settings& to, const settings& from) {
                 keep_of(to.tcp, from.tcp, &tcp_settings::socket_mode);
               }},
    key_effect{"push.enabled"},
    key_effect{"push.database"},
    key_effect{"push.ttl_least"},
    key_effect{"push.ttl_most"},
    key_effect{"push.ttl_once"},
    key_effect{"push.job_ttl"},
    key_effect{"push.repeat"},
    key_effect{"push.timestamps"},
    key_effect{"push.job_suffix"},
    key_effect{"push.wipe"},
    key_effect{"log.type", [](settings& to, const settings& from) { to.log.type = from.log.type; }},
    key_effect{"log.directory",
               [](settings& to, const settings& from) { to.log.directory = from.log.directory; }},
    key_effect{
        "log.acknowledge",
        [](settings& to, const settings& from) { to.log.acknowledge = from.log.acknowledge; }},
    key_effect{"log.compression"},
    key_effect{"log.keep", [](settings& to, const settings& from) { to.log.keep = from.log.keep; }},
    key_effect{"log.when_full",
               [](settings& to, const settings& from) { to.log.when_full = from.log.when_full; }},
    key_effect{"log.segment",
               [](settings& to, const settings& from) { to.log.segment = from.log.segment; }},
    key_effect{"log.retain",
               [](settings& to, const settings& from) { to.log.retain = from.log.retain; }},
    key_effect{
        "log.brokers",
        [](settings& to, const settings& from) { to.log.kafka.brokers = from.log.kafka.brokers; }},
    key_effect{
        "log.topic",
        [](settings& to, const settings& from) { to.log.kafka.topic = from.log.kafka.topic; }},
    key_effect{
        "log.shards",
        [](settings& to, const settings& from) { to.log.kafka.shards = from.log.kafka.shards; }},
    key_effect{"log.replication",
               [](settings& to, const settings& from) {
                 to.log.kafka.replication = from.log.kafka.replication;
               }},
    key_effect{"log.produce_timeout",
               [](settings& to, const settings& from) {
                 to.log.kafka.produce_timeout = from.log.kafka.produce_timeout;
               }},
    key_effect{"log.commit_interval",
               [](settings& to, const settings& from) {
                 to.log.kafka.commit_interval = from.log.kafka.commit_interval;
               }},
    key_effect{"log.read_ahead",
               [](settings& to, const settings& from) {
                 to.log.kafka.read_ahead = from.log.kafka.read_ahead;
               }},
    key_effect{
        "log.group",
        [](settings& to, const settings& from) { to.log.kafka.group = from.log.kafka.group; }},
    key_effect{
        "log.client",
        [](settings& to, const settings& from) { to.log.kafka.client = from.log.kafka.client; }},
    key_effect{"letters.enabled"},
    key_effect{"letters.directory"},
    key_effect{"letters.keep"},
    key_effect{"letters.line"},
    key_effect{"letters.dropped"},
    key_effect{"limits.memory"},
    key_effect{"limits.line"},
    key_effect{"limits.databases"},
    key_effect{"limits.labelled_databases"},
    key_effect{"limits.state"},
    key_effect{"limits.names",
               [](settings& to, const settings& from) { to.limits.names = from.limits.names; }},
    key_effect{"limits.series",
               [](settings& to, const settings& from) { to.limits.series = from.limits.series; }},
    key_effect{"limits.series_idle",
               [](settings& to, const settings& from) {
                 to.limits.series_idle = from.limits.series_idle;
               }},
    key_effect{"limits.types",
               [](settings& to, const settings& from) { to.limits.types = from.limits.types; }},
    key_effect{
        "limits.duplicates",
        [](settings& to, const settings& from) { to.limits.duplicates = from.limits.duplicates; }},
    key_effect{"database.retention"},
    key_effect{"database.learn_from"},
    key_effect{"database.expired"},
    key_effect{"database.future"},
    key_effect{"database.unsigned"},
    key_effect{"database.utf8"},
    key_effect{"database.precision"},
    key_effect{"database.plausible"},
    key_effect{"database.precision_mistake"},
    key_effect{"database.time_key"},
    key_effect{"database.reserved_tags"},
    key_effect{"database.tag_and_field"},
    key_effect{"database.tag_count"},
    key_effect{"database.long_strings"},
    key_effect{"database.fields_per_point"},
    key_effect{"database.types"},
    key_effect{"database.flink_gauges"},
    key_effect{"database.duplicates"},
    key_effect{"database.series_total"},
    key_effect{"database.series_per_hour"},
    key_effect{"database.measurement_series_total"},
    key_effect{"database.measurement_series_per_hour"},
    key_effect{"rule.name"},
    key_effect{"rule.action"},
    key_effect{"rule.databases"},
    key_effect{"rule.measurement"},
    key_effect{"rule.tag"},
    key_effect{"rule.tag_value"},
    key_effect{"rule.what"},
    key_effect{"rule.key"},
    key_effect{"rule.to"},
    key_effect{"sink.name"},
    key_effect{"sink.type"},
    key_effect{"sink.databases"},
    key_effect{"sink.retention_policies"},
    key_effect{"sink.measurements"},
    key_effect{"sink.start"},
    key_effect{"sink.required"},
    key_effect{"sink.only_if_alone"},
    key_effect{"sink.batch.bytes"},
    key_effect{"sink.batch.points"},
    key_effect{"sink.batch.age"},
    key_effect{"sink.version"},
    key_effect{"sink.url"},
    key_effect{"sink.urls"},
    key_effect{"sink.addresses"},
    key_effect{"sink.removed_addresses"},
    key_effect{"sink.username"},
    key_effect{"sink.password"},
    key_effect{"sink.token"},
    key_effect{"sink.timeout"},
    key_effect{"sink.learn_every"},
    key_effect{"sink.create_databases"},
    key_effect{"sink.create"},
    key_effect{"sink.refuse_missing"},
    key_effect{"sink.query"},
    key_effect{"sink.org"},
    key_effect{"sink.bucket"},
    key_effect{"sink.retry_least"},
    key_effect{"sink.retry_most"},
    key_effect{"sink.refused_directory"},
    key_effect{"sink.refused_keep"},
    key_effect{"sink.park_after"},
    key_effect{"sink.park_keep"},
    key_effect{"sink.mapping"},
    key_effect{"sink.series_name"},
    key_effect{"sink.names"},
    key_effect{"sink.label_values"},
    key_effect{"sink.database_label"},
    key_effect{"sink.policy_label"},
    key_effect{"sink.exact_names"},
    key_effect{"sink.external_labels"},
    key_effect{"sink.drop_labels"},
    key_effect{"sink.string_labels"},
    key_effect{"sink.metadata"},
    key_effect{"sink.label_name_bytes"},
    key_effect{"sink.label_value_bytes"},
    key_effect{"sink.labels"},
    key_effect{"sink.connections_least"},
    key_effect{"sink.connections_most"},
    key_effect{"sink.out_of_order"},
    key_effect{"sink.max_age"},
    key_effect{"sink.stale_after"},
    key_effect{"sink.headers"},
    key_effect{"sink.directory"},
    key_effect{"sink.rotate"},
    key_effect{"sink.rotated_files"},
    key_effect{"service.drain_timeout"},
    key_effect{"service.state_directory",
               [](settings& to, const settings& from) {
                 to.service.state_directory = from.service.state_directory;
               }},
    key_effect{"service.roles",
               [](settings& to, const settings& from) { to.service.roles = from.service.roles; }},
    key_effect{"service.log_level"},
    key_effect{"service.log_format"},
};

}  // namespace

std::span<const key_effect> key_effects() noexcept {
  return effects;
}

const key_effect* find_effect(std::string_view section, std::string_view name) noexcept {
  const auto found = std::find_if(effects.begin(), effects.end(), [&](const key_effect& each) {
    return each.key.size() == section.size() + 1 + name.size() && each.key.starts_with(section) &&
           each.key[section.size()] == '.' && each.key.ends_with(name);
  });
  return found == effects.end() ? nullptr : &*found;
}

}  // namespace weir
