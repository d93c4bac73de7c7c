// SPDX-License-Identifier: Apache-2.0

//! What all Rust programs share: the points, and the loop that does what it is told.

use std::io::BufRead;

pub const PLACE: &str = "a b,c=d é";
pub const BAD: [&str; 3] = [
    "bad,host=a integer=1i 1700000000000000000",
    "bad,host=b integer= 1700000000000000000",
    "bad,host=c integer=3i 1700000000000000000",
];

pub struct Point {
    pub host: String,
    pub float: f64,
    pub integer: i64,
    pub boolean: bool,
    pub string: String,
    pub ns: i64,
}

pub enum Told {
    Nothing, // the client has no such thing
    Error(String),
}

impl<E: std::fmt::Display> From<E> for Told {
    fn from(error: E) -> Self {
        Told::Error(error.to_string())
    }
}

pub type Outcome = Result<String, Told>;

pub trait Program {
    async fn connect(&self) -> Outcome;
    async fn create(&self) -> Outcome;
    async fn write(&self, points: &[Point]) -> Outcome;
    async fn bad(&self) -> Outcome;
    async fn conflict(&self) -> Outcome;
    async fn query(&self) -> Outcome;
}

pub fn url() -> String {
    std::env::args().nth(1).expect("a URL")
}

pub fn database() -> String {
    std::env::args().nth(4).expect("a database")
}

fn point(n: i64) -> Point {
    Point {
        host: format!("h{}", n % 10),
        float: n as f64 + 0.5,
        integer: n,
        boolean: n % 2 == 0,
        string: format!("say \"{n}\", a=b \\ é"),
        ns: 1_700_000_000_000_000_000 + n * 1_000_000,
    }
}

async fn told(client: &impl Program, words: &[&str]) -> Outcome {
    match words[0] {
        "connect" => client.connect().await,
        "create" => client.create().await,
        "write" => {
            let first: i64 = words[1].parse().unwrap();
            let count: i64 = words[2].parse().unwrap();
            let points: Vec<Point> = (first..first + count).map(point).collect();
            for some in points.chunks(2000) {
                client.write(some).await?;
            }
            Ok(String::new())
        }
        "gzip" | "manage" => Err(Told::Nothing),
        "bad" => client.bad().await,
        "conflict" => client.conflict().await,
        _ => client.query().await,
    }
}

pub async fn serve(client: impl Program) {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match told(&client, &words).await {
            Ok(words) => println!("ok {words}"),
            Err(Told::Nothing) => println!("none"),
            Err(Told::Error(error)) => {
                println!("error {}", error.split_whitespace().collect::<Vec<_>>().join(" "))
            }
        }
    }
}
