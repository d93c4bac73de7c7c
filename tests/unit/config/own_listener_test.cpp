// SPDX-License-Identifier: Apache-2.0
//
// Sinks that deliver to weir itself are found under every name that a machine has.
#include "config/own_listener.hpp"

#include <gtest/gtest.h>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

machine_names a_machine(int* asked = nullptr) {
  return {[asked](const std::string& host) -> std::vector<std::string> {
            if (asked != nullptr) {
              ++*asked;
            }
            if (host == "box" || host == "box.example.org") {
              return {"127.0.1.1", "192.0.2.5"};
            }
            return host == "influx" ? std::vector<std::string>{"192.0.2.77"}
                                    : std::vector<std::string>{};
          },
          [] {
            return std::vector<std::string>{"127.0.0.1", "::1", "192.0.2.5", "2001:db8::5",
                                            "fe80::1%eth0"};
          }};
}

TEST(own_listener, is_found_under_every_name) {
  struct one {
    const char* url;
    const char* listen;
  };
  for (const one& each : std::initializer_list<one>{
           {"http://127.0.0.1:8086", "127.0.0.1:8086"},
           {"http://127.0.0.1:8086/", "127.0.0.1:8086"},
           {"http://127.0.0.1:8086/path/x", "127.0.0.1:8086"},
           {"HTTP://LocalHost:8086", "127.0.0.1:8086"},
           {"http://localhost.:8086", "127.0.0.1:8086"},
           {"http://weir.localhost:8086", "127.0.0.1:8086"},
           {"http://localhost:8086", "[::1]:8086"},
           {"http://127.0.0.1:8086", "localhost:8086"},
           {"http://[::1]:8086", "localhost:8086"},
           {"http://0.0.0.0:8086", "127.0.0.1:8086"},
           {"http://[::]:8086", "[::1]:8086"},
           {"http://[::ffff:127.0.0.1]:8086", "127.0.0.1:8086"},
           {"http://[0:0:0:0:0:0:0:1]:8086", "[::1]:8086"},
           {"http://127.0.0.1:08086", "127.0.0.1:8086"},
           {"http://127.0.0.1", "127.0.0.1:80"},
           {"https://127.0.0.1", "127.0.0.1:443"},
           {"http://127.0.0.1:8086", "0.0.0.0:8086"},
           {"http://127.0.0.9:8086", "0.0.0.0:8086"},
           {"http://192.0.2.5:8086", "0.0.0.0:8086"},
           {"http://box:8086", "0.0.0.0:8086"},
           {"http://BOX.example.org:8086", "0.0.0.0:8086"},
           {"http://box:8086", "192.0.2.5:8086"},
           {"http://192.0.2.5:8086", "[::]:8086"},
           {"http://[2001:db8::5]:8086", "[::]:8086"},
           {"http://[fe80::1%eth0]:8086", "[::]:8086"},
           {"http://localhost:8086", "[::]:8086"},
           {"http://same-name:8086", "same-name:8086"},
       }) {
    EXPECT_EQ(own_listener(each.url, {"unix:/tmp/x", "127.0.0.1:1", each.listen}, a_machine()),
              each.listen)
        << each.url;
  }
}

TEST(own_listener, others_are_left_alone) {
  struct one {
    const char* url;
    const char* listen;
  };
  for (const one& each : std::initializer_list<one>{
           {"http://127.0.0.1:8087", "127.0.0.1:8086"},
           {"http://influx:8086", "0.0.0.0:8086"},
           {"http://192.0.2.77:8086", "0.0.0.0:8086"},
           {"http://192.0.2.5:8086", "127.0.0.1:8086"},
           {"http://127.0.0.2:8086", "127.0.0.1:8086"},
           {"http://unknown:8086", "0.0.0.0:8086"},
           {"http://[::1]:8086", "0.0.0.0:8086"},
           {"http://127.0.0.1:8086", "127.0.0.1:0"},
           {"http://127.0.0.1:8086", "unix:/127.0.0.1:8086"},
           {"http://127.0.0.1", "127.0.0.1:8086"},
           {"https://127.0.0.1", "127.0.0.1:80"},
           {"", "127.0.0.1:8086"},
           {"http://", "127.0.0.1:80"},
           {"http://[", "127.0.0.1:8086"},
       }) {
    EXPECT_EQ(own_listener(each.url, {each.listen}, a_machine()), std::nullopt)
        << each.url << " " << each.listen;
  }
}

TEST(own_listener, names_are_not_resolved_where_the_port_tells) {
  int asked = 0;
  const machine_names machine = a_machine(&asked);
  EXPECT_EQ(own_listener("http://box:8087", {"box2:8086", "0.0.0.0:8088"}, machine), std::nullopt);
  EXPECT_EQ(asked, 0);
}

TEST(own_listener, is_a_mistake_of_the_configuration) {
  for (const char* type : {"influxdb", "remote_write"}) {
    for (const char* key : {"listen", "quiet_listen"}) {
      const auto read =
          read_settings(std::string("[http]\n") + key +
                            " = [\"0.0.0.0:9999\"]\n[[sink]]\nname = \"loop\"\ntype = \"" + type +
                            "\"\nurl = \"http://localhost:9999/api/v1/write\"\n",
                        "weir.toml", {}, {});
      ASSERT_FALSE(read.ok());
      EXPECT_TRUE(read.error().message.starts_with(
          "weir.toml:6:1: `sink.url`: sink \"loop\" would deliver to weir itself (http." +
          std::string(key) + " has \"0.0.0.0:9999\")"))
          << read.error().message;
    }
  }
  EXPECT_TRUE(read_settings("", "weir.toml",
                            {"sink.a.type=influxdb", "sink.a.url=http://localhost:8087"}, {})
                  .ok());
}

TEST(own_listener, the_real_machine_knows_its_addresses) {
  const machine_names machine = this_machine();
  EXPECT_FALSE(machine.own_addresses().empty());
  EXPECT_EQ(own_listener("http://0x7f000001:8086", {"127.0.0.1:8086"}, machine), "127.0.0.1:8086");
  for (const std::string& address : machine.own_addresses()) {
    const bool v6 = address.find(':') != std::string::npos;
    const std::string url = v6 ? "http://[" + address + "]:8086" : "http://" + address + ":8086";
    EXPECT_EQ(own_listener(url, {"[::]:8086"}, machine), "[::]:8086") << url;
  }
}

}  // namespace
}  // namespace weir
