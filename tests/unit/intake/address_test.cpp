// SPDX-License-Identifier: Apache-2.0
#include "intake/address.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(listen_address, reads_what_it_writes) {
  for (const char* text :
       {"127.0.0.1:8086", "[::1]:0", ":8086", "localhost:65535", "unix:/run/w.sock"}) {
    const auto address = parse_listen_address(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(to_string(address.value()), text);
  }
}

TEST(listen_address, says_what_is_wrong) {
  for (const auto& [text, words] : {std::pair{"127.0.0.1", "the port is missing"},
                                    {"127.0.0.1:", "0 to 65535"},
                                    {"127.0.0.1:65536", "0 to 65535"},
                                    {"127.0.0.1:-1", "0 to 65535"},
                                    {"127.0.0.1:80x", "0 to 65535"},
                                    {"::1:80", "brackets"},
                                    {"unix:", "1 to 107 bytes"}}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_NE(address.error().message.find(words), std::string::npos) << address.error().message;
  }
  EXPECT_FALSE(parse_listen_address("unix:" + std::string(108, 'x')).ok());
}

}  // namespace
}  // namespace weir
