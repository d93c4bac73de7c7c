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
  const std::vector<http_listener> opened =
      to_open(change_listeners({}, listeners, /*next_number=*/7).opened);
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(to_string(opened[2].address), "[::1]:2");
  EXPECT_EQ(opened[2].number, 9U);
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

TEST(listeners, terms_say_where_remote_write_goes_that_names_no_database) {
  settings configured;
  EXPECT_EQ(make_http_terms(configured, {})->unnamed.database, "prometheus");
  EXPECT_EQ(make_http_terms(configured, {})->unnamed.retention_policy, "");
  configured.http.remote_write_database = "agents/week";
  EXPECT_EQ(make_http_terms(configured, {})->unnamed.database, "agents");
  EXPECT_EQ(make_http_terms(configured, {})->unnamed.retention_policy, "week");
}

TEST(listeners, a_failure_is_named_by_its_key) {
  http_settings http;
  http.listen = {"127.0.0.1:1"};
  http.quiet_listen = {"127.0.0.1:2"};
  const listener_table listeners = change_listeners({}, make_listeners(http).value(), 0).wanted;
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:1: in use"), "http.listen");
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:2: in use"), "http.quiet_listen");
  EXPECT_EQ(key_of_failed(listeners, "cannot listen on 127.0.0.1:22: in use"), "http.listen");
}

std::vector<listener> made_of(const std::vector<std::string>& listen,
                              const std::vector<std::string>& quiet = {}) {
  http_settings http;
  http.listen = listen;
  http.quiet_listen = quiet;
  return make_listeners(http).value();
}

TEST(listeners, what_stays_keeps_its_number_and_what_goes_is_named) {
  const listener_changes first =
      change_listeners({}, made_of({"127.0.0.1:1", "127.0.0.1:2", "unix:/run/a"}), 0);
  EXPECT_EQ(first.opened.size(), 3U);
  EXPECT_TRUE(first.removed.empty());
  const listener_changes next =
      change_listeners(first.wanted, made_of({"unix:/run/a", "127.0.0.1:3"}, {"127.0.0.1:1"}), 3);
  ASSERT_EQ(next.opened.size(), 1U);
  EXPECT_EQ(next.opened.begin()->first, 3U);
  EXPECT_EQ(next.opened.begin()->second.text, "127.0.0.1:3");
  EXPECT_EQ(next.removed, std::vector<std::uint32_t>{1});
  ASSERT_EQ(next.wanted.size(), 3U);
  EXPECT_TRUE(next.wanted.at(0).quiet) << "the socket stays, what it means has changed";
  EXPECT_EQ(next.wanted.at(2).text, "unix:/run/a");
}

TEST(listeners, that_take_a_free_port_are_counted) {
  const listener_changes first = change_listeners({}, made_of({"127.0.0.1:0", "127.0.0.1:0"}), 0);
  const listener_changes more =
      change_listeners(first.wanted, made_of({"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"}), 2);
  EXPECT_EQ(more.opened.size(), 1U);
  EXPECT_TRUE(more.removed.empty());
  const listener_changes fewer = change_listeners(more.wanted, made_of({"127.0.0.1:0"}), 3);
  EXPECT_TRUE(fewer.opened.empty());
  EXPECT_EQ(fewer.removed.size(), 2U);
}

TEST(listeners, for_administration_serve_it_alone) {
  settings configured;
  http_settings& http = configured.http;
  http.admin_listen = {"127.0.0.1:3"};
  const auto made = make_listeners(http);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made.value().size(), 2U);
  const listener& usual = made.value()[0];
  const listener& admin = made.value()[1];
  EXPECT_EQ(admin.key, "http.admin_listen");
  const auto apart = make_http_terms(configured, {});
  for (const api::right needed : {api::right::administer, api::right::read_metrics}) {
    EXPECT_FALSE(serves(*apart, usual, needed));
    EXPECT_TRUE(serves(*apart, admin, needed));
  }
  for (const api::right needed : {api::right::write, api::right::query}) {
    EXPECT_TRUE(serves(*apart, usual, needed));
    EXPECT_FALSE(serves(*apart, admin, needed));
  }
  EXPECT_TRUE(serves(*apart, usual, api::right::none));
  EXPECT_TRUE(serves(*apart, admin, api::right::none));
  http.admin_listen.clear();
  EXPECT_TRUE(serves(*make_http_terms(configured, {}), usual, api::right::administer));
}

}  // namespace
}  // namespace weir
