// SPDX-License-Identifier: Apache-2.0
//
// Who may administer weir.
#include "api/admin_guard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::api {
namespace {

int status_of(admin_access allowed, std::string_view peer, bool from_browser = false) {
  http::request_head head;
  if (from_browser) {
    head.headers.push_back({"Origin", "null"});
  }
  const auto refusal = refuse_admin(head, peer, allowed, pages_allowed::none);
  return refusal ? refusal->status : 200;
}

TEST(admin_guard, knows_the_clients_of_this_machine) {
  for (const char* local :
       {"127.0.0.1:4711", "127.255.0.9:1", "[::1]:4711", "[::ffff:127.0.0.1]:4711", "unix"}) {
    EXPECT_TRUE(is_local(local)) << local;
    EXPECT_EQ(status_of(admin_access::loopback, local), 200) << local;
  }
  for (const char* far : {"192.0.2.1:4711", "[2001:db8::1]:4711", "[::ffff:10.0.0.1]:1",
                          "[::127.0.0.1]:1", "12.7.0.0:1", "", "unknown"}) {
    EXPECT_FALSE(is_local(far)) << far;
    EXPECT_EQ(status_of(admin_access::loopback, far), 403) << far;
    EXPECT_EQ(status_of(admin_access::any, far), 200) << far;
  }
}

TEST(admin_guard, off_is_for_everybody) {
  EXPECT_EQ(status_of(admin_access::off, "unix"), 403);
  EXPECT_EQ(status_of(admin_access::off, "127.0.0.1:1"), 403);
}

TEST(admin_guard, a_page_in_a_browser_is_refused_wherever_it_runs) {
  EXPECT_EQ(status_of(admin_access::any, "127.0.0.1:1", true), 403);
  EXPECT_EQ(status_of(admin_access::loopback, "127.0.0.1:1", true), 403);
}

int status_of_page(std::string_view host, std::string_view origin) {
  http::request_head head;
  if (!host.empty()) {
    head.headers.push_back({"Host", host});
  }
  head.headers.push_back({"Origin", origin});
  const auto refusal =
      refuse_admin(head, "127.0.0.1:1", admin_access::loopback, pages_allowed::own);
  return refusal ? refusal->status : 200;
}

TEST(admin_guard, its_own_page_may_where_that_is_allowed) {
  EXPECT_EQ(status_of_page("127.0.0.1:8086", "http://127.0.0.1:8086"), 200);
  EXPECT_EQ(status_of_page("127.0.0.1", "https://127.0.0.1"), 200);
  EXPECT_EQ(status_of_page("localhost:8086", "http://localhost:8086"), 200);
  EXPECT_EQ(status_of_page("[::1]:8086", "http://[::1]:8086"), 200);
}

TEST(admin_guard, no_other_page_may) {
  EXPECT_EQ(status_of_page("127.0.0.1:8086", "http://127.0.0.1:8087"), 403);
  EXPECT_EQ(status_of_page("127.0.0.1:8086", "http://evil"), 403);
  EXPECT_EQ(status_of_page("127.0.0.1:8086", "null"), 403);
  EXPECT_EQ(status_of_page("127.0.0.1:8086", ""), 403);
  EXPECT_EQ(status_of_page("", ""), 403);
  EXPECT_EQ(status_of_page("", "http://"), 403);
  // A name that led to the page of somebody else a moment ago.
  EXPECT_EQ(status_of_page("evil.example:8086", "http://evil.example:8086"), 403);
  EXPECT_EQ(status_of_page("localhost.evil.example", "http://localhost.evil.example"), 403);
  EXPECT_EQ(status_of_page(":8086", "http://:8086"), 403);
}

}  // namespace
}  // namespace weir::api
