// SPDX-License-Identifier: Apache-2.0
//
// The kind "remote_write": keys and checks. Pure.
#include "config/sinks/kind_keys.hpp"
#include "config/sinks/mapping_keys.hpp"

namespace weir {
namespace {

using kind = remote_write_settings;

/// "off", "auto" or a duration.
config_key<kind> stale_key() {
  const std::string words = "\"off\", \"auto\", or from 1s to 1d";
  auto read = [words](kind& receiver, const config_value& value) -> outcome {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == "off") {
      receiver.stale_after.reset();
      return nothing{};
    }
    if (text != nullptr && *text == "auto") {
      receiver.stale_after = stale_learnt;
      return nothing{};
    }
    const auto parsed = read_duration<kind>(value);
    if (!parsed) {
      return parsed.error();
    }
    const auto duration = parsed.value();
    if (!duration || *duration < std::chrono::seconds{1} || *duration > std::chrono::hours{24}) {
      return failure{
          fmt::format("{} is out of range; it must be {}", format_duration(duration), words)};
    }
    receiver.stale_after = std::chrono::duration_cast<milliseconds>(*duration);
    return nothing{};
  };
  auto show = [](const kind& receiver) -> std::string {
    if (!receiver.stale_after) {
      return "\"off\"";
    }
    return *receiver.stale_after == stale_learnt
               ? "\"auto\""
               : quoted(format_duration(nanoseconds{*receiver.stale_after}));
  };
  return {"stale_after",
          "duration",
          words,
          "a series that is silent for so long gets a stale marker; auto: three of its intervals",
          read,
          show};
}

sink_key_list keys() {
  sink_key_list list;
  add_server_keys<kind>(list, {.of = "remote write", .known = "1 or 2", .newest = 2},
                        check_receiver_url);
  add_request_keys<kind>(list);
  for (config_key<kind>& key : mapping_keys()) {
    list.push_back(key_of_kind<kind>(std::move(key)));
  }
  list.push_back(key_of_kind<kind>(count_key<kind>(
      "connections_least", {1, 64}, "connections",
      "over which samples go, one request under way on each", WEIR_MEMBER(connections_least))));
  list.push_back(key_of_kind<kind>(count_key<kind>(
      "connections_most", {1, 64}, "connections",
      "while what waits was received more than a few seconds ago", WEIR_MEMBER(connections_most))));
  list.push_back(key_of_kind<kind>(choice_key<kind, out_of_order_mode>(
      "out_of_order", {{"drop", out_of_order_mode::drop}, {"send", out_of_order_mode::send}}, {},
      "samples older than one that was sent of their series: given up, or sent to a receiver that "
      "takes them",
      WEIR_MEMBER(out_of_order))));
  list.push_back(key_of_kind<kind>(limitless_duration_key<kind>(
      "max_age", std::chrono::seconds{1},
      "samples older than this when they are to be sent are given up; \"inf\": none are",
      WEIR_MEMBER(age_most))));
  list.push_back(key_of_kind<kind>(stale_key()));
  list.push_back(key_of_kind<kind>(headers_key<kind>("headers", "[\"X-Scope-OrgID: team\"]",
                                                     "further headers of each request",
                                                     WEIR_MEMBER(headers))));
  return list;
}

void check(const config_node& node, const sink_settings& sink, config_issues& issues) {
  const kind& receiver = *sink.as<kind>();
  check_server(node, sink, receiver, "http://127.0.0.1:9090/api/v1/write", issues);
  check_mapping(node, receiver.mapping, issues);
  if (receiver.connections_least > receiver.connections_most) {
    const config_node* written = node.find("connections_least");
    const config_node& place = written != nullptr ? *written : *node.find("connections_most");
    issues.push_back({place.place,
                      "`sink.connections_least` is more than `sink.connections_most`; it must not "
                      "be"});
  }
}

sink_texts texts(const sink_settings& sink) {
  const kind& receiver = *sink.as<kind>();
  sink_texts all = server_texts(receiver);
  all.headers = receiver.headers;
  return all;
}

void add_to(const sink_settings&, takers& by) noexcept {
  by.remote_write = true;
}

}  // namespace

extern const sink_kind remote_write_kind;
constinit const sink_kind remote_write_kind{.name = "remote_write",
                                            .is = is_of<kind>,
                                            .defaults = defaults_of<kind>,
                                            .keys = keys,
                                            .check = check,
                                            .texts = texts,
                                            .add_to = add_to};

}  // namespace weir
