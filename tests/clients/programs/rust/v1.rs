// SPDX-License-Identifier: Apache-2.0

//! influxdb of crates.io, a client of InfluxDB 1.

mod driver;

use driver::{database, url, Outcome, Point, Program, Told, PLACE};
use influxdb::{Client, ReadQuery, Timestamp, WriteQuery};

struct V1(Client);

impl Program for V1 {
    async fn connect(&self) -> Outcome {
        let (_, version) = self.0.ping().await?;
        Ok(version)
    }

    async fn create(&self) -> Outcome {
        self.0.query(ReadQuery::new(format!("CREATE DATABASE {}", database()))).await?;
        Ok(String::new())
    }

    async fn write(&self, points: &[Point]) -> Outcome {
        let made: Vec<_> = points
            .iter()
            .map(|each| {
                WriteQuery::new(Timestamp::Nanoseconds(each.ns as u128), "points")
                    .add_tag("host", each.host.as_str())
                    .add_tag("place", PLACE)
                    .add_field("float", each.float)
                    .add_field("integer", each.integer)
                    .add_field("boolean", each.boolean)
                    .add_field("string", each.string.as_str())
            })
            .collect();
        self.0.query(made).await?;
        Ok(String::new())
    }

    async fn bad(&self) -> Outcome {
        Err(Told::Nothing)
    }

    async fn conflict(&self) -> Outcome {
        let made = WriteQuery::new(Timestamp::Nanoseconds(1_700_000_000_000_000_000), "points")
            .add_tag("host", "conflict")
            .add_field("integer", "one");
        self.0.query(made).await?;
        Ok(String::new())
    }

    async fn query(&self) -> Outcome {
        let found = self.0.query(ReadQuery::new("SELECT count(\"integer\") FROM \"points\"")).await?;
        let json: serde_json::Value = serde_json::from_str(&found)?;
        Ok(json["results"][0]["series"][0]["values"][0][1].to_string())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    driver::serve(V1(Client::new(url(), database()))).await;
}
