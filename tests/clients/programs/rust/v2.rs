// SPDX-License-Identifier: Apache-2.0

//! influxdb2 of crates.io, a client of InfluxDB 2.

mod driver;

use driver::{database, url, Outcome, Point, Program, BAD, PLACE};
use influxdb2::models::{DataPoint, PostBucketRequest, Query};
use influxdb2::Client;

struct V2(Client);

impl Program for V2 {
    async fn connect(&self) -> Outcome {
        let health = self.0.health().await?;
        Ok(format!("{:?}", health.status))
    }

    async fn create(&self) -> Outcome {
        let organization = self.0.list_organizations(Default::default()).await?.orgs.remove(0);
        self.0.create_bucket(Some(PostBucketRequest::new(organization.id.unwrap(), database()))).await?;
        Ok(String::new())
    }

    async fn write(&self, points: &[Point]) -> Outcome {
        let mut made = Vec::new();
        for each in points {
            made.push(
                DataPoint::builder("points")
                    .tag("host", each.host.as_str())
                    .tag("place", PLACE)
                    .field("float", each.float)
                    .field("integer", each.integer)
                    .field("boolean", each.boolean)
                    .field("string", each.string.as_str())
                    .timestamp(each.ns)
                    .build()?,
            );
        }
        self.0.write(&database(), futures::stream::iter(made)).await?;
        Ok(String::new())
    }

    async fn bad(&self) -> Outcome {
        self.0.write_line_protocol("my-org", &database(), BAD.join("\n")).await?;
        Ok(String::new())
    }

    async fn conflict(&self) -> Outcome {
        let made = DataPoint::builder("points")
            .tag("host", "conflict")
            .field("integer", "one")
            .timestamp(1_700_000_000_000_000_000)
            .build()?;
        self.0.write(&database(), futures::stream::iter([made])).await?;
        Ok(String::new())
    }

    async fn query(&self) -> Outcome {
        let text = format!("from(bucket: \"{}\") |> range(start: 0) |> count()", database());
        let found = self.0.query_raw(Some(Query::new(text))).await?;
        Ok(format!("{}", found.len()))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    driver::serve(V2(Client::new(url(), "my-org", "my-token"))).await;
}
