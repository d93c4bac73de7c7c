// SPDX-License-Identifier: Apache-2.0
//
// How the rows of sink_kinds make their keys, and the keys that several kinds have. Included by the
// files of those rows alone.
#pragma once

#include <utility>
#include <vector>

#include "config/checks/checks.hpp"
#include "config/keys/key_builders.hpp"
#include "config/sinks/sink_kinds.hpp"

namespace weir {

using sink_key_list = std::vector<config_key<sink_settings>>;

/// A key of a kind's own settings as a key of a sink. In a sink of another kind a value is checked
/// and not kept: that the key does not belong there is said by check_sink.
template <class Kind>
[[nodiscard]] config_key<sink_settings> key_of_kind(config_key<Kind> key) {
  auto read = [read_own = std::move(key.read)](sink_settings& sink,
                                               const config_value& value) -> outcome {
    Kind ignored;
    Kind* own = std::get_if<Kind>(&sink.kind);
    return read_own(own != nullptr ? *own : ignored, value);
  };
  auto show = [show_own = std::move(key.show)](const sink_settings& sink) {
    const Kind* own = sink.as<Kind>();
    return own != nullptr ? show_own(*own) : show_own(Kind{});
  };
  return {std::move(key.name), std::move(key.type), std::move(key.range),
          std::move(key.help), std::move(read),     std::move(show)};
}

/// The first of several addresses is `url`, which may stand beside them, but not for another one.
[[nodiscard]] outcome read_url(server_settings& server, const std::string& url);
[[nodiscard]] outcome read_urls(server_settings& server, std::vector<std::string> urls);

/// The versions of a server that weir speaks: from 1 to `newest`.
struct spoken_versions {
  std::string_view of;     // `InfluxDB`
  std::string_view known;  // `1, 2 or 3`
  std::uint32_t newest;
};
[[nodiscard]] outcome read_server_version(server_settings& server, const config_value& value,
                                          const spoken_versions& spoken);

/// version, url and credentials. `check` is of a url.
template <class Kind, class Check>
void add_server_keys(sink_key_list& keys, const spoken_versions& spoken, Check check) {
  const auto add = [&keys](config_key<Kind> key) {
    keys.push_back(key_of_kind<Kind>(std::move(key)));
  };
  add({"version", "number", std::string(spoken.known),
       "major version of the InfluxDB at `url`, or of remote write",
       [spoken](Kind& kind, const config_value& value) {
         return read_server_version(kind, value, spoken);
       },
       [](const Kind& kind) { return std::to_string(kind.version); }});
  const auto url_key = text_key<Kind>("url",
                                      "where the InfluxDB is (a path before /write is kept), or "
                                      "all of a receiver's address",
                                      WEIR_MEMBER(url), check);
  add({url_key.name, url_key.type, url_key.range, url_key.help,
       [url_key](Kind& kind, const config_value& value) -> outcome {
         Kind read;
         outcome done = url_key.read(read, value);
         return done.ok() ? read_url(kind, read.url) : done;
       },
       url_key.show});
  const auto urls_key = list_key<Kind>("urls", "[\"http://a:8086\", \"http://b:8086\"]",
                                       "several addresses instead of one `url`; empty: `url` alone",
                                       WEIR_MEMBER(urls), check, true);
  add({urls_key.name, urls_key.type, urls_key.range, urls_key.help,
       [urls_key](Kind& kind, const config_value& value) -> outcome {
         Kind read;
         outcome done = urls_key.read(read, value);
         return done.ok() ? read_urls(kind, std::move(read.urls)) : done;
       },
       urls_key.show});
  add(choice_key<Kind, address_use>(
      "addresses",
      {{"failover", address_use::failover},
       {"replicate", address_use::replicate},
       {"shard", address_use::shard}},
      {},
      "of several, the first one that answers gets everything, or each does, or each series goes "
      "to one of them",
      WEIR_MEMBER(addresses)));
  add(choice_key<Kind, removed_address_use>(
      "removed_addresses",
      {{"drain", removed_address_use::drain}, {"forget", removed_address_use::forget}}, {},
      "with addresses = \"shard\": one that is taken out delivers what it still owes, or is given "
      "up",
      WEIR_MEMBER(removed_addresses)));
  add(text_key<Kind>("username", "empty: no authentication; not of InfluxDB 2",
                     WEIR_MEMBER(username)));
  add(secret_key<Kind>("password", "best as \"${NAME}\", from the environment",
                       WEIR_MEMBER(password)));
  add(secret_key<Kind>("token",
                       "of InfluxDB 2, or sent as Authorization: Bearer to a receiver; best as "
                       "\"${NAME}\"",
                       WEIR_MEMBER(token)));
}

/// Of requests, and what happens to those that fail.
template <class Kind>
void add_request_keys(sink_key_list& keys) {
  using std::chrono::hours;
  using S = sink_settings;
  keys.push_back(key_of_kind<Kind>(duration_key<Kind>(
      "timeout", milliseconds{100}, hours{1},
      "of one request, from connecting to the last byte of the answer", WEIR_MEMBER(timeout))));
  keys.push_back(duration_key<S>("retry_least", milliseconds{1}, hours{1},
                                 "the first pause before a failed request is sent again",
                                 WEIR_MEMBER(retry_least)));
  keys.push_back(duration_key<S>("retry_most", milliseconds{1}, hours{24},
                                 "the longest pause, after many failures",
                                 WEIR_MEMBER(retry_most)));
  keys.push_back(text_key<S>("refused_directory",
                             "where batches go that the server refuses for good; empty: `refused` "
                             "in the log's directory",
                             WEIR_MEMBER(refused_directory)));
  keys.push_back(size_key<S>("refused_keep", {0, std::uint64_t{1} << 40},
                             "bytes of refused batches that are kept", WEIR_MEMBER(refused_keep)));
  keys.push_back(limitless_duration_key<S>(
      "park_after", std::chrono::nanoseconds{0},
      "how long a database is held for a cause of its own before its points leave the log; "
      "\"inf\": never",
      WEIR_MEMBER(park_after)));
  keys.push_back(size_key<S>("park_keep", {std::uint64_t{1} << 20, std::uint64_t{1} << 50},
                             "bytes on disk of all points that left the log so; beyond it the "
                             "oldest of the database that holds most go",
                             WEIR_MEMBER(park_keep)));
}

/// Checks that kinds with a server share. `example` is an address.
void check_server(const config_node& node, const sink_settings& sink, const server_settings& server,
                  std::string_view example, config_issues& issues);

[[nodiscard]] sink_texts server_texts(const server_settings& server);

}  // namespace weir
