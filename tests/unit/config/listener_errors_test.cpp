// SPDX-License-Identifier: Apache-2.0
//
// What a wrong [[udp]], [[tcp]], `tls` or [[user]] is told, in its exact words and with its place.
#include "unit/config/told_mistakes.hpp"

namespace weir {
namespace {

TEST(listener_errors, udp_listeners) {
  expect_each({
      {"[udp]\nlisten = \"127.0.0.1:8089\"\n",
       "weir.toml:1:2: `udp` must be a list of tables: write [[udp]], in double brackets, for "
       "each"},
      {"[[udp]]\nlisten = \"unix:/run/x\"\nsockets = 2\n",
       "weir.toml:3:1: `udp.sockets`: a Unix socket cannot be shared; take it out"},
      {"[[udp]]\nsocket_mode = \"rw\"\n",
       "weir.toml:2:1: `udp.socket_mode`: \"rw\" is no mode of a file; write four octal digits "
       "such "
       "as \"0660\" (owner and group) or \"0666\" (everybody)"},
      {"[[udp]]\ndatabase = \"a/../c/\\\\\"\n",
       "weir.toml:2:1: `udp.database`: \"a/../c/\\\" names no database; write \"name\" or "
       "\"name/retention_policy\""},
      {"[[udp]]\ndatabase = \"a/b/c\"\n[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = "
       "\"http://a\"\n",
       "weir.toml:2:1: `udp.database`: \"a/b/c\" has several slashes, which no retention policy of "
       "the InfluxDB 1 that takes it can have; write \"name\" or \"name/retention_policy\""},
      {"[[udp]]\ndatabase = \"\"\n",
       "weir.toml:2:1: `udp.database`: \"\" names no database; write \"name\" or "
       "\"name/retention_policy\""},
      {"[[udp]]\nprecision = \"day\"\n",
       "weir.toml:2:1: `udp.precision`: \"day\" is not one of \"ns\" | \"n\" | \"us\" | \"u\" | "
       "\"ms\" | \"s\" | \"m\" | \"h\" | \"auto\""},
      {"[[udp]]\nreceive_buffer = \"1KiB\"\n",
       "weir.toml:2:1: `udp.receive_buffer`: 1KiB is out of range; it must be from 64KiB to 1GiB"},
      {"[[udp]]\ndatagram_limit = \"65KiB\"\n",
       "weir.toml:2:1: `udp.datagram_limit`: 65KiB is out of range; it must be from 512 to 64KiB"},
      {"[[udp]]\n[[udp]]\nlisten = \"127.0.0.1:8089\"\n",
       "weir.toml:2:1: another [[udp]] listens on \"127.0.0.1:8089\" already; give each its own "
       "address"},
  });
}

TEST(listener_errors, tcp_listeners) {
  expect_each({
      {"[tcp]\nlisten = \"127.0.0.1:8094\"\n",
       "weir.toml:1:2: `tcp` must be a list of tables: write [[tcp]], in double brackets, for "
       "each"},
      {"[[tcp]]\n[[tcp]]\n",
       "weir.toml:2:1: another [[tcp]] listens on \"127.0.0.1:8094\" already; give each its own "
       "address"},
      {"[[tcp]]\nline_limit = \"2MiB\"\n[limits]\nmemory = \"16MiB\"\nline = \"2MiB\"\n",
       "weir.toml:2:1: `tcp.line_limit` is more than a sixteenth of `limits.memory`; it must not "
       "be"},
      {"[[tcp]]\nidle_timeout = \"1ms\"\n",
       "weir.toml:2:1: `tcp.idle_timeout`: 1ms is out of range; it must be from 10ms to 52w1d"},
      {"[[tcp]]\nconnections = 0\n",
       "weir.toml:2:1: `tcp.connections`: 0 is out of range; it must be from 1 to 1000000 "
       "connections"},
  });
}

TEST(listener_errors, tls) {
  expect_each({
      {"[http]\ntls = true\n",
       "weir.toml:2:1: `http.tls`: it must be a table such as tls = { certificate = \"cert.pem\", "
       "key = \"key.pem\" }"},
      {"[http]\ntls = { certificate = \"a\" }\n",
       "weir.toml:2:1: `http.tls`: key is missing; write certificate and key"},
      {"[[tcp]]\ntls = { key = \"a\" }\n",
       "weir.toml:2:1: `tcp.tls`: certificate is missing; write certificate and key"},
      {"[http]\ntls.client_ca = \"a\"\n",
       "weir.toml:2:1: `http.tls`: client_ca needs certificate and key beside it"},
  });
}

TEST(listener_errors, users) {
  expect_each({
      {"[user]\nname = \"a\"\n",
       "weir.toml:1:2: `user` must be a list of tables: write [[user]], in double brackets, for "
       "each"},
      {"[[user]]\ntoken = \"secret\"\n",
       "weir.toml:1:1: this [[user]] has no name; write name = \"telegraf\", for example"},
      {"[[user]]\nname = \"a:b\"\ntoken = \"secret\"\n",
       "weir.toml:2:1: `user.name`: a name has 1 to 255 bytes, and neither a colon nor control "
       "characters"},
      {"[[user]]\nname = \"a\"\n",
       "weir.toml:2:1: user \"a\" has neither a password nor a token; write password_hash = "
       "\"...\" (weir user hash), or token = \"${NAME}\""},
      {"[[user]]\nname = \"a\"\ntoken = \"one one\"\n[[user]]\nname = \"a\"\ntoken = \"two two\"\n",
       "weir.toml:5:1: there is another user named \"a\"; give each its own name"},
      {"[[user]]\nname = \"a\"\ntoken = \"one one\"\n[[user]]\nname = \"b\"\ntoken = \"one one\"\n",
       "weir.toml:6:1: another user has the same token; give each its own"},
      {"[[user]]\nname = \"a\"\npassword_hash = \"secret\"\n",
       "weir.toml:3:1: `user.password_hash`: it is no hash of argon2id; make one with `weir user "
       "hash`"},
      {"[[user]]\nname = \"a\"\ntoken = \"one one\"\ndatabases = { \"x\" = \"read\" }\n",
       "weir.toml:4:1: `user.databases`: \"read\" is no right; write \"write\", \"query\", "
       "\"admin\" (both, and to create and drop it), or a list of them"},
      {"[[user]]\nname = \"a\"\ntoken = \"one one\"\ndatabases = \"x\"\n",
       "weir.toml:4:1: `user.databases`: it must be a table such as { \"app*\" = \"write\", "
       "\"app_1\" = [\"write\", \"query\"] }, not text"},
  });
}

}  // namespace
}  // namespace weir
