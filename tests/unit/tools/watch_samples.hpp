// SPDX-License-Identifier: Apache-2.0
//
// Documents of a running weir, as docs/api.md describes them.
#pragma once

#include <string>

namespace weir::test {

inline const std::string status_well = R"({
"version":"9.9.9","host":"weir-host","pid":4711,"now":1790100000.0,"uptime":100000.5,
"health":{"healthy":true,"ready":true,"why":[]},"advice":[],
"rates":{"received":48012,"accepted":48000,"rejected":12,"dropped":0,"delivered":47900.5},
"totals":{"received":12345678,"accepted":12345000,"rejected":678,"dropped":0,"delivered":12344000},
"log":{"kind":"local","bytes":1763180871,"keep_bytes":4294967296,"share":0.41,
  "append_bytes_per_second":1258291.2,"outage_seconds_left":2012,
  "next":"When it is full, writes are answered 503 and their clients keep the points."},
"sinks":[{"name":"influx","type":"influxdb","state":"delivering","state_text":"delivers","do":"",
  "pending_points":1234,"lag_seconds":0.4,"delivered_per_second":47900,"parked_points":0,
  "last_error":null,"held":[]}],
"databases":{"count":3,"shown":[
  {"name":"metrics","received":12000000,"rejected":600,"dropped":0,"rate":47000,"series":1200,"last_received":1},
  {"name":"lo\u001bgs","received":345678,"rejected":78,"dropped":0,"rate":1012,"series":80,"last_received":null}]},
"rejections":[]})";

inline const std::string status_in_trouble = R"({
"version":"9.9.9","host":"weir-host","pid":4711,"now":1790100000.0,"uptime":59,
"health":{"healthy":true,"ready":false,"why":["The log is full, and a required sink still needs it."]},
"advice":[{"level":"error","about":"sink influx","what":"The database mydb is not there, so its points wait.",
    "do":"Create it, then have weir try again.","command":"weir park retry --sink influx"},
  {"level":"note","about":"log","what":"41% full.","do":"","command":""}],
"rates":{},"totals":{},
"log":{"kind":"memory","bytes":900,"keep_bytes":1000,"share":null,"append_bytes_per_second":null,
  "outage_seconds_left":null,"next":"Then the oldest points are discarded."},
"sinks":[{"name":"influx","type":"influxdb","state":"held","state_text":"One lane is held.","do":"",
  "pending_points":1500,"lag_seconds":null,"delivered_per_second":null,"parked_points":500,
  "last_error":{"age_seconds":3.2,"message":"404: database not found: \"mydb\""},
  "held":[{"database":"mydb","retention_policy":"week","points":1500,"parked_points":500,
    "why":"database not found","do":"CREATE DATABASE mydb","command":"weir park retry --sink influx --database mydb"}]}],
"databases":{"count":0,"shown":[]},
"rejections":[{"code":"missing_tag_value","title":"a tag without a value","kind":"rejected","count":1234,
  "last":1790099997.0,"explanation":"The tag has no value.","remedy":"Leave the whole tag out.",
  "example":{"line":1,"column":10,"message":"missing tag value","text":"cpu,host= value=1",
    "shown":"cpu,host= value=1","mark_column":4,"mark_columns":5},
  "senders":[{"address":"10.0.0.1","agent":"Telegraf/1.21","user":"","database":"mydb","count":1234}]},
 {"code":"duplicate_point","kind":"noted","count":1,"last":null,"remedy":"","example":null,"senders":[]}]})";

}  // namespace weir::test
