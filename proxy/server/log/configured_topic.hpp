// SPDX-License-Identifier: Apache-2.0
//
// The topic that a configuration names: how it is reached, and who watches it.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "kafka/client.hpp"
#include "server/log/topic_watch.hpp"

namespace weir {

/// How the cluster is reached. `part` says what of weir asks, in the brokers' logs: "weir-watch".
[[nodiscard]] kafka_client_options kafka_client_of(const kafka_settings& settings,
                                                   std::string_view part);

/// Watches the log's topic, and has asked once; its thread is not started. Fails where librdkafka
/// does not take log.client.
[[nodiscard]] result<std::unique_ptr<topic_watch>> watch_configured_topic(
    const kafka_settings& settings);

}  // namespace weir
