// SPDX-License-Identifier: Apache-2.0
//
// Listeners as the configuration makes them.
#include "server/listeners.hpp"

#include <gtest/gtest.h>

#include "base/time_unit.hpp"

namespace weir {
namespace {

TEST(listeners, are_values_of_their_own) {
  http_settings http;
  http.listen = {"127.0.0.1:1", "unix:/run/weir"};
  http.quiet_listen = {"[::1]:2"};
  http.unit_ns = 1'000;
  const auto made = make_listeners(http);
  ASSERT_TRUE(made.ok());
  const std::vector<listener>& listeners = made.value();
  ASSERT_EQ(listeners.size(), 3U);
  EXPECT_EQ(to_string(listeners[0].address), "127.0.0.1:1");
  EXPECT_EQ(to_string(listeners[1].address), "unix:/run/weir");
  EXPECT_EQ(to_string(listeners[2].address), "[::1]:2");
  EXPECT_FALSE(listeners[0].quiet);
  EXPECT_FALSE(listeners[1].quiet);
  EXPECT_TRUE(listeners[2].quiet);
  for (const listener& each : listeners) {
    EXPECT_EQ(each.unit_ns, 1'000);
    EXPECT_NE(each.transports(), nullptr);
  }
  const std::vector<http_listener> opened = to_open(listeners);
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(to_string(opened[2].address), "[::1]:2");
}

TEST(listeners, are_all_quiet_where_the_configuration_says_so) {
  http_settings http;
  http.quiet = true;
  const auto made = make_listeners(http);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made.value().front().quiet);
}

TEST(listeners, an_address_that_cannot_be_read_is_a_failure) {
  http_settings http;
  http.quiet_listen = {"nowhere"};
  EXPECT_FALSE(make_listeners(http).ok());
}

TEST(listeners, a_failure_is_named_by_its_key) {
  http_settings http;
  http.listen = {"127.0.0.1:1"};
  http.quiet_listen = {"127.0.0.1:2"};
  const std::vector<listener> listeners = make_listeners(http).value();
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:1: in use"), "http.listen");
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:2: in use"), "http.quiet_listen");
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:22: in use"), "http.listen");
}

}  // namespace
}  // namespace weir
